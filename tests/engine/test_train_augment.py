"""Training on augmented images: the same bits whoever makes the batches, on resuming too, and no thread left behind."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.engine import Preprocessing
from convscope.engine.data import augment as A
from convscope.engine.data.augment import augmenter
from convscope.engine.data.augment import cpu as kernels
from convscope.engine.data.stream import ImageStream
from convscope.engine.runtime.warm_up import Build
from convscope.engine.train import Batch, TrainingError, TrainRun, fit
from convscope.engine.train.feed import Feed, shuffled
from convscope.engine.train.settings import Settings

from .training_cases import bits, blobs, model_for, without_times

AUGMENT = "flip,crop:padding=1,contrast"


@pytest.fixture(params=[False, True], ids=["at once", "ahead"])
def ahead(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether batches are made ahead by a thread."""
    monkeypatch.setattr(Feed, "_gains_by_preparing", lambda feed: request.param)
    return bool(request.param)


def begin(**settings: Any) -> TrainRun:
    dataset = blobs()
    given = {"epochs": 2, "batch_size": 16, "learning_rate": 0.05, "augment": AUGMENT, **settings}
    return fit(model_for(dataset), dataset, **given)


def helpers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("convscope-batch")]


def batches(augment: Any, seed: int = 0) -> list[np.ndarray]:
    """All batches of two epochs."""
    dataset = blobs()
    shape = dataset.image_shape
    feed = Feed(dataset.train_images, dataset.train_labels, Preprocessing(), shape, A.augmentations(augment), seed)
    found = []
    for epoch in (0, 1):
        order = shuffled(70, seed, epoch)
        feed.follow(epoch, order, 16)
        for start in range(0, 70, 16):
            rows = order[start : start + 16]
            out = np.full((len(rows), *shape), np.nan, np.float32)
            feed.fill(rows, out)
            found.append(out)
    feed.close()
    return found


def test_batches_made_ahead_are_those_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {}
    for way in (False, True):
        monkeypatch.setattr(Feed, "_gains_by_preparing", lambda feed, way=way: way)
        made[way] = [batch.tobytes() for batch in batches(AUGMENT)]
    assert made[False] == made[True]
    assert len(set(made[True])) == 10
    assert helpers() == []


def test_a_batch_nobody_expected_is_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Feed, "_gains_by_preparing", lambda feed: True)
    dataset = blobs()
    feed = Feed(dataset.train_images, dataset.train_labels, Preprocessing(), (6, 6, 1))
    feed.follow(0, np.arange(70), 10)
    for rows in (np.arange(10), np.arange(40, 47), np.arange(10, 20), np.arange(20, 30)):
        out = np.full((len(rows), 6, 6, 1), np.nan, np.float32)
        feed.fill(rows, out)
        np.testing.assert_array_equal(out, Preprocessing().apply(dataset.train_images[rows], (6, 6)))
    feed.close()
    assert helpers() == []


def test_what_goes_wrong_on_the_thread_is_raised_where_the_batch_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Feed, "_gains_by_preparing", lambda feed: True)
    run = begin()
    next(event for event in run if isinstance(event, Batch))

    def broken(*_: Any) -> None:
        raise OSError("the disk is gone")

    run._train._ahead.forget()
    run._train._ahead._make = broken
    run._train._ahead.start(0, run._train._coming[1], (6, 6, 1))
    *_, ended = run
    assert (ended.reason, "the disk is gone" in ended.message) == ("error", True)
    assert helpers() == []


def test_a_run_shows_the_same_images_whoever_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for way in (False, True):
        monkeypatch.setattr(Feed, "_gains_by_preparing", lambda feed, way=way: way)
        run = begin()
        found.append((without_times(list(run)), bits(run.model)))
    assert found[0] == found[1]


def test_augmentation_changes_what_is_learned() -> None:
    plain, moved = begin(augment=None), begin()
    assert without_times(list(plain)) != without_times(list(moved))


@pytest.mark.parametrize("stop", [1, 4, 7])
def test_a_resumed_run_gives_the_bits_of_the_uninterrupted_one(stop: int, ahead: bool) -> None:
    whole, first = begin(), begin()
    list(whole)
    for _ in range(stop):
        next(event for event in first if isinstance(event, Batch))
    state = first.state()
    saved = {"meta": json.loads(json.dumps(state["meta"])), "arrays": state["arrays"]}
    first.close()
    second = fit(first.model, blobs(), resume=saved)
    assert second.settings.augment == A.augmentations(AUGMENT)
    list(second)
    assert bits(second.model) == bits(whole.model)


@pytest.mark.parametrize("end", ["cancelled", "dropped", "completed"])
def test_a_run_leaves_no_thread_behind(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Feed, "_gains_by_preparing", lambda feed: True)
    run = begin()
    next(event for event in run if isinstance(event, Batch))
    if end == "cancelled":
        run.cancel()
    if end == "dropped":
        run.close()
    else:
        list(run)
    assert helpers() == []


def test_settings_keep_the_list_in_their_json_form() -> None:
    settings = Settings(2, augment=("flip", A.RandomCrop(2, "reflect")))
    document = json.loads(json.dumps(settings.to_dict()))
    assert document["augment"][1] == {"name": "crop", "padding": 2, "border": "reflect"}
    assert Settings.from_dict(document) == settings
    del document["augment"]
    assert Settings.from_dict(document).augment == ()


def test_a_list_that_cannot_be_used_is_refused_with_the_other_reasons() -> None:
    with pytest.raises(TrainingError) as caught:
        begin(augment="rotation,shear:border=edge", schedule="zigzag")
    assert "zigzag" in str(caught.value)
    with pytest.raises(TrainingError, match="choose one"):
        begin(augment="rotation,shear:border=edge")
    with pytest.raises(TrainingError, match="did you mean 'flip'"):
        begin(augment="flp")


def test_boxes_follow_the_images_of_the_epoch() -> None:
    dataset = blobs()
    feed = Feed(
        dataset.train_images, dataset.train_labels, Preprocessing(), (6, 6, 1), A.augmentations("flip:probability=1")
    )
    moved, seen = feed.boxes(np.array([4, 5]), np.float32([[0, 1, 2, 3], [3, 0, 6, 6]]))
    np.testing.assert_allclose(moved, [[4, 1, 6, 3], [0, 0, 3, 6]], atol=1e-6)
    assert seen.all()


def test_the_kernels_compiled_beforehand_are_those_that_run() -> None:
    dataset = blobs(size=8)
    for size in (8, 5):  # images as they are, and resized
        out = np.empty((70, size, size, 1), np.float32)
        augmenter.Augmenter(dataset.train_images, Preprocessing(), (size, size, 1), A.augmentations("lens"), 0).fill(
            0, np.arange(70), out
        )
    made = {Build.called(kernels.augment, 1, augmenter.example(pixels)).types for pixels in (np.uint8, np.float32)}
    assert made <= set(kernels.augment.serial.signatures)
    assert len(kernels.augment.serial.signatures) == 2


def test_pictures_read_from_files_are_augmented_as_those_in_memory(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 9, 8, 3), dtype=np.uint8)
    paths = [tmp_path / f"{number}.png" for number in range(20)]
    for path, image in zip(paths, pixels):
        Image.fromarray(image).save(path)
    labels, shape = np.zeros(20, np.int64), (6, 7, 3)
    listed, order = A.augmentations("crop:padding=1,flip,pca-colour"), np.random.default_rng(1).permutation(20)
    found = []
    for images in (pixels, ImageStream(paths, labels, (9, 8, 3), "stretch", workers=2)):
        feed = Feed(images, labels, Preprocessing(), shape, listed, 3)
        feed.follow(1, order, 8)
        outs = [np.full((len(rows), *shape), np.nan, np.float32) for rows in (order[:8], order[8:16], order[16:])]
        for place, out in enumerate(outs):
            feed.fill(order[8 * place : 8 * place + 8], out)
        found.append(np.concatenate(outs))
        feed.close()
    np.testing.assert_array_equal(found[1], found[0])
    assert not any(thread.name.startswith("convscope") for thread in threading.enumerate())

"""Images augmented by the GPU are those that the CPU makes, and runs are trained on them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from convscope.engine import Model, Network, Preprocessing
from convscope.engine import layers as L
from convscope.engine.data import Dataset
from convscope.engine.data import augment as A
from convscope.engine.data.mean_image import MeanImage
from convscope.engine.runtime import cuda as runtime
from convscope.engine.runtime.mirror import Mirror
from convscope.engine.train import cpu, fit, inflow
from convscope.engine.train.feed import Feed

pytestmark = [
    pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning"),  # a hash wraps around
    pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning"),
]

COLOURS = Preprocessing(mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.1), order="bgr")


def network(shape: tuple[int, int, int]) -> Network:
    net = Network(shape, "tiny")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(2), "scores")
    return net


def images(count: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, *shape), np.uint8)


def feed_of(shape: tuple[int, int, int], pixels: np.ndarray, augment: str, preprocessing: Preprocessing) -> Feed:
    return Feed(pixels, np.zeros(len(pixels), np.int64), preprocessing, shape, A.augmentations(augment), seed=5)


def both(feed: Feed, model: Model, rows: list[int], share: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """The input that each makes of the images `rows` in the third epoch."""
    chosen = np.array(rows)
    expected = np.full((len(rows), *model.network.input), np.nan, np.float32)
    feed.follow(2, chosen, len(rows))
    feed.fill(chosen, expected)
    if share < 1:
        cpu.mix(expected.reshape(len(rows), -1), share)
    plan: Any = model.plan(len(rows), "training")
    plan.array("value", "input").copy_to_device(np.full(expected.size, np.nan, np.float32))
    inflow.made(model.backend, feed).begin(plan, chosen, share, 0)
    found = Mirror(plan.array("value", "input"), model.backend).host.reshape(expected.shape)
    return found, expected


@pytest.fixture(name="no_host_input")
def no_host_input_fixture(monkeypatch: pytest.MonkeyPatch) -> None:
    """No batch of floats is made by the processor."""
    monkeypatch.setattr("convscope.engine.train.inflow_cuda.from_host", None)


@pytest.mark.parametrize(
    ("shape", "given", "augment", "preprocessing"),
    [
        ((3, 4, 3), (3, 4, 3), "", COLOURS),
        ((3, 4, 3), (3, 4, 3), "flip,cutout:size=2,count=2", COLOURS),
        ((3, 2, 1), (4, 5, 1), "crop:padding=2,border=reflect,flip-vertical", Preprocessing()),
        ((3, 2, 1), (3, 2, 1), "translation:border=edge,share=0.6",
         Preprocessing(mean_image=MeanImage.of(np.arange(6, dtype=np.float32).reshape(3, 2, 1) / 6))),
    ],
)  # fmt: skip
def test_whole_pixels_have_the_bits_of_the_cpu(
    shape: Any, given: Any, augment: str, preprocessing: Preprocessing, no_host_input: None
) -> None:
    model = Model(network(shape), device="cuda", preprocessing=preprocessing)
    found, expected = both(feed_of(shape, images(6, *given), augment, preprocessing), model, [4, 1, 5])
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("shape", "given", "augment"),
    [
        ((3, 4, 3), (3, 4, 3), "rotation:border=reflect,contrast,brightness,pca-colour"),
        ((3, 2, 1), (7, 5, 1), "resized-crop:scale_min=0.9,lens:border=edge,shear:border=edge,cutout:size=1"),
        ((4, 4, 1), (3, 5, 1), "stretch"),  # brought to the input's size first, as floats
    ],
)
def test_others_differ_by_rounding_alone(shape: Any, given: Any, augment: str, no_host_input: None) -> None:
    model = Model(network(shape), device="cuda")
    found, expected = both(feed_of(shape, images(6, *given), augment, Preprocessing()), model, [0, 3])
    assert np.abs(found - expected).max() <= 2 * np.spacing(np.float32(1))  # the input lies between 0 and 1


def test_images_are_mixed_on_the_gpu(no_host_input: None) -> None:
    model = Model(network((2, 2, 1)), device="cuda")
    found, expected = both(feed_of((2, 2, 1), images(6, 2, 2, 1), "flip", Preprocessing()), model, [0, 3, 2], 0.3)
    assert np.abs(found - expected).max() <= np.spacing(np.float32(1))


def test_a_run_on_augmented_images_learns_what_the_cpu_learns(
    monkeypatch: pytest.MonkeyPatch, no_host_input: None
) -> None:
    pixels, labels = images(5, 2, 2, 1), np.arange(5) % 2
    data = Dataset("few", pixels, labels, pixels[:0], labels[:0], ("a", "b"))
    monkeypatch.setattr(runtime.CudaBackend, "finish", lambda self: pytest.fail("nothing waits for a batch"))
    learned = {}
    for device in ("cpu", "cuda"):
        model = Model(network((2, 2, 1)), device=device)
        *_, ended = fit(model, data, epochs=2, batch_size=3, augment="flip,contrast", mixup=0.4)
        assert ended.reason == "completed", ended.message
        learned[device] = model.weights["scores.weight"].copy()
    assert np.abs(learned["cuda"] - learned["cpu"]).max() < 1e-5


def test_batches_of_several_sizes_take_turns(no_host_input: None) -> None:
    model = Model(network((2, 2, 1)), device="cuda")
    feed = feed_of((2, 2, 1), images(6, 2, 2, 1), "flip", Preprocessing())
    for rows in itertools.islice(itertools.cycle(([0, 1, 2], [3, 4])), 3):
        found, expected = both(feed, model, rows)
        assert np.array_equal(found, expected)

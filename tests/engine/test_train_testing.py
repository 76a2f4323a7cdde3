"""Tests over several crops and scales: which crops are taken, and what is averaged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Preprocessing
from convscope.engine.train import evaluate
from convscope.engine.train.testing import LARGE_SCALES, SMALL_SCALES, View, feeds, views

from .training_cases import blobs, everything, model_for


def chances(model: Any, images: np.ndarray) -> np.ndarray:
    return model.probabilities(images).astype(np.float64)


def test_ten_crops_of_a_small_image_are_those_of_the_padded_image_averaged() -> None:
    dataset = blobs(test=40, size=16)
    model = model_for(dataset)
    model.weights["scores.weight"][...] *= 3
    padded = np.pad(dataset.test_images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    cuts = [padded[:, y : y + 16, x : x + 16] for y, x in ((0, 0), (0, 2), (2, 0), (2, 2), (1, 1))]
    mean = np.mean([chances(model, cut[:, :, ::step]) for cut in cuts for step in (1, -1)], 0)
    found = evaluate(model, dataset, crops=10, batch=16)
    own = mean[np.arange(40), dataset.test_labels]
    assert found.loss == pytest.approx(-np.log(own).mean(), rel=1e-4)
    assert found.top1 == (mean.argmax(1) == dataset.test_labels).mean()


def test_one_crop_at_one_scale_is_the_plain_evaluation() -> None:
    dataset = blobs()
    model = model_for(dataset)
    assert evaluate(model, dataset, crops=1, scales=[1.0]).loss == evaluate(model, dataset).loss


def test_crops_of_a_larger_image_are_cut_out_of_it() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1), dtype=np.uint8)
    wanted = views((8, 8), (7, 7), crops=10, scales=1)
    assert {(view.top, view.left) for view in wanted} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert sum(wanted.values()) == 10
    assert {view.size for view in wanted} == {(8, 8)}
    for view, feed in zip(wanted, feeds(images, np.zeros(3, np.int64), Preprocessing(scale=1.0), (7, 7, 1), wanted)):
        out = np.full((2, 7, 7, 1), np.nan, np.float32)
        feed.fill(np.array([2, 0]), out)
        cut = images[[2, 0], view.top : view.top + 7, view.left : view.left + 7]
        np.testing.assert_array_equal(out, cut[:, :, ::-1] if view.flipped else cut)


def test_five_scales_of_ten_crops_are_fifty_views() -> None:
    for given, scales in (((256, 256), LARGE_SCALES), ((224, 224), SMALL_SCALES)):
        wanted = views(given, (224, 224), crops=10, scales=5)
        assert sum(wanted.values()) == 50
        assert sorted({view.size for view in wanted}) == [(round(224 * f),) * 2 for f in scales]
    assert [round(224 * f) for f in LARGE_SCALES] == [224, 256, 384, 480, 640]


def test_crops_that_coincide_are_computed_once() -> None:
    assert views((9, 9), (9, 9), crops=10, scales=[1.0, 1.0]) != views((9, 9), (9, 9), crops=10, scales=[1.0])
    assert views((20, 20), (10, 10), crops=10, scales=[1.0]) == {
        View((10, 10), 0, 0, False): 5,
        View((10, 10), 0, 0, True): 5,
    }


def test_a_picture_that_is_cropped_keeps_its_proportions() -> None:
    (view,) = views((100, 200), (50, 50), crops=1, scales=[1.2], fit="crop")
    assert (view.size, view.top, view.left) == ((60, 120), 5, 35)


@pytest.mark.parametrize("scale", [1.0, 1.25])
def test_an_enlarged_view_shows_the_images_own_edge(scale: float) -> None:
    images = np.full((1, 8, 8, 3), 200, np.uint8)
    wanted = views((8, 8), (12, 12), crops=10, scales=[scale])
    for feed in feeds(images, np.zeros(1, np.int64), Preprocessing(scale=1.0, mean=(50.0,)), (12, 12, 3), wanted):
        out = np.full((1, 12, 12, 3), np.nan, np.float32)
        feed.fill(np.array([0]), out)
        if scale > 1:
            np.testing.assert_allclose(out, 150, rtol=1e-5)


@pytest.mark.parametrize(("crops", "scales"), [(10, 5), (1, 5), (10, 1)])
def test_any_number_of_views_gives_shares(crops: int, scales: int) -> None:
    dataset = blobs()
    found = evaluate(model_for(dataset, everything()), dataset, crops=crops, scales=scales)
    assert found.images == 20
    assert 0 <= found.top1 <= 1
    assert np.isfinite(found.loss)


@pytest.mark.parametrize(
    ("given", "text"),
    [({"crops": 3}, "use 1"), ({"scales": 2}, "use 1, 5"), ({"scales": [0.5]}, "from 1 to 8")],
)
def test_other_numbers_are_refused(given: dict[str, Any], text: str) -> None:
    dataset = blobs()
    with pytest.raises(ConvscopeError, match=text):
        evaluate(model_for(dataset), dataset, **given)

"""Batches are exactly what the preprocessing would give, in a reproducible order."""

import numpy as np
import pytest

from convscope.engine import Preprocessing
from convscope.engine.train import plain
from convscope.engine.train.feed import Feed, shuffled

PREPROCESSINGS = [
    Preprocessing(),
    Preprocessing(mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.243, 0.261)),
    Preprocessing(scale=1.0, mean=(104.0, 117.0, 123.0), order="bgr"),
]


@pytest.mark.parametrize("preprocessing", PREPROCESSINGS)
@pytest.mark.parametrize("size", [(5, 7), (9, 4)])
@pytest.mark.parametrize("limit", [1 << 30, 0])
def test_batches_equal_the_preprocessing_to_the_bit(
    preprocessing: Preprocessing, size: tuple[int, int], limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "CACHE_LIMIT", limit)
    images = np.random.default_rng(0).integers(0, 256, (11, 5, 7, 3), dtype=np.uint8)
    made = Feed(images, np.arange(11), preprocessing, (*size, 3))
    rows = np.array([3, 3, 10, 0])
    out = np.full((4, *size, 3), np.nan, np.float32)
    made.fill(rows, out)
    np.testing.assert_array_equal(out, preprocessing.apply(images[rows], size))


def test_resizing_in_chunks_reaches_every_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "CHUNK", 4)
    images = np.random.default_rng(0).integers(0, 256, (10, 4, 4, 1), dtype=np.uint8)
    out = np.empty((10, 6, 6, 1), np.float32)
    Feed(images, np.zeros(10), Preprocessing(), (6, 6, 1)).fill(np.arange(10), out)
    np.testing.assert_array_equal(out, Preprocessing().apply(images, (6, 6)))


def test_an_epochs_order_is_a_permutation_that_depends_on_seed_and_epoch_alone() -> None:
    order = shuffled(100, seed=3, epoch=5)
    assert sorted(order) == list(range(100))
    np.testing.assert_array_equal(order, shuffled(100, seed=3, epoch=5))
    assert not np.array_equal(order, shuffled(100, seed=3, epoch=6))
    assert not np.array_equal(order, shuffled(100, seed=4, epoch=5))

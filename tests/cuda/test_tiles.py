"""The tiles that a real GPU works with, against convolution written out; elsewhere the simulator gets small ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convscope.engine.kernels import cuda_correlate, cuda_direct, cuda_slide
from convscope.engine.kernels.cuda_tile import Tile
from convscope.engine.kernels.modes import FLOAT32
from convscope.engine.layers.conv import cuda_tables
from convscope.engine.layers.conv.tables import Conv
from convscope.engine.runtime.cuda import CudaBackend

from .pairs import gap


def case(channels: int, filters: int) -> Conv:
    """3×3 with stride 2 and uneven padding, so that pixels, channels and filters fill no tile."""
    return Conv(2, 5, 7, channels, 3, 4, filters, (3, 3), (2, 2), (1, 1), 1, 1, 1)


def windows(c: Conv, x: np.ndarray) -> np.ndarray:
    """What every window reads: (pixels, taps · channels) in float64."""
    padded = np.pad(x.astype(np.float64), ((0, 0), (1, 2), (1, 2), (0, 0)))
    rows = [
        padded[n, 2 * p : 2 * p + 3, 2 * q : 2 * q + 3].reshape(-1)
        for n in range(c.batch)
        for p in range(c.out_height)
        for q in range(c.out_width)
    ]
    return np.array(rows)


class Gpu:
    """Arrays there, and kernels run on them."""

    def __init__(self) -> None:
        self.backend = CudaBackend()

    def array(self, values: np.ndarray) -> Any:
        there = self.backend.zeros(values.size)
        there.copy_to_device(np.ascontiguousarray(values, np.float32).reshape(-1))
        return there

    def run(self, kernel: Any, *args: Any) -> None:
        self.backend.build(kernel, 1)(*args)
        self.backend.finish()


def sliding(tile: Tile, channels: int, filters: int) -> tuple[np.ndarray, np.ndarray]:
    """A convolution with bias and ReLU by this tile, and in float64."""
    mixed = channels < tile.depth
    aligned = channels % 4 == 0 and filters % 4 == 0 and not mixed
    return convolved(cuda_slide.tiled(tile, aligned, mixed), channels, filters)


def convolved(kernel: Any, channels: int, filters: int) -> tuple[np.ndarray, np.ndarray]:
    """The same by this kernel."""
    c, random, gpu = case(channels, filters), np.random.default_rng(0), Gpu()
    x = random.standard_normal((c.batch, c.height, c.width, channels), np.float32)
    w, bias = random.standard_normal((9 * channels, filters), np.float32), random.standard_normal(filters, np.float32)
    y = gpu.array(np.full((c.batch * c.out_height * c.out_width, filters), np.nan))
    t = cuda_tables.forward(c)
    batch, *sizes = t.sizes
    given = (gpu.array(x), gpu.array(w), gpu.array(bias), True, y, 0, y, np.float32(0))
    gpu.run(kernel, *given, t.taps, t.phases, *sizes, batch)
    expected = np.maximum(windows(c, x) @ w.astype(np.float64) + bias, 0)
    return y.copy_to_host().reshape(expected.shape), expected


def correlated(tile: Tile, channels: int, filters: int) -> tuple[np.ndarray, np.ndarray]:
    """A gradient of weights by this tile and two workers, and in float64."""
    c, random, gpu = case(channels, filters), np.random.default_rng(0), Gpu()
    x = random.standard_normal((c.batch, c.height, c.width, channels), np.float32)
    dy = random.standard_normal((c.batch * c.out_height * c.out_width, filters), np.float32)
    batch, *sizes = cuda_tables.correlation(c)
    sums = gpu.array(np.full((2, 9 * channels, filters), np.nan))
    kernel = cuda_correlate.tiled(tile, channels % 4 == 0 and filters % 4 == 0)
    gpu.run(kernel, gpu.array(x), gpu.array(dy), sums, cuda_tables.taps(c), 9, *sizes, batch, 2)
    expected = windows(c, x).T @ dy.astype(np.float64)
    return sums.copy_to_host().reshape(2, *expected.shape).sum(0), expected


@pytest.mark.parametrize(
    ("rows", "columns", "channels", "filters"),
    [(128, 128, 12, 100), (64, 64, 8, 36), (128, 32, 9, 17), (128, 16, 3, 10), (64, 128, 16, 68)],
    ids=["large", "medium", "unaligned", "few channels", "few pixels"],
)
def test_sliding_product_of_a_tile_equals_convolution(rows: int, columns: int, channels: int, filters: int) -> None:
    assert gap(*sliding(Tile(rows, columns, 8, FLOAT32), channels, filters)) <= 1e-5


@pytest.mark.parametrize(("channels", "filters"), [(1, 6), (3, 20)])
def test_direct_sums_of_few_channels_equal_convolution(channels: int, filters: int) -> None:
    kernel = cuda_direct.direct(cuda_direct.span_for(filters), filters % 4 == 0)
    assert gap(*convolved(kernel, channels, filters)) <= 1e-5


@pytest.mark.parametrize(
    ("rows", "columns", "channels", "filters"), [(128, 128, 8, 36), (32, 64, 3, 10)], ids=["large", "few channels"]
)
def test_weight_gradient_of_a_tile_equals_the_product(rows: int, columns: int, channels: int, filters: int) -> None:
    assert gap(*correlated(Tile(rows, columns, 8, FLOAT32), channels, filters)) <= 1e-5

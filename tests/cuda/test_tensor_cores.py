"""Products by tensor cores: the layout of their numbers among threads, and how far results are from float64.

Under the simulator each thread gives what it holds and computes its entries of the result from what the PTX ISA says
that the others hold; bits that TF32 has not are left out.
"""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network
from convscope.engine import layers as L
from convscope.engine.kernels import cuda_tiles
from convscope.engine.kernels.cuda_jit import SIMULATED
from convscope.engine.kernels.cuda_tile import Tile
from convscope.engine.kernels.cuda_tiles import Means
from convscope.engine.kernels.modes import FLOAT32, TF32, TF32_THRICE
from convscope.engine.runtime import cuda_math

from .pairs import gap, poison
from .test_tiles import correlated, sliding

LARGEST_GAP = {TF32_THRICE: 1e-6, TF32: 2e-3}


@pytest.mark.parametrize(
    ("shape", "mode", "channels", "filters"),
    [((64, 32, 8), TF32_THRICE, 8, 20), ((64, 32, 16), TF32, 16, 20), ((64, 64, 8), TF32, 3, 44)],
    ids=["three products", "deep", "few channels"],
)
def test_sliding_product_by_tensor_cores_equals_convolution(
    shape: tuple[int, int, int], mode: str, channels: int, filters: int
) -> None:
    found, expected = sliding(Tile(*shape, mode), channels, filters)
    assert gap(found, expected) <= LARGEST_GAP[mode]
    if mode == TF32:
        assert gap(found, expected) > 1e-5  # or else the numbers were not rounded


@pytest.mark.parametrize(("mode", "filters"), [(TF32_THRICE, 20), (TF32, 7)])
def test_weight_gradient_by_tensor_cores_equals_the_product(mode: str, filters: int) -> None:
    assert gap(*correlated(Tile(64, 32, 8, mode), 7, filters)) <= LARGEST_GAP[mode]


@pytest.fixture
def thrice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_math, "_mode", [TF32_THRICE])


def network() -> Network:
    net = Network((1, 1, 9))
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(20), "scores")
    return net


@pytest.mark.usefixtures("thrice")
def test_a_model_multiplies_in_the_mode_that_was_set_and_its_plan_says_so() -> None:
    gpu, cpu = Model(network(), device="cuda", seed=1), Model(network(), seed=1)
    x = np.random.default_rng(0).standard_normal((3, 1, 1, 9)).astype(np.float32)
    seed = np.random.default_rng(1).standard_normal((3, 20)).astype(np.float32)
    poison(gpu, 3, "training")
    assert gap(gpu.forward(x, training=True), cpu.forward(x, training=True)) <= 1e-6
    assert gap(gpu.backward(seed), cpu.backward(seed)) <= 1e-6
    for name in cpu.gradients:
        assert gap(gpu.gradients[name], cpu.gradients[name]) <= 1e-6, name
    assert TF32_THRICE in str(gpu.plan(3, "training").describe())


def test_older_chips_and_unknown_modes_are_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConvscopeError, match=r"The math mode is 'half'; use one of: float32, 3xtf32, tf32\."):
        cuda_math.set_math_mode("half")
    monkeypatch.setattr(cuda_math, "_mode", [TF32])
    with pytest.raises(ConvscopeError, match=r"tf32 needs compute capability 8\.0 and T4 has 7\.5; use float32"):
        cuda_math.means("T4", (7, 5), 40)
    monkeypatch.setattr(cuda_math, "_mode", [FLOAT32])
    assert cuda_math.means("T4", (7, 5), 40) == Means(FLOAT32, 0 if SIMULATED else 75, 40)


def test_small_maps_get_small_tiles_and_large_ones_large_tiles() -> None:
    h200 = Means(FLOAT32, 90, 132)
    large, small = cuda_tiles.of_slide(h200, 1 << 18, 128, 1), cuda_tiles.of_slide(h200, 4096, 64, 1)
    assert (large.rows, large.columns) == (128, 128)
    assert small.rows * small.columns <= 64 * 64
    assert cuda_tiles.of_slide(h200._replace(mode=TF32), 1 << 18, 128, 1).mode == TF32
    assert cuda_tiles.of_slide(h200._replace(mode=TF32), 1 << 18, 10, 1).mode == FLOAT32  # too narrow to gain

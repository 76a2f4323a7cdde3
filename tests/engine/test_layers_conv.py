"""Convolution's two algorithms, forced in turn, on shapes that hypothesis draws and on known awkward ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.kernels.vector import LANES
from convscope.engine.layers.conv import winograd, winograd_gradient, winograd_tables
from tests.oracles.differences import relative_error


def reference(layer: L.Conv2D, x: np.ndarray, w: np.ndarray, b: np.ndarray, dy: np.ndarray) -> tuple[np.ndarray, ...]:
    """(y, dx, dw) in float64: the sum over kernel positions of shifted images, groups one by one."""
    top, bottom, left, right = layer.geometry.pads(*x.shape[1:3])
    image = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    y, dimage, dw = np.zeros(dy.shape) + b, np.zeros_like(image), np.zeros_like(w)
    rows, columns = dy.shape[1:3]
    channels, filters = x.shape[-1] // layer.groups, layer.filters // layer.groups
    for r, s, g in np.ndindex(*layer.kernel, layer.groups):
        r0, s0 = r * layer.dilation[0], s * layer.dilation[1]
        view = (
            slice(None),
            slice(r0, r0 + (rows - 1) * layer.stride[0] + 1, layer.stride[0]),
            slice(s0, s0 + (columns - 1) * layer.stride[1] + 1, layer.stride[1]),
            slice(g * channels, (g + 1) * channels),
        )
        own = slice(g * filters, (g + 1) * filters)
        y[..., own] += image[view] @ w[r, s][:, own]
        dw[r, s][:, own] = np.tensordot(image[view], dy[..., own], ((0, 1, 2), (0, 1, 2)))
        dimage[view] += dy[..., own] @ w[r, s][:, own].T
    return y, dimage[:, top : top + x.shape[1], left : left + x.shape[2]], dw


def check(layer: L.Conv2D, batch: int, height: int, width: int, channels: int, tolerance: float) -> None:
    net = Network((height, width, channels))
    net.add(layer, "conv")
    model = Model(net, seed=1)
    random = np.random.default_rng(5)
    model.weights["conv.bias"] = random.standard_normal(layer.filters)
    x = random.standard_normal((batch, height, width, channels)).astype(np.float32)
    plan = model.plan(batch, "gradient")
    plan._arena[...] = 0xFF
    y = model.forward(x)
    dy = random.standard_normal(y.shape).astype(np.float32)
    dx = model.backward(dy)
    weight, bias = (model.weights[f"conv.{k}"].astype(np.float64) for k in ("weight", "bias"))
    expected = reference(layer, x.astype(np.float64), weight, bias, dy.astype(np.float64))
    for got, wanted in zip((y, dx, model.gradients["conv.weight"]), expected):
        assert relative_error(got, wanted) <= tolerance
    assert relative_error(model.gradients["conv.bias"], dy.astype(np.float64).sum((0, 1, 2))) <= 1e-5


@pytest.mark.parametrize("force", ["direct", "winograd"])
@pytest.mark.parametrize(
    ("batch", "height", "width", "channels", "filters", "padding"),
    [
        (1, 4, 4, 1, 1, 1),
        (2, 5, 7, 1, 2, 1),
        (1, 13, 9, 2, 1, 0),
        (3, 8, 8, 3, 2, 2),
        (5, 6, 11, 1, 3, (1, 0, 2, 1)),
        (9, 4, 5, 2, 2, "same"),
        (1, 40, 36, 2, 1, "same"),
        (4, 33, 65, 1, 1, "same"),
    ],
)
def test_both_algorithms_equal_the_reference(
    force, batch, height, width, channels, filters, padding, monkeypatch
) -> None:
    """Channels and filters are given in vectors, so that Winograd applies to all of them."""
    if force == "direct":
        monkeypatch.setattr(winograd_tables, "applies", lambda case: False)
    check(L.Conv2D(filters * LANES, 3, padding=padding), batch, height, width, channels * LANES, 1e-5)


@pytest.mark.parametrize("unit", ["avx2", "neon", "generic"])
def test_tiles_of_other_processors_give_the_same_results(unit: str, tmp_path: Path) -> None:
    """Their vectors are split into what this processor has; only one shape of each kind, as each is compiled anew."""
    environment = {**os.environ, "CONVSCOPE_VECTOR": unit, "CONVSCOPE_CACHE_DIR": str(tmp_path)}
    script = (
        "from tests.engine.test_layers_conv import LANES, L, check\n"
        "check(L.Conv2D(2 * LANES + 3, 3, stride=2, padding=1), 3, 9, 7, 5, 1e-5)\n"
        "check(L.Conv2D(3 * LANES, 3, padding=1), 2, 9, 6, LANES, 1e-5)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_winograd_is_really_chosen_for_whole_vectors_of_channels() -> None:
    net = Network((8, 8, LANES))
    net.add(L.Conv2D(LANES, 3, padding=1), "conv")
    plan = Model(net).plan(1, "training")
    assert [call.kernel for call in plan._bindings[0].forward_calls] == [winograd.slide]
    assert [call.kernel for call in plan._bindings[0].weight_calls] == [winograd_gradient.weight_gradient]


sizes = st.integers(1, 9)


@given(
    batch=st.integers(1, 5),
    height=sizes,
    width=sizes,
    channels=st.sampled_from([1, 2, 3, 5, 17]),
    filters=st.sampled_from([1, 3, 7, 16, 31, 33]),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    padding=st.tuples(*[st.integers(0, 3)] * 4),
    grouped=st.booleans(),
)
@settings(max_examples=150)
def test_any_geometry_equals_the_reference(
    batch, height, width, channels, filters, kernel, stride, dilation, padding, grouped
) -> None:
    groups = channels if grouped else 1
    layer = L.Conv2D(filters * groups, kernel, stride=stride, dilation=dilation, padding=padding, groups=groups)
    if min(layer.geometry.output_size(height, width)) < 1 or filters * groups > 100:
        return
    check(layer, batch, height, width, channels, 1e-5)

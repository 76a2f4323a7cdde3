"""Convolution's algorithms, forced in turn, on shapes that hypothesis draws and on known awkward ones."""

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
from convscope.engine.layers.conv import choice, col2im_tables, wide_tables, winograd, winograd_gradient
from convscope.engine.layers.conv.tables import Conv
from convscope.engine.runtime.cpu import CpuBackend
from convscope.engine.spec import ConvscopeError
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
    plan._buffers.arena[...] = 0xFF
    y = model.forward(x)
    dy = random.standard_normal(y.shape).astype(np.float32)
    dx = model.backward(dy)
    weight, bias = (model.weights[f"conv.{k}"].astype(np.float64) for k in ("weight", "bias"))
    expected = reference(layer, x.astype(np.float64), weight, bias, dy.astype(np.float64))
    for got, wanted in zip((y, dx, model.gradients["conv.weight"]), expected):
        assert relative_error(got, wanted) <= tolerance
    assert relative_error(model.gradients["conv.bias"], dy.astype(np.float64).sum((0, 1, 2))) <= 1e-5


@pytest.mark.parametrize("force", choice.ALGORITHMS)
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
def test_every_algorithm_equals_the_reference(force, batch, height, width, channels, filters, padding) -> None:
    """Channels and filters are given in vectors, so that Winograd can be used for all of them."""
    with choice.forced(force):
        check(L.Conv2D(filters * LANES, 3, padding=padding), batch, height, width, channels * LANES, 1e-5)


@given(
    force=st.sampled_from(choice.ALGORITHMS),
    batch=st.integers(1, 4),
    height=st.integers(1, 11),
    width=st.integers(1, 11),
    channels=st.integers(1, 2),
    filters=st.integers(1, 3),
    padding=st.tuples(*[st.integers(0, 4)] * 4),
    threads=st.integers(1, 3),
)
@settings(max_examples=60)
def test_every_algorithm_equals_the_reference_on_drawn_shapes(
    force, batch, height, width, channels, filters, padding, threads
) -> None:
    if height + padding[0] + padding[1] < 3 or width + padding[2] + padding[3] < 3:
        return
    with choice.forced(force), pytest.MonkeyPatch.context() as patch:
        patch.setattr(CpuBackend, "threads_for", lambda self, macs, values: threads)
        check(L.Conv2D(filters * LANES, 3, padding=padding), batch, height, width, channels * LANES, 1e-5)


@given(
    data=st.data(),
    batch=st.integers(1, 5),
    size=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    channels=st.integers(1, LANES // 2),
    filters=st.integers(1, 2 * LANES + 1),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 7)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 4)),
    padding=st.tuples(*[st.integers(0, 3)] * 4),
    dilation=st.integers(1, 2),
    products_first=st.booleans(),
)
@settings(max_examples=80)
def test_gradients_of_few_channels_equal_the_reference_either_way(
    data, batch, size, channels, filters, kernel, stride, padding, dilation, products_first
) -> None:
    """By products first and sums afterwards, and by the sliding product, whichever would pay."""
    down = (kernel[0] - 1) * dilation + 1
    if size[0] + padding[0] + padding[1] < down or size[1] + padding[2] + padding[3] < kernel[1]:
        return
    layer = L.Conv2D(filters, kernel, stride=stride, padding=padding, dilation=(dilation, 1))
    block = data.draw(st.sampled_from([1, 24 * 1024]), "floats in a block")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(col2im_tables, "pays", lambda case: products_first)
        patch.setattr(col2im_tables, "_BLOCK_FLOATS", block)
        patch.setattr(CpuBackend, "threads_for", lambda self, macs, values: 2)
        check(layer, batch, *size, channels, 1e-5)


def test_products_come_first_where_runs_of_few_channels_fill_vectors() -> None:
    def case(size: int, channels: int, out: int, filters: int, kernel: int, stride: int, padding: int) -> Conv:
        kernels = ((kernel, kernel), (stride, stride), (1, 1))
        return Conv(1, size, size, channels, out, out, filters, *kernels, padding, padding, 1)

    assert col2im_tables.pays(case(14, 6, 10, 16, 5, 1, 0))
    assert col2im_tables.pays(case(227, 3, 55, 96, 11, 4, 0))
    assert not col2im_tables.pays(case(14, LANES, 10, 16, 5, 1, 0))
    assert not col2im_tables.pays(case(28, 1, 28, 6, 1, 1, 0))


@pytest.mark.parametrize("unit", ["avx2", "neon", "generic"])
def test_tiles_of_other_processors_give_the_same_results(unit: str, tmp_path: Path) -> None:
    """Their vectors are split into what this processor has; only one shape of each kind, as each is compiled anew."""
    environment = {**os.environ, "CONVSCOPE_VECTOR": unit, "CONVSCOPE_CACHE_DIR": str(tmp_path)}
    script = (
        "from tests.engine.test_layers_conv import LANES, L, check\n"
        "check(L.Conv2D(2 * LANES + 3, 3, stride=2, padding=1), 3, 9, 7, 5, 1e-5)\n"
        "check(L.Conv2D(3 * LANES, 3, padding=1), 2, 9, 6, LANES, 1e-5)\n"
        "check(L.Conv2D(LANES + 3, 3, padding=1, groups=LANES + 3), 2, 9, 7, LANES + 3, 1e-5)\n"
        "check(L.Conv2D(6, 3, padding=1, groups=3), 2, 9, 6, 6, 1e-5)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def conv_case(size: int, channels: int, filters: int, kernel: int = 3, stride: int = 1) -> Conv:
    same = -(-size // stride)
    sizes = (2, size, size, channels, same, same, filters)
    return Conv(*sizes, (kernel, kernel), (stride, stride), (1, 1), kernel // 2, kernel // 2, 1)


@pytest.mark.parametrize(
    ("case", "name"),
    [
        (conv_case(32, LANES, LANES), choice.WINOGRAD_LARGE),
        (conv_case(2, 4 * LANES, 4 * LANES), choice.WINOGRAD_SMALL),
        (conv_case(6, 4 * LANES, 4 * LANES), choice.WINOGRAD_SMALL),
        (conv_case(7, 4 * LANES, 4 * LANES), choice.WINOGRAD_LARGE),
        (conv_case(1, 4 * LANES, 4 * LANES), choice.DIRECT),
        (conv_case(32, 3, LANES), choice.DIRECT),
        (conv_case(32, LANES, LANES, stride=2), choice.DIRECT),
        (conv_case(32, LANES, LANES, kernel=5), choice.DIRECT),
    ],
)
def test_the_algorithm_with_the_least_work_is_chosen(case: Conv, name: str) -> None:
    assert choice.choose(case) == name


def test_a_forced_algorithm_yields_where_it_cannot_be_used() -> None:
    with choice.forced(choice.WINOGRAD_LARGE):
        assert choice.choose(conv_case(1, LANES, LANES)) == choice.WINOGRAD_LARGE
        assert choice.choose(conv_case(8, 3, LANES)) == choice.DIRECT
    with choice.forced("fft"), pytest.raises(ConvscopeError, match="'fft'; use one of: direct"):
        choice.choose(conv_case(8, LANES, LANES))


def test_the_chosen_algorithm_really_runs() -> None:
    net = Network((8, 8, LANES))
    net.add(L.Conv2D(LANES, 3, padding=1), "conv")
    plan = Model(net).plan(1, "training")
    assert plan._bindings[0].algorithm == choice.WINOGRAD_LARGE
    assert [call.kernel for call in plan._bindings[0].forward_calls] == [winograd.slide]
    assert [call.kernel for call in plan._bindings[0].weight_calls] == [winograd_gradient.weight_gradient]


def test_few_filters_are_computed_for_several_pixels_at_once() -> None:
    assert wide_tables.pixels_at_once(conv_case(28, 1, 6, kernel=5)) == (2 if LANES == 16 else 1)
    assert wide_tables.pixels_at_once(conv_case(27, 1, LANES)) == 1
    wide = wide_tables.widened(conv_case(28, 1, 6, kernel=5), 2)
    assert (wide.kernel, wide.stride, wide.filters, wide.out_width) == ((5, 6), (1, 2), 12, 14)


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

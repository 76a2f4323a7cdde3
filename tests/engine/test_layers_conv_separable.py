"""Separable convolution is the two convolutions it is made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.kernels.vector import LANES
from convscope.engine.layers.conv import choice
from convscope.engine.runtime.cpu import CpuBackend
from convscope.engine.spec import ShapeError, size
from tests.oracles.differences import relative_error

Shape = tuple[int, int, int]


def as_one(layer: L.SeparableConv2D, shape: Shape) -> Model:
    net = Network(shape)
    net.add(L.Conv2D(shape[2], 1), "first")
    net.add(layer, "conv")
    net.add(L.ReLU(), "relu")
    return lively(net)


def as_two(layer: L.SeparableConv2D, one: Model) -> Model:
    """The same network with the layer's two parts as layers."""
    net = Network(one.network.input)
    channels = one.network.input[2]
    window = (layer.kernel, layer.stride, layer.padding, layer.dilation)
    net.add(L.Conv2D(channels, 1), "first")
    net.add(L.Conv2D(channels * layer.multiplier, *window, groups=channels, bias=False), "depthwise")
    net.add(L.Conv2D(layer.filters, 1, bias=layer.bias), "pointwise")
    net.add(L.ReLU(), "relu")
    model = Model(net)
    for name, array in one.weights.items():
        model.weights[ours(name)] = array
    return model


def ours(name: str) -> str:
    """A weight of the one layer by its name in the two."""
    return {
        "conv.depthwise": "depthwise.weight",
        "conv.pointwise": "pointwise.weight",
        "conv.bias": "pointwise.bias",
    }.get(name, name)


def lively(network: Network) -> Model:
    model, random = Model(network), np.random.default_rng(5)
    for name, array in model.weights.items():
        model.weights[name] = random.standard_normal(array.shape)
    return model


def assert_equal_passes(layer: L.SeparableConv2D, shape: Shape, batch: int, training: bool) -> None:
    """Forward and back, the image's gradient where there is one, from buffers full of NaN."""
    one = as_one(layer, shape)
    two = as_two(layer, one)
    plan = one.plan(batch, "training" if training else "gradient")
    plan._buffers.arena[...] = 0xFF
    one.flat_gradients[...] = np.nan
    random = np.random.default_rng(2)
    x = random.standard_normal((batch, *shape)).astype(np.float32)
    y, expected = one.forward(x, training=training), two.forward(x, training=training)
    assert relative_error(y, expected) <= 1e-5
    dy = random.standard_normal(y.shape)
    dx, wanted = one.backward(dy), two.backward(dy)
    if not training:
        assert relative_error(dx, wanted) <= 1e-5
    for name, array in one.gradients.items():
        scale = np.linalg.norm(dy) * np.linalg.norm(y)
        assert np.linalg.norm(array - two.gradients[ours(name)]) <= 1e-5 * scale, name


@st.composite
def layers(draw: st.DrawFn) -> tuple[L.SeparableConv2D, Shape]:
    pair = st.tuples(st.integers(1, 4), st.integers(1, 4))
    layer = L.SeparableConv2D(
        draw(st.sampled_from([1, 5, 16, 17, 40])),
        draw(pair),
        draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
        draw(st.sampled_from(["same", "valid", 1, (2, 0, 1, 3)])),
        draw(st.tuples(st.integers(1, 2), st.integers(1, 2))),
        draw(st.integers(1, 3)),
        draw(st.booleans()),
    )
    height, width = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    assume(min(layer.geometry.output_size(height, width)) >= 1)
    return layer, (height, width, draw(st.sampled_from([1, 3, 16, 19])))


@given(case=layers(), batch=st.integers(1, 4), training=st.booleans(), threads=st.integers(1, 3))
@settings(max_examples=60)
def test_it_equals_a_depthwise_and_a_pointwise_layer(case, batch: int, training: bool, threads: int) -> None:
    layer, shape = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CpuBackend, "threads_for", lambda self, macs, values: threads)
        assert_equal_passes(layer, shape, batch, training)


@pytest.mark.parametrize("force", choice.ALGORITHMS)
def test_each_part_takes_the_algorithm_it_can(force: str) -> None:
    with choice.forced(force):
        assert_equal_passes(L.SeparableConv2D(LANES, 3, padding=1), (6, 7, 2 * LANES), 3, training=True)


def test_a_layer_that_reads_the_image_learns_without_an_image_gradient() -> None:
    net = Network((6, 6, 3))
    net.add(L.SeparableConv2D(5, 3), "conv")
    model = lively(net)
    x = np.random.default_rng(0).standard_normal((2, 6, 6, 3))
    y = model.forward(x, training=True).copy()
    model.backward(y)
    kept = {name: array.copy() for name, array in model.gradients.items()}
    model.forward(x)
    model.backward(y)
    assert all(relative_error(model.gradients[name], array) <= 1e-6 for name, array in kept.items())


def test_batch_norm_behind_it_is_folded_at_inference() -> None:
    net = Network((7, 6, 4))
    net.add(L.SeparableConv2D(18, 3, padding="same", bias=False), "conv")
    net.add(L.BatchNorm(), "norm")
    net.add(L.ReLU(), "relu")
    model, random = lively(net), np.random.default_rng(1)
    model.weights["norm.running_var"] = random.uniform(0.5, 2, 18)
    x = random.standard_normal((3, 7, 6, 4)).astype(np.float32)
    plan = model.plan(3)
    assert plan.describe().rows[0].nodes == ("conv", "norm", "relu")
    plan.input[...] = x
    assert relative_error(plan.forward(), model.forward(x)) <= 1e-5


def test_the_lectures_numbers() -> None:
    """256 to 256 channels, 3×3: 9·256 + 256·256 multiply-adds a location in place of 9·256·256, 8.7 times fewer."""
    shape, settings = (28, 28, 256), {"padding": "same", "bias": False}
    plain, separable = L.Conv2D(256, 3, **settings), L.SeparableConv2D(256, 3, **settings)
    macs = [layer.cost([shape], shape).macs // 28**2 for layer in (plain, separable)]
    assert macs == [589_824, 2_304 + 65_536]
    assert round(macs[0] / macs[1], 1) == 8.7
    assert [sum(size(w.shape) for w in layer.weights([shape])) for layer in (plain, separable)] == macs


def test_memory_between_its_parts_is_counted_where_backward_wants_it() -> None:
    net = Network((8, 8, 4))
    net.add(L.SeparableConv2D(2, 3, padding="same", multiplier=3), "conv")
    plan = Model(net).plan(5, "training")
    assert plan.saved("conv", "between").shape == (5, 8, 8, 12)
    assert "saved:conv.between" not in Model(net).plan(5).schedule.spans


def test_shapes_warnings_and_receptive_field_are_those_of_a_convolution() -> None:
    plain, separable = (kind(6, 3, 2, "valid", 2) for kind in (L.Conv2D, L.SeparableConv2D))
    shape = (10, 12, 3)
    assert separable.infer_shape([shape]) == plain.infer_shape([shape])
    assert separable.warnings([shape]) == plain.warnings([shape]) != []
    assert separable.window([shape]) == plain.window([shape])
    with pytest.raises(ShapeError, match="put SeparableConv2D before Flatten or Dense"):
        separable.infer_shape([(9,)])

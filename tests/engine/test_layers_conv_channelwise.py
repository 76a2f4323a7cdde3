"""Depthwise convolution and that of small groups: any geometry and number of channels, on one thread and on two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.kernels.vector import LANES
from convscope.engine.layers.conv import channelwise, choice
from convscope.engine.layers.conv.tables import Conv
from convscope.engine.runtime.cpu import CpuBackend
from tests.oracles.differences import relative_error
from tests.oracles.layers import run

from .test_layers_conv import check

sizes = st.integers(1, 19)
geometry = {
    "kernel": st.tuples(st.integers(1, 7), st.integers(1, 7)),
    "stride": st.tuples(st.integers(1, 3), st.integers(1, 3)),
    "dilation": st.tuples(st.integers(1, 2), st.integers(1, 2)),
    "padding": st.tuples(*[st.integers(0, 4)] * 4),
    "threads": st.integers(1, 2),
    "batch": st.integers(1, 4),
    "height": sizes,
    "width": sizes,
}


def check_on(threads: int, layer: L.Conv2D, batch: int, height: int, width: int, channels: int) -> None:
    """All passes against the reference, where the windows fit the image."""
    if min(layer.geometry.output_size(height, width)) >= 1:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(CpuBackend, "threads_for", lambda self, macs, values: threads)
            check(layer, batch, height, width, channels, 1e-5)


@given(channels=st.sampled_from([2, 3, 7, 13, 31, 37, LANES, 2 * LANES, 3 * LANES - 1]), **geometry)
@settings(max_examples=100)
def test_any_depthwise_geometry_equals_the_reference(
    channels, kernel, stride, dilation, padding, threads, batch, height, width
) -> None:
    layer = L.Conv2D(channels, kernel, stride=stride, dilation=dilation, padding=padding, groups=channels)
    check_on(threads, layer, batch, height, width, channels)


@given(channels=st.sampled_from([2, 3, 7, LANES, LANES + 1]), multiplier=st.sampled_from([2, 3]), **geometry)
@settings(max_examples=50)
def test_several_filters_to_a_channel_equal_the_reference(
    channels, multiplier, kernel, stride, dilation, padding, threads, batch, height, width
) -> None:
    filters = channels * multiplier
    layer = L.Conv2D(filters, kernel, stride=stride, dilation=dilation, padding=padding, groups=channels)
    check_on(threads, layer, batch, height, width, channels)


@given(
    groups=st.sampled_from([2, 3, 7, 9]),
    members=st.sampled_from([2, 4]),
    **geometry,
)
@settings(max_examples=50)
def test_small_groups_equal_the_reference(
    groups, members, kernel, stride, dilation, padding, threads, batch, height, width
) -> None:
    layer = L.Conv2D(groups * members, kernel, stride=stride, dilation=dilation, padding=padding, groups=groups)
    check_on(threads, layer, batch, height, width, groups * members)


@pytest.mark.parametrize(
    ("kernel", "padding", "height", "width"),
    [(3, 1, 1, 1), (7, 3, 1, 1), (9, 4, 3, 2), (5, 4, 1, 30), (1, 0, 4, 40), (3, 4, 2, 3), (3, "same", 33, 35)],
)
@pytest.mark.parametrize("force", [choice.DIRECT, choice.CHANNELWISE])
def test_images_smaller_and_larger_than_the_kernel(force, kernel, padding, height, width) -> None:
    with choice.forced(force):
        check(L.Conv2D(LANES + 5, kernel, padding=padding, groups=LANES + 5), 2, height, width, LANES + 5, 1e-5)


def case(channels: int, filters: int, groups: int) -> Conv:
    return Conv(1, 8, 8, channels, 8, 8, filters, (3, 3), (1, 1), (1, 1), 1, 1, groups)


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (case(7, 7, 7), choice.CHANNELWISE),
        (case(LANES, 2 * LANES, LANES), choice.CHANNELWISE),
        (case(LANES, LANES, LANES // 2), choice.CHANNELWISE),
        (case(6, 18, 6), choice.DIRECT),  # vectors would hold parts of groups
        (case(8, 4, 4), choice.DIRECT),
        (case(2 * LANES, 2 * LANES, 2), choice.DIRECT),  # a group fills a vector
        (case(1, 4, 1), choice.DIRECT),
    ],
)
def test_small_groups_are_computed_channelwise(layer: Conv, name: str) -> None:
    assert choice.choose(layer) == name


def separable_network(groups: int) -> Network:
    net = Network((9, 11, 20))
    net.add(L.Conv2D(20, 3, stride=2, padding=1, groups=groups, bias=False), "conv")
    net.add(L.BatchNorm(), "bn")
    net.add(L.ReLU(), "relu")
    net.add(L.Conv2D(20, 3, padding=1, groups=groups), "again")
    net.add(L.Add(), "sum", ["again", "relu"])
    net.add(L.ReLU(), "end")
    return net


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("groups", [20, 10])
def test_norm_sum_and_relu_in_the_same_step_equal_the_oracle(training, groups) -> None:
    net = separable_network(groups)
    model, random = Model(net, seed=3), np.random.default_rng(3)
    for name in ("weight", "bias", "running_mean", "running_var"):
        model.weights[f"bn.{name}"] = random.uniform(0.5, 1.5, 20)
    x = random.standard_normal((3, *net.input)).astype(np.float32)
    weights = {name: array.astype(np.float64) for name, array in model.weights.items()}
    expected = run(net, weights, x.astype(np.float64), training)["end"]
    assert channelwise.slide in {call.kernel for call in model.plan(3, "inference")._bindings[0].forward_calls}
    assert relative_error(model.forward(x, training=training), expected) <= 1e-5
    if not training:
        assert relative_error(model.predict(x), expected) <= 1e-5


@pytest.mark.parametrize("threads", [1, 2])
def test_repeats_are_bit_identical(threads, monkeypatch) -> None:
    monkeypatch.setattr(CpuBackend, "threads_for", lambda self, macs, values: threads)

    def results() -> list[np.ndarray]:
        model = Model(separable_network(20), seed=4)
        x = np.random.default_rng(4).standard_normal((5, 9, 11, 20)).astype(np.float32)
        y = model.forward(x, training=True)
        dx = model.backward(y)
        return [y, dx, *(model.gradients[name].copy() for name in model.gradients)]

    assert all(np.array_equal(a, b) for a, b in zip(results(), results()))

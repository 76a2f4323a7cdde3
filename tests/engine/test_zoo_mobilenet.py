"""The compact MobileNet: what it costs, worked out by hand, and gradients through all of it."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine import Model, zoo
from tests.oracles.layers import run


def test_each_block_has_the_figures_of_depthwise_separable_convolution() -> None:
    rows = {row.name: row for row in zoo.mobilenet_mini().summary().rows}
    assert (rows["conv1"].params, rows["conv1"].macs) == (3 * 3 * 3 * 32, 32 * 32 * 3 * 3 * 3 * 32)
    blocks = [(32, 32, 64), (64, 16, 128), (128, 16, 128), (128, 8, 256), (256, 8, 256)]
    for number, (channels, size, filters) in enumerate(blocks, start=1):
        depthwise, pointwise = rows[f"b{number}_conv_depthwise"], rows[f"b{number}_conv_pointwise"]
        assert depthwise.output == (size, size, channels)
        assert (depthwise.params, depthwise.macs) == (9 * channels, size * size * 9 * channels)
        assert (pointwise.params, pointwise.macs) == (channels * filters, size * size * channels * filters)
    assert (rows["scores"].params, rows["scores"].macs) == (2_570, 2_560)


@pytest.mark.parametrize("training", [False, True])
def test_gradients_of_the_whole_network_equal_central_differences_of_the_oracle(training: bool) -> None:
    """With biases of 0, a channel that a ReLU has shut would meet the next ReLU exactly at its kink."""
    net = zoo.mobilenet_mini((8, 8, 3), classes=4)
    model, random = Model(net, seed=2), np.random.default_rng(2)
    for name, array in model.weights.items():
        if name.endswith(".bias"):
            array[...] = random.uniform(-0.2, 0.2, array.shape)
    x = random.standard_normal((3, *net.input)).astype(np.float32)
    model.forward(x, training=training)
    seed = random.standard_normal((3, 4))
    dx = model.backward(seed)
    gradients = model.gradients if training else {"input": dx, **model.gradients}
    arrays = {"input": x.astype(np.float64), **{k: w.astype(np.float64) for k, w in model.weights.items()}}

    def loss(name: str, change: np.ndarray) -> float:
        at = {**arrays, name: arrays[name] + change}
        return float((run(net, at, at["input"], training)[net.output] * seed).sum())

    for name, gradient in gradients.items():
        got = gradient.astype(np.float64)
        step = 1e-6 * got / np.linalg.norm(got)
        slope = (loss(name, step) - loss(name, -step)) / 2e-6
        assert slope == pytest.approx(np.linalg.norm(got), rel=1e-4, abs=1e-6), name

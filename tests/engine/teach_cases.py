"""Small convolutions that hypothesis draws, and the network of one layer that judges their pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.spec import Layer


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """An image (H, W, C), filters (R, S, C/groups, K), and the geometry, of a convolution with at least one output."""
    groups, channels, filters = (draw(st.integers(1, 2)) for _ in range(3))
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    sides = [draw(st.integers((k - 1) * d + 1, 7)) for k, d in zip(kernel, dilation)]
    padding = draw(st.sampled_from(["same", "valid"]) | st.tuples(*[st.integers(0, 3)] * 4))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    image = random.standard_normal((*sides, channels * groups))
    weights = random.standard_normal((*kernel, channels, filters * groups))
    return image, weights, {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def one_layer(layer: Layer, shape: tuple[int, ...], weights: np.ndarray | None = None) -> Model:
    """A network of this layer alone."""
    net = Network(shape)
    net.add(layer, "layer")
    model = Model(net)
    if weights is not None:
        model.weights["layer.weight"] = weights
    return model


def convolution(image: np.ndarray, weights: np.ndarray, geometry: dict[str, Any]) -> Model:
    rows, columns, _, filters = weights.shape
    return one_layer(L.Conv2D(filters, (rows, columns), bias=False, **geometry), image.shape, weights)

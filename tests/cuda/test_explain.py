"""Methods that take gradients back to pixels, by each rule, or to a layer, give on a GPU what they do on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convscope.engine import Model, Network, explain
from convscope.engine import layers as L

from .pairs import gap, pair


@pytest.fixture(scope="module")
def models() -> tuple[Model, Model]:
    net = Network((2, 2, 1))
    net.add(L.BatchNorm(), "norm")
    net.add(L.ReLU(), "relu")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(2), "scores")
    found = pair(net)
    for model in found:  # half of an image is to pass the ReLU, and some of what comes back
        model.weights["norm.running_mean"], model.weights["norm.weight"] = [0.5], [1]
        model.weights["norm.bias"], model.weights["scores.weight"] = [0.1], np.arange(-2, 6).reshape(4, 2)
    return found


@pytest.mark.parametrize(
    ("method", "asked"),
    [("guided_backprop", {"target": 1}), ("deconvnet", {"layer": "relu", "unit": 0}),
     ("grad_cam", {"layer": "relu", "target": 1, "positive": "signed"})],
)  # fmt: skip
def test_a_method_gives_what_it_gives_on_the_cpu(models: tuple[Model, Model], method: str, asked: Any) -> None:
    image = np.array([[[40], [190]], [[230], [90]]], np.uint8)
    expected, found = (getattr(explain, method)(model, image, **asked).array for model in models)
    assert gap(found.astype(np.float64), expected.astype(np.float64)) <= 1e-5
    assert np.abs(expected).max() > 0

"""Every example of every layer type against the float64 oracle, forward and backward, at inference and in training.

A new layer type is tested by being declared: it needs examples and an oracle, nothing here.
"""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.graph.examples import network_of
from convscope.engine.spec import Example
from tests.oracles.differences import gradient, relative_error
from tests.oracles.layers import ORACLES, run

BATCH = 3
TOLERANCE = 1e-5
RANDOM = {"Dropout": "test_layers_dropout.py", "DropConnect": "test_layers_drop_connect.py"}
CASES = [(name, i, example) for name, kind in L.TYPES.items() for i, example in enumerate(kind.examples())]


def random_model(net: Network, seed: int = 3) -> Model:
    model = Model(net, seed=seed)
    random = np.random.default_rng(seed)
    for name, array in model.weights.items():
        model.weights[name] = (
            random.uniform(0.5, 2, array.shape) if "var" in name else random.standard_normal(array.shape)
        )
    return model


def poison(model: Model, batch: int, mode: str) -> None:
    """Fill everything the plan will write with NaN, so that a value never written is seen."""
    plan = model.plan(batch, mode)
    for name in plan.schedule.spans:
        plan._buffers.array(name, "uint8")[...] = 0xFF
    for area in plan._scratch.values():
        area[...] = 0xFF
    model.flat_gradients[...] = np.nan


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize(("name", "index", "example"), CASES, ids=[f"{name}-{i}" for name, i, _ in CASES])
def test_layer_equals_its_oracle_forward_and_backward(name: str, index: int, example: Example, training: bool) -> None:
    if training and name in RANDOM and example.layer.rate:
        pytest.skip(f"random in training; tested in {RANDOM[name]}")
    net = network_of(example)
    model = random_model(net)
    random = np.random.default_rng(7)
    x = random.standard_normal((BATCH, *net.input)).astype(np.float32)
    weights = {key: array.astype(np.float64) for key, array in model.weights.items()}
    x64 = x.astype(np.float64)

    poison(model, BATCH, "training" if training else "gradient")
    y = model.forward(x, training=training)
    seed = random.standard_normal(y.shape)
    dx = model.backward(seed)

    assert relative_error(y, run(net, weights, x64, training)["layer"]) <= TOLERANCE

    def loss() -> float:
        return float((run(net, weights, x64, training)["layer"] * seed).sum())

    if not training:
        assert relative_error(dx, gradient(loss, x64)) <= TOLERANCE
    # Sources in front of the layer carry the input's gradient in training, where the image's own is not computed.
    for key in model.gradients:
        expected = gradient(loss, weights[key])
        scale = max(np.linalg.norm(expected), 0.1 * np.linalg.norm(seed))  # a bias before batch norm has none
        assert np.linalg.norm(model.gradients[key] - expected) <= TOLERANCE * scale, key


@pytest.mark.parametrize("name", sorted(L.TYPES))
def test_layer_type_has_examples_and_an_oracle(name: str) -> None:
    assert L.TYPES[name].examples()
    assert name in ORACLES

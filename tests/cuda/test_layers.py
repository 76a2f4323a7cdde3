"""Examples of every layer type on the simulated GPU: forward by the float64 oracle, gradients by the CPU's kernels.

Those are judged by oracles and central differences in tests/engine/test_layers_conformance.py. A new layer type is
tested by being declared. Simulated multiply-adds are slow, so that examples with many are left out, unless a type would
be without any.
"""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine import layers as L
from convscope.engine.spec import Example
from tests.engine.test_layers_conformance import RANDOM, TOLERANCE, network_of
from tests.oracles.layers import run

from .pairs import gap, pair, poison

BATCH = 2
MOST_MACS = 1500  # of an image


def macs(example: Example) -> int:
    """Multiply-adds of an image in the example's network."""
    return int(network_of(example).summary().totals.macs)


def cases() -> list[tuple[str, Example]]:
    """The cheap examples of each type, or the cheapest one."""
    found = []
    for name, kind in L.TYPES.items():
        costs = {i: macs(example) for i, example in enumerate(kind.examples())}
        cheap = [i for i, cost in costs.items() if cost <= MOST_MACS] or [min(costs, key=lambda i: costs[i])]
        found += [(f"{name}-{i}", kind.examples()[i]) for i in cheap]
    return found


CASES = cases()


@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize(("name", "example"), CASES, ids=[name for name, _ in CASES])
def test_layer_on_the_gpu_equals_oracle_and_cpu(name: str, example: Example, training: bool) -> None:
    if training and name.partition("-")[0] in RANDOM and example.layer.rate:
        pytest.skip("random in training; see test_random.py")
    if training and not example.layer.differs_in_training:
        pytest.skip("the same as at inference")
    net = network_of(example)
    cpu, gpu = pair(net)
    random = np.random.default_rng(7)
    x = random.standard_normal((BATCH, *net.input)).astype(np.float32)
    weights = {key: array.astype(np.float64) for key, array in cpu.weights.items()}

    poison(gpu, BATCH, "training" if training else "gradient")
    y = gpu.forward(x, training=training)
    expected = cpu.forward(x, training=training)
    seed = random.standard_normal(y.shape)
    dx, expected_dx = gpu.backward(seed), cpu.backward(seed)

    assert gap(y, run(net, weights, x.astype(np.float64), training)["layer"]) <= TOLERANCE
    assert gap(y, expected) <= TOLERANCE
    assert gap(dx, expected_dx) <= TOLERANCE
    for key in cpu.gradients:  # a bias before batch norm has none
        assert gap(gpu.gradients[key], cpu.gradients[key], 0.1 * float(np.linalg.norm(seed))) <= TOLERANCE, key
    for key in cpu.weights:
        np.testing.assert_allclose(gpu.weights[key], cpu.weights[key], rtol=TOLERANCE, err_msg=key)

"""What is drawn at random is the same on every device, to the bit."""

import numpy as np
import pytest

from convscope.engine import Network
from convscope.engine import layers as L

from .pairs import gap, pair

pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # a hash wraps around


def test_dropout_drops_the_very_values_that_it_drops_on_the_cpu() -> None:
    net = Network((3, 5, 2))
    net.add(L.Dropout(0.4), "drop")
    cpu, gpu = pair(net)
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 2)).astype(np.float32)
    for step in (0, 7):
        plans = [model.plan(2, "training") for model in (cpu, gpu)]
        for plan in plans:
            plan.input[...] = x
        expected, found = (plan.forward(step=step) for plan in plans)
        assert np.array_equal(found, expected)
        assert 0 < np.count_nonzero(found) < found.size


@pytest.mark.parametrize("bias", [True, False])
def test_drop_connect_drops_the_very_weights_that_it_drops_on_the_cpu(bias: bool) -> None:
    net = Network((1, 1, 5))
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(4), "first")
    net.add(L.DropConnect(7, bias=bias), "drop")
    cpu, gpu = pair(net)
    random = np.random.default_rng(0)
    x, seed = random.standard_normal((3, 1, 1, 5)).astype(np.float32), random.standard_normal((3, 7))
    assert gap(gpu.forward(x, training=True), cpu.forward(x, training=True)) <= 1e-6
    cpu.backward(seed)
    gpu.backward(seed)
    for name in cpu.gradients:
        assert gap(gpu.gradients[name], cpu.gradients[name]) <= 1e-6, name

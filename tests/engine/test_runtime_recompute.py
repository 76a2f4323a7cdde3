"""Training with activations that are computed again: the same bits from less memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from convscope.engine import Model, Network, zoo
from convscope.engine import layers as L
from convscope.engine.graph.schedule import build
from convscope.engine.graph.segments import Clock

from .random_networks import networks


def trained_once(network: Network, recompute: bool) -> list[bytes]:
    """Output, gradients and running statistics of one pass from buffers full of NaN."""
    model = Model(network, seed=1)
    model.recompute = recompute
    plan = model.plan(3, "training")
    plan._buffers.arena[:] = 0xFF
    x = np.random.default_rng(0).standard_normal((3, *network.input)).astype(np.float32)
    y = model.forward(x, training=True)
    model.backward(np.random.default_rng(1).standard_normal(y.shape))
    return [y.tobytes(), model.flat_gradients.tobytes(), *(array.tobytes() for array in model.weights.values())]


@given(networks())
def test_activations_computed_again_give_the_same_bits(network: Network) -> None:
    assert trained_once(network, recompute=False) == trained_once(network, recompute=True)


@pytest.mark.parametrize("name", ["resnet20_cifar", "vgg_mini"])
def test_architectures_give_the_same_bits(name: str) -> None:
    network = zoo.build(name)
    assert trained_once(network, recompute=False) == trained_once(network, recompute=True)


def test_a_deep_chain_takes_a_third_of_its_memory() -> None:
    net = Network((8, 8, 4))
    for _ in range(64):
        net.add(L.Conv2D(4, 3, padding=1))
        net.add(L.Tanh())
    plain, again = (build(net, 4, "training", recompute=recompute).arena_bytes for recompute in (False, True))
    assert again <= plain / 3


def test_what_needs_no_saving_is_not_computed_again() -> None:
    net = Network((4, 4, 1))
    net.add(L.Conv2D(1, 3), "conv")
    assert build(net, 1, "training", recompute=True).again == frozenset()


def test_the_clock_puts_each_segment_again_before_its_backward_pass() -> None:
    clock = Clock(5, (0, 2, 4))
    moments = {clock.again(t): f"again {t}" for t in range(4)} | {clock.backward(t): f"back {t}" for t in range(5)}
    order = [moments[moment] for moment in sorted(moments)]
    assert order == ["back 4", "again 2", "again 3", "back 3", "back 2", "again 0", "again 1", "back 1", "back 0"]
    assert min(moments) > clock.backward(5) == 5
    assert clock.end == max(moments) + 1

"""Measured times name every layer that computes, and leave nothing of the network out."""

from __future__ import annotations

import pytest

from convscope.engine import ConvscopeError, Network, NetworkError
from convscope.engine import layers as L
from convscope.engine.runtime.timing import measure


def network() -> Network:
    """Branches, batch norm that is computed with a convolution otherwise, and layers that only rename."""
    net = Network((6, 6, 3), "timed")
    net.add(L.Conv2D(4, 3, padding=1), "conv")
    net.add(L.BatchNorm(), "bn")
    net.add(L.ReLU(), "relu")
    net.add(L.Add(), "sum", ["relu", "conv"])
    net.add(L.MaxPool2D(2), "pool")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(3), "scores")
    return net


def test_every_layer_that_computes_has_its_times() -> None:
    net = network()
    found = measure(net, batch=2)
    assert set(found.layers) == set(net.nodes) - {"flat"}
    assert all(times.forward_ms > 0 for times in found.layers.values())
    assert all(found.layers[name].backward_ms > 0 for name in ("bn", "relu", "sum", "pool", "scores"))
    assert found.inference_ms > 0
    assert found.training_ms > 0
    assert found.device == "cpu"
    assert found.threads >= 1
    costs = net.summary(2).with_measured(found)
    assert costs.totals.forward_ms == pytest.approx(sum(times.forward_ms for times in found.layers.values()))


def test_a_network_that_cannot_run_is_refused() -> None:
    net = Network((4, 4, 1))
    net.add(L.Dense(3), "scores")
    with pytest.raises(NetworkError, match="scores"):
        measure(net)
    huge = Network((64, 64, 3))
    huge.add(L.Conv2D(1_000_000_000, 3), "huge")
    with pytest.raises(ConvscopeError, match="are free; use fewer filters"):
        measure(huge)

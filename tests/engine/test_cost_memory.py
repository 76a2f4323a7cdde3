"""Planned memory, part by part, is what plans and models really allocate, byte for byte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.engine import Network, zoo
from convscope.engine import layers as L
from convscope.engine.cost.memory import holdings
from convscope.engine.cost.recomputing import with_and_without
from convscope.engine.graph.schedule import build
from convscope.engine.runtime.backend import backend
from convscope.engine.runtime.plan import Plan
from convscope.engine.runtime.weights import WeightStore

from .random_networks import networks

SMALL = {name: entry for name, entry in zoo.ARCHITECTURES.items() if entry.compact}


def check_bytes(network: Network, batch: int) -> None:
    """Arena, weights, gradients and the mask of weight decay against the arrays that hold them."""
    totals, cpu = network.summary(batch).totals, backend("cpu")
    store = WeightStore(network, 0, cpu, filled=False)
    tracked = sum(array.nbytes for name, array in store.weights.items() if name not in store.gradients)
    for memory, mode in ((totals.inference, "inference"), (totals.training, "training")):
        plan = Plan(network, store, cpu, batch, mode)
        scratch = sum(area.nbytes for area in plan._scratch.values())
        assert memory.activations == plan.nbytes - scratch == plan._buffers.arena.nbytes
        assert memory.weights == store.flat_weights.nbytes + tracked
    assert totals.inference.total == totals.inference_bytes
    assert totals.training.gradients == store.flat_gradients_buffer.nbytes
    assert totals.training.optimizer == store.decay_mask.nbytes + np.zeros_like(store.flat_weights).nbytes
    parts = (totals.training.weights, totals.training.gradients, totals.training.optimizer)
    assert totals.training_bytes == sum(parts) + plan._buffers.arena.nbytes


@pytest.mark.parametrize("name", SMALL)
def test_planned_memory_of_compact_architectures_is_what_is_allocated(name: str) -> None:
    check_bytes(zoo.build(name), 3)


@settings(max_examples=25)
@given(networks(), st.integers(1, 3))
def test_planned_memory_of_random_networks_is_what_is_allocated(network: Network, batch: int) -> None:
    check_bytes(network, batch)


@settings(max_examples=25)
@given(networks(), st.integers(1, 3))
def test_what_waits_for_backward_lies_in_the_block_side_by_side(network: Network, batch: int) -> None:
    schedule, training = build(network, batch, "training"), network.summary(batch).totals.training
    assert training.kept >= sum(held.kept for held in holdings(schedule).values())
    assert training.kept + training.passing == schedule.arena_bytes
    assert training.passing >= 0


def test_kept_is_what_backward_reads_again() -> None:
    net = Network((8, 8, 1))
    net.add(L.Conv2D(4, 3), "conv")  # its output is read again by batch norm
    net.add(L.BatchNorm(), "bn")  # joined with the ReLU, whose output tells where to stop the gradient
    net.add(L.ReLU(), "relu")
    net.add(L.MaxPool2D(2), "pool")  # keeps switches, a byte each, and what the dense layer reads again
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(3), "scores")
    held = holdings(build(net, 2, "training"))
    values, statistics, switches = 6 * 6 * 4 * 4, 4 * 4, 3 * 3 * 4
    assert held["conv"].kept == 2 * values
    assert held["relu"].kept == 2 * statistics
    assert held["pool"].kept == 2 * (3 * 3 * 4 * 4 + switches)
    assert held["input"].kept == 2 * 8 * 8 * 4
    assert held["scores"].kept == 2 * 3 * 4
    assert "bn" not in held
    rows = {row.name: (row.kept_bytes, row.gradient_bytes) for row in net.summary(2).rows}
    assert rows["bn"] == (0, 0)
    assert rows["relu"][1] == 2 * values
    assert rows["conv"] == (2 * values, 0)  # its gradient is written over that of the norm's output


def test_an_optimiser_with_two_numbers_a_weight_takes_them() -> None:
    net = zoo.lenet5()
    one, two = (net.summary(4, optimizer_arrays=count).totals.training for count in (1, 2))
    assert two.optimizer - one.optimizer == one.gradients
    assert two.activations == one.activations


def test_computing_activations_again_is_weighed_against_keeping_them() -> None:
    network = zoo.build("resnet20_cifar")
    kept, again = with_and_without(network, 8, optimizer_arrays=2)
    assert kept.total == network.summary(8, optimizer_arrays=2).totals.training_bytes
    assert again.total < kept.total / 1.5
    assert (again.weights, again.gradients, again.optimizer) == (kept.weights, kept.gradients, kept.optimizer)

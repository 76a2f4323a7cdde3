"""How long each layer of a network takes on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..cost.measured import Measured, Times
from ..graph import Network
from ..graph.step import Mode
from . import backend as backends
from .binding import Call
from .compute import exclusive
from .plan import Plan
from .weights import WeightStore

_SECONDS, _FEWEST, _MOST = 0.5, 3, 50  # time for each plan, and how often it is run at least and at most


def measure(network: Network, batch: int = 1, device: str = "cpu") -> Measured:
    """Run a network on random images, layer by layer and whole, and take the least time of each.

    The layers' times are those of a training step in which every layer is computed by itself. Sums of the gradients
    that several branches send back belong to no layer and are not among them. NetworkError lists the problems of a
    network that cannot run; ConvscopeError says how much memory is missing.
    """
    network.check()
    backend = backends.backend(device)
    store = WeightStore(network, 0, backend)

    def plan(mode: Mode, fused: bool = True) -> Plan:
        made = Plan(network, store, backend, batch, mode, fused=fused)
        made.input[...] = np.random.default_rng(0).standard_normal(made.input.shape, np.float32)
        made.forward()
        return made

    with exclusive:  # one plan after the other: each goes before the next one comes
        layers = _layer_times(plan("training", fused=False))
        training_ms, training_workspace = _whole(plan("training"), _step)
        inference_ms, inference_workspace = _whole(plan("inference"), Plan.forward)
    return Measured(
        device, backend.threads(), layers, inference_ms, training_ms, inference_workspace, training_workspace
    )


def _whole(plan: Plan, run: Callable[[Plan], object]) -> tuple[float, int]:
    """A plan's least time, and its workspace."""
    return _least(lambda: run(plan)), plan.workspace_bytes


def _step(plan: Plan) -> None:
    """Forward and backward, without loss and update."""
    plan.forward()
    _seed(plan)
    plan.backward(plan.network.output)
    plan.finish()


def _seed(plan: Plan) -> None:
    plan.seed(plan.network.output)[...] = 1


def _least(run: Callable[[], object]) -> float:
    """Milliseconds of the quickest of several runs."""
    taken: list[float] = []
    while len(taken) < _FEWEST or (sum(taken) < _SECONDS and len(taken) < _MOST):
        taken.append(_timed(run))
    return 1000 * min(taken)


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _layer_times(plan: Plan) -> Mapping[str, Times]:
    """Each layer's least times while a training step runs through all of them, forward and then back."""
    names = [step.name for step in plan.schedule.steps]
    calls = {name: plan.calls(name) for name in names}
    forward, backward = dict.fromkeys(names, np.inf), dict.fromkeys(names, np.inf)

    def step() -> None:
        for name in names:
            forward[name] = min(forward[name], _of_calls(plan, calls[name]["forward"]))
        _seed(plan)
        for name in reversed(names):
            own = (*calls[name]["weights"], *calls[name]["input"])
            backward[name] = min(backward[name], _of_calls(plan, own))

    _least(step)
    return {name: Times(1000 * forward[name], 1000 * backward[name]) for name in names}


def _of_calls(plan: Plan, calls: Sequence[Call]) -> float:
    start = time.perf_counter()
    for call in calls:
        call()
    plan.finish()
    return time.perf_counter() - start

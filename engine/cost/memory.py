"""What a network takes of memory to predict and to train, part by part, and which layer's buffers take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..graph import Network
from ..graph.arena import aligned
from ..graph.schedule import Schedule
from ..graph.step import FLOAT_BYTES
from ..spec import size


@dataclass(frozen=True)
class Memory:
    """Bytes for one batch. All are exact: what is allocated.

    `weights` are parameters and running statistics, `gradients` those of the parameters, `optimizer` its arrays and the
    mask of weight decay. Activations share one block: `kept` are those that wait for the backward pass, with what
    layers save for it, and `passing` the most that is needed beside them. For inference that is all the block.
    `workspace` is what kernels need for themselves and the copies of weights they make, known once a plan was made.
    """

    weights: int
    gradients: int
    optimizer: int
    kept: int
    passing: int
    workspace: int | None = None

    @property
    def activations(self) -> int:
        """The block that all values, their gradients and what layers save share."""
        return self.kept + self.passing

    @property
    def total(self) -> int:
        """All but the workspace."""
        return self.weights + self.gradients + self.optimizer + self.activations


@dataclass(frozen=True)
class Holding:
    """Bytes of training's buffers that belong to one layer's output."""

    kept: int = 0
    gradient: int = 0


def memory(network: Network, schedule: Schedule, optimizer_arrays: int) -> Memory:
    """What a schedule's plan takes; for training, with an optimiser that keeps so many numbers for each weight."""
    learned, tracked = _stored(network)
    if schedule.mode == "inference":
        return Memory(learned + tracked, 0, 0, 0, schedule.arena_bytes)
    waiting = sum(aligned(schedule.lives[key][0]) for key in _waiting(schedule))
    return Memory(
        weights=learned + tracked,
        gradients=learned,
        optimizer=(optimizer_arrays + 1) * learned,
        kept=waiting,
        passing=schedule.arena_bytes - waiting,
    )


def holdings(schedule: Schedule) -> Mapping[str, Holding]:
    """What training holds for each layer's output. Layers computed together hold it under the last one's name.

    A gradient that lies in another one's place takes no memory of its own.
    """
    ends = {step.name: step.value for step in schedule.steps}
    kept: dict[str, int] = {}
    for key in _waiting(schedule):
        kind, _, name = key.partition(":")
        owner = ends[name.rpartition(".")[0]] if kind == "saved" else name
        kept[owner] = kept.get(owner, 0) + schedule.lives[key][0]
    gradients: dict[str, int] = {}
    for key, (nbytes, _, _) in schedule.lives.items():
        kind, _, name = key.partition(":")
        if kind in ("grad", "part"):
            owner = name.partition(">")[0]
            gradients[owner] = gradients.get(owner, 0) + nbytes
    return {name: Holding(kept.get(name, 0), gradients.get(name, 0)) for name in {**kept, **gradients}}


def _waiting(schedule: Schedule) -> list[str]:
    """Buffers that are filled before backward begins and read after."""
    turn = schedule.clock.steps
    return [key for key, (_, first, last) in schedule.lives.items() if first < turn <= last]


def _stored(network: Network) -> tuple[int, int]:
    """Bytes of all weights that learn, each on a cache line of its own, and of those that are tracked."""
    declared = network.weights().values()
    learned = sum(aligned(size(w.shape) * FLOAT_BYTES) for w in declared if w.trainable)
    return learned, sum(size(w.shape) * FLOAT_BYTES for w in declared if not w.trainable)

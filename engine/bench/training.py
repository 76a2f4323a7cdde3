"""Whole training steps, and what else counts in training: the same bits again, a quick start, little memory."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import fresh
from .cases import NetworkCase
from .comparison import Row, Tick, compare, document, opened
from .fresh import Fresh
from .peers import Peer
from .rounds import Effort


@dataclass(frozen=True)
class Repeat:
    """Whether two training runs of one seed ended with the same bits."""

    network: str
    batch: int
    bit_identical: bool


@dataclass(frozen=True)
class TrainingResult:
    """Rows by network and peer, a repeat for each network, fresh processes by network and side."""

    threads: int
    rows: tuple[Row, ...]
    repeats: tuple[Repeat, ...]
    fresh: tuple[Fresh, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            **document(self.rows),
            "repeats": [dataclasses.asdict(repeat) for repeat in self.repeats],
            "fresh": [dataclasses.asdict(figures) for figures in self.fresh],
        }


def units(cases: Sequence[NetworkCase], effort: Effort) -> int:
    """How often `measure` ticks."""
    return len(cases) * (effort.rounds + 2)


def measure(
    cases: Sequence[NetworkCase], peers: Sequence[Peer], effort: Effort, tick: Tick, cold: bool = False
) -> TrainingResult:
    """Images a second of training, against each peer's fastest configuration; then fresh processes, one by one.

    `cold` adds a fresh process of ours with an empty kernel cache.
    """
    rows: list[Row] = []
    notes: list[str] = []
    repeats: list[Repeat] = []
    with opened(peers, effort) as sides:
        for case in cases:
            found, left_out = compare(case, "training", sides, effort, tick)
            rows += found
            notes += left_out
            repeats.append(Repeat(case.name, case.batch, sides.ours.ask("repeats", case)))
            tick(f"{case.name}, the same seed again")
    started: list[Fresh] = []
    for case in cases:
        started += [fresh.ours(case, sides.threads, cold=True)] if cold else []
        started.append(fresh.ours(case, sides.threads))
        for peer in peers:
            started.append(_of_peer(case, peer, rows, sides.threads))
        tick(f"{case.name}, new processes")
    return TrainingResult(sides.threads, tuple(rows), tuple(repeats), tuple(started), tuple(notes))


def _of_peer(case: NetworkCase, peer: Peer, rows: Sequence[Row], threads: int) -> Fresh:
    """A fresh process of a peer in its fastest configuration."""
    here = (case.name, case.batch, peer.name)
    row = next(row for row in rows if (row.network, row.batch, row.peer) == here)
    return fresh.peer(case, peer, (threads, row.peer_configuration))

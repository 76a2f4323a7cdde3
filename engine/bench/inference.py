"""Predictions a second, a single image and a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .cases import NetworkCase
from .comparison import Row, Tick, compare, document, opened
from .peers import Peer
from .rounds import Effort


@dataclass(frozen=True)
class InferenceResult:
    """Rows by network, batch and peer."""

    threads: int
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return document(self.rows)


def units(cases: Sequence[NetworkCase], effort: Effort) -> int:
    """How often `measure` ticks."""
    return len(cases) * effort.rounds


def measure(cases: Sequence[NetworkCase], peers: Sequence[Peer], effort: Effort, tick: Tick) -> InferenceResult:
    """Images a second of inference, against each peer's fastest configuration."""
    rows: list[Row] = []
    notes: list[str] = []
    with opened(peers, effort) as sides:
        for case in cases:
            found, left_out = compare(case, "inference", sides, effort, tick)
            rows += found
            notes += left_out
        return InferenceResult(sides.threads, tuple(rows), tuple(notes))

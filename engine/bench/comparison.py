"""Networks compared: our step and every peer's, in turns, after their outputs were found to agree."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from .agreement import NETWORK_TOLERANCE, agreed
from .others import Others
from .party import Party, Ready
from .peers import Peer
from .rounds import Effort, Taken, alternate, best, geometric_mean, ratios

OURS = "convscope"
Subject = Literal["training", "inference", "explaining"]
Tick = Callable[[str], None]
"""Told what is being measured after every piece of progress."""


class Comparable(Protocol):
    """What is measured: something that works on so many images at a time."""

    @property
    def name(self) -> str: ...
    @property
    def batch(self) -> int: ...


@dataclass(frozen=True)
class Row:
    """One network (or explanation of one image), batch and peer.

    Peer figures are those of its fastest configuration, None without a peer.
    `others_share` is the part of the processor that other programs used meanwhile. `ratio` is the median over rounds of
    the peer's time against ours in the same round; single rounds lie between `ratio_low` and `ratio_high`.
    `peer_configurations` holds images a second of each, `relative_error` the largest difference of their outputs from
    ours.
    """

    network: str
    batch: int
    ours_images_per_second: float
    others_share: float
    peer: str | None = None
    peer_images_per_second: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    peer_configuration: str | None = None
    peer_configurations: Mapping[str, float] | None = None
    relative_error: float | None = None


@dataclass(frozen=True)
class Sides:
    """The processes of a comparison, the threads that each computes with, and a watch on all other programs."""

    ours: Party
    peers: Mapping[str, Party]
    threads: int
    others: Others


@contextmanager
def opened(peers: Sequence[Peer], effort: Effort) -> Iterator[Sides]:
    """Start a process for each side; they end with the context."""
    with ExitStack() as stack:
        ours = stack.enter_context(Party("Convscope", f"{__package__}.ours"))
        others = {peer.name: stack.enter_context(Party(peer.title, peer.module)) for peer in peers}
        watch = Others(party.process for party in (ours, *others.values()))
        yield Sides(ours, others, ours.ask("threads", effort.threads), watch)


def compare(
    case: Comparable, subject: Subject, sides: Sides, effort: Effort, tick: Tick, tolerance: float = NETWORK_TOLERANCE
) -> tuple[list[Row], tuple[str, ...]]:
    """A row for each peer, or one of ours alone; and notes on what was left out. `tolerance`: of outputs, relative."""
    mine: Ready = sides.ours.ask(f"prepare_{subject}", case)
    [(step, output)] = mine.results.items()
    weights = sides.ours.ask("weights")
    ready: dict[str, Ready] = {
        name: party.ask(f"prepare_{subject}", case, weights, sides.threads) for name, party in sides.peers.items()
    }
    errors = {
        name: max(
            agreed(result, output, f"{sides.peers[name].title} ({configuration})", tolerance)
            for configuration, result in answer.results.items()
        )
        for name, answer in ready.items()
    }
    measures = {OURS: sides.ours.measure(step)}
    for name, answer in ready.items():
        measures |= {f"{name} {c}": sides.peers[name].measure(c) for c in answer.results}
    taken = alternate(measures, effort, lambda: tick(f"{case.name}, batch {case.batch}"), sides.others.share)
    rows = [_row(case, name, tuple(answer.results), taken, errors[name]) for name, answer in ready.items()]
    notes = tuple(f"{case.name}, batch {case.batch}: {note}" for answer in ready.values() for note in answer.notes)
    return rows or [Row(case.name, case.batch, _rate(case, taken.seconds[OURS]), taken.others)], notes


def _rate(case: Comparable, seconds: Sequence[float]) -> float:
    return case.batch / statistics.median(seconds)


def _row(case: Comparable, peer: str, configurations: Sequence[str], taken: Taken, error: float) -> Row:
    """Our figures beside those of the peer's fastest configuration."""
    ours = taken.seconds[OURS]
    theirs = {configuration: taken.seconds[f"{peer} {configuration}"] for configuration in configurations}
    fastest = best(theirs, configurations)
    pairs = ratios(theirs[fastest], ours)
    return Row(
        network=case.name,
        batch=case.batch,
        ours_images_per_second=_rate(case, ours),
        others_share=taken.others,
        peer=peer,
        peer_images_per_second=_rate(case, theirs[fastest]),
        ratio=statistics.median(pairs),
        ratio_low=min(pairs),
        ratio_high=max(pairs),
        peer_configuration=fastest,
        peer_configurations={configuration: _rate(case, theirs[configuration]) for configuration in configurations},
        relative_error=error,
    )


def means(rows: Sequence[Row]) -> dict[str, float | None]:
    """The geometric mean of the ratios to each peer."""
    names = dict.fromkeys(row.peer for row in rows if row.peer)
    return {name: geometric_mean(row.ratio for row in rows if row.peer == name) for name in names}


def document(rows: Sequence[Row]) -> dict[str, Any]:
    """The JSON form: rows, the geometric mean of all ratios, and that of each peer's."""
    return {
        "rows": [dataclasses.asdict(row) for row in rows],
        "geometric_mean": geometric_mean(row.ratio for row in rows),
        "geometric_means": means(rows),
    }

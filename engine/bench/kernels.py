"""Single passes of convolutions, beside what the register tile does in L1 in the same rounds."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .agreement import PASS_TOLERANCE, agreed
from .cases import ConvCase
from .comparison import Sides, Tick, opened
from .party import Party, PassFacts, Ready
from .peers import Peer
from .rounds import Effort, Seconds, Taken, alternate, best, geometric_mean, ratios


@dataclass(frozen=True)
class KernelRow:
    """One pass of one convolution. Rates are 10⁹ operations of the direct sum a second: `effective` ones need fewer.

    `packing_seconds` is what bringing the layer's weights into the kernels' layout takes, for all passes together; a
    training step does it once, and a pass's own time leaves it out. `scaling` is one thread's time over that of
    `threads`, `others_share` the part of the processor that other programs used meanwhile. Peer figures are those of
    the faster memory layout, None without a peer.
    """

    case: ConvCase
    pass_name: str
    algorithm: str
    effective: bool
    threads: int
    kernels: tuple[str, ...]
    ours_seconds: float
    packing_seconds: float
    ours_gflops: float
    tile_gflops: float
    share_of_tile: float
    one_thread_seconds: float
    scaling: float
    others_share: float
    peer: str | None = None
    peer_configuration: str | None = None
    peer_seconds: float | None = None
    ratio: float | None = None
    relative_error: float | None = None


@dataclass(frozen=True)
class KernelResult:
    """Rows by convolution and pass."""

    threads: int
    rows: tuple[KernelRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def geometric_mean(self) -> float | None:
        return geometric_mean(row.ratio for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        rows = []
        for row in self.rows:
            values = dataclasses.asdict(row)
            rows.append({**values.pop("case"), "pass": values.pop("pass_name"), **values})
        return {"rows": rows, "geometric_mean": self.geometric_mean}


def units(cases: Sequence[ConvCase], effort: Effort) -> int:
    """How often `measure` ticks."""
    return len(cases) * effort.rounds


def measure(cases: Sequence[ConvCase], peer: Peer | None, effort: Effort, tick: Tick) -> KernelResult:
    """Every pass of every convolution, against the peer's faster memory layout."""
    rows: list[KernelRow] = []
    with opened((peer,) if peer else (), effort) as sides:
        for case in cases:
            rows += _compared(case, peer, sides, effort, tick)
        return KernelResult(sides.threads, tuple(rows))


def _compared(case: ConvCase, peer: Peer | None, sides: Sides, effort: Effort, tick: Tick) -> list[KernelRow]:
    mine: Ready = sides.ours.ask("prepare_convolution", case)
    facts: dict[str, PassFacts] = sides.ours.ask("pass_facts")
    errors = _errors(case, sides.peers[peer.name], sides.threads, mine) if peer else {}
    measures = {step: sides.ours.measure(step) for step in ("tile", "packing")}
    for name in case.passes:
        measures |= {step: sides.ours.measure(step) for step in (name, f"{name} alone")}
        measures |= {step: sides.peers[peer.name].measure(step) for step in _of(name, errors) if peer}
    taken = alternate(measures, effort, lambda: tick(str(case)), sides.others.share)
    tile = sides.ours.ask("tile_flops") / statistics.median(taken.seconds["tile"]) / 1e9
    rows = [_own_row(case, name, facts[name], tile, taken) for name in case.passes]
    return [_beside(row, peer.name, taken.seconds, _of(row.pass_name, errors)) for row in rows] if peer else rows


def _errors(case: ConvCase, party: Party, threads: int, ours: Ready) -> dict[str, float]:
    """Make a peer's steps ready, such as `weights NCHW`; how far the result of each is from ours."""
    theirs: Ready = party.ask("prepare_convolution", case, threads)
    return {
        step: agreed(result, ours.results[step.split()[0]], f"{party.title} ({step} of {case})", PASS_TOLERANCE)
        for step, result in theirs.results.items()
    }


def _of(name: str, errors: Mapping[str, float]) -> dict[str, float]:
    """Those of one pass."""
    return {step: error for step, error in errors.items() if step.split()[0] == name}


def _own_row(case: ConvCase, name: str, facts: PassFacts, tile: float, taken: Taken) -> KernelRow:
    seconds = taken.seconds
    middle = {step: statistics.median(taken) for step, taken in seconds.items()}
    gflops = case.flops / middle[name] / 1e9
    return KernelRow(
        case=case,
        pass_name=name,
        **vars(facts),
        ours_seconds=middle[name],
        packing_seconds=middle["packing"],
        ours_gflops=gflops,
        tile_gflops=tile,
        share_of_tile=gflops / tile,
        one_thread_seconds=middle[f"{name} alone"],
        scaling=statistics.median(ratios(seconds[f"{name} alone"], seconds[name])),
        others_share=taken.others,
    )


def _beside(row: KernelRow, peer: str, seconds: Seconds, errors: Mapping[str, float]) -> KernelRow:
    """The row with the figures of the peer's faster layout."""
    fastest = best(seconds, errors)
    return dataclasses.replace(
        row,
        peer=peer,
        peer_configuration=fastest.split()[1],
        peer_seconds=statistics.median(seconds[fastest]),
        ratio=statistics.median(ratios(seconds[fastest], seconds[row.pass_name])),
        relative_error=max(errors.values()),
    )

"""Benchmarks as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

from ..bench.comparison import Row, means
from ..bench.explaining import ExplainResult
from ..bench.fresh import Fresh
from ..bench.inference import InferenceResult
from ..bench.kernels import KernelResult, KernelRow
from ..bench.training import Repeat, TrainingResult
from ..cost.units import format_bytes
from ..runtime.devices import CPU
from .output import table

_SHOWN_VERSIONS = ("convscope", "python", "numba", "numpy", "torch", "onnxruntime")
_LEGEND = (
    "ratio: their time over ours, the median of rounds, and its range in single rounds; difference: of the outputs;\n"
    "others: the part of the processor that other programs used meanwhile"
)
_KERNEL_LEGEND = (
    "GFLOP/s of the direct sum (* Winograd needs fewer operations); the tile's own rate in L1 on all threads;\n"
    "1 ÷ all: one thread's time over all threads'; packing: ms to lay the layer's weights out, once a training step;\n"
    "others: the part of the processor that other programs used meanwhile"
)


def text(result: Any, machine: Mapping[str, Any], versions: Mapping[str, Any]) -> str:
    """The machine, then the tables of a result."""
    return "\n\n".join([_heading(machine, versions), *_tables(result)])


def _heading(machine: Mapping[str, Any], versions: Mapping[str, Any]) -> str:
    cores = machine["cores"] or machine["logical_cores"]
    known = [f"{name} {versions[name]}" for name in _SHOWN_VERSIONS if versions.get(name)]
    here = f"{machine['name']}, cores: {cores}, vectors: {machine['vector_unit']}, threads a side: {machine['threads']}"
    return f"{here}\n{', '.join(known)}"


@singledispatch
def _tables(result: Any) -> list[str]:
    raise TypeError(f"no tables for {type(result).__name__}")


@_tables.register
def _(result: TrainingResult) -> list[str]:
    return [_networks(result.rows), *_mean(result.rows), _fresh(result.fresh), _repeats(result.repeats)]


@_tables.register
def _(result: InferenceResult) -> list[str]:
    return [_networks(result.rows), *_mean(result.rows)]


@_tables.register
def _(result: ExplainResult) -> list[str]:
    where = "" if result.device == CPU else f", {result.device}"
    return [_networks(result.rows, (f"explanation of one image{where}", "", "a second")), *_mean(result.rows)]


@_tables.register
def _(result: KernelResult) -> list[str]:
    mean = [] if result.geometric_mean is None else [f"Geometric mean of the ratios: {result.geometric_mean:.2f}"]
    return [_kernels(result.rows), _KERNEL_LEGEND, *mean]


def _networks(rows: Sequence[Row], titles: tuple[str, str, str] = ("network", "batch", "images/s")) -> str:
    head = (*titles, "others", "peer", "configuration", titles[2], "ratio", "in rounds", "difference")
    right = (False, True, True, True, False, False, True, True, True, True)
    cells = [
        (row.network, f"{row.batch}", _count(row.ours_images_per_second), f"{row.others_share:.0%}", *_peer_cells(row))
        for row in rows
    ]
    width = len(head) if any(row.peer for row in rows) else 4
    return table(head[:width], [row[:width] for row in cells], right[:width])


def _peer_cells(row: Row) -> tuple[str, ...]:
    if row.peer is None:
        return ("",) * 6
    span = f"{row.ratio_low:.2f}–{row.ratio_high:.2f}"
    rate, error = _count(row.peer_images_per_second), f"{row.relative_error:.0e}"
    return row.peer, f"{row.peer_configuration}", rate, f"{row.ratio:.2f}", span, error


def _mean(rows: Sequence[Row]) -> list[str]:
    named = [f"{name} {mean:.2f}" for name, mean in means(rows).items()]
    return [_LEGEND, f"Geometric mean of the ratios: {', '.join(named)}"] if named else []


def _fresh(rows: Sequence[Fresh]) -> str:
    head = ("in a new process", "batch", "side", "import", "first step after", "most memory")
    cells = [
        (
            row.network, f"{row.batch}", f"{row.side}{', nothing compiled yet' if row.cold_cache else ''}",
            f"{row.import_seconds:.2f} s", f"{row.first_step_seconds:.2f} s", format_bytes(row.peak_bytes),
        )
        for row in rows
    ]  # fmt: skip
    return table(head, cells, (False, True, False, True, True, True))


def _repeats(rows: Sequence[Repeat]) -> str:
    wrong = [f"{row.network} (batch {row.batch})" for row in rows if not row.bit_identical]
    same = f"no: {', '.join(wrong)}" if wrong else "yes, every network"
    return f"The same seed gives the same bits: {same}"


def _kernels(rows: Sequence[KernelRow]) -> str:
    head = ("N,C,H,K,F,S,P,G", "pass", "algorithm", "ms", "packing", "GFLOP/s", "tile", "share", "threads", "1 ÷ all",
            "others", "peer", "layout", "ms", "ratio", "difference")  # fmt: skip
    right = (False, False, False, *(True,) * 8, False, False, True, True, True)
    cells = [(*_own_cells(row), *_kernel_peer_cells(row)) for row in rows]
    width = len(head) if any(row.peer for row in rows) else 11
    return table(head[:width], [row[:width] for row in cells], right[:width])


def _own_cells(row: KernelRow) -> tuple[str, ...]:
    rate = f"{_gflops(row.ours_gflops)}{'*' if row.effective else ' '}"
    return (
        str(row.case), row.pass_name, row.algorithm, _milliseconds(row.ours_seconds),
        _milliseconds(row.packing_seconds), rate, _gflops(row.tile_gflops), f"{row.share_of_tile:.0%}",
        f"{row.threads}", f"{row.scaling:.2f}", f"{row.others_share:.0%}",
    )  # fmt: skip


def _kernel_peer_cells(row: KernelRow) -> tuple[str, ...]:
    if row.peer is None or row.peer_seconds is None:
        return ("",) * 5
    time, error = _milliseconds(row.peer_seconds), f"{row.relative_error:.0e}"
    return row.peer, f"{row.peer_configuration}", time, f"{row.ratio:.2f}", error


def _gflops(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3f}" if seconds < 0.01 else f"{1e3 * seconds:.1f}"


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"

"""Cost tables in which a block is one line: the sum of its layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..graph import Group
from .figures import FIGURES
from .summary import Row, Summary

_SUMMED = tuple(figure.key for figure in FIGURES if figure.summed and figure.key != "flops")


def folded(summary: Summary, groups: Iterable[Group]) -> Summary:
    """The same table with one row for all layers of each group, where the last of them stood; totals stay.

    Its output and receptive field are those of the last layer, its inputs what the block reads.
    """
    chosen = list(groups)
    shown = {member: group.name for group in chosen for member in group.members}
    rows_of: dict[str, list[Row]] = {group.name: [] for group in chosen}
    for row in summary.rows:
        if row.name in shown:
            rows_of[shown[row.name]].append(row)
    sums = {group.name: _sum(summary, group, rows_of[group.name]) for group in chosen if rows_of[group.name]}
    rows = []
    for row in summary.rows:
        if row.name not in shown:
            rows.append(_reading(row, shown))
        elif row is rows_of[shown[row.name]][-1]:
            rows.append(_reading(sums[shown[row.name]], shown))
    return replace(summary, rows=tuple(rows))


def _sum(summary: Summary, group: Group, rows: Sequence[Row]) -> Row:
    """One row for several: what is summed in totals is summed, as far as it is known of all."""
    last = rows[-1]
    sums: dict[str, Any] = {key: _total([getattr(row, key) for row in rows], key) for key in _SUMMED}
    inside = set(group.members)
    sources = tuple(dict.fromkeys(source for row in rows for source in row.inputs if source not in inside))
    row = Row(group.name, group.block, sources, last.output, **sums, field=last.field)
    if row.macs is None or row.elementwise is None or row.bias_adds is None or row.moved_bytes is None:
        return row
    operations = summary.batch * (2 * row.macs + row.bias_adds + row.elementwise)
    return replace(row, intensity=operations / row.moved_bytes if row.moved_bytes else 0.0)


def _total(values: Sequence[float | None], key: str) -> float | None:
    """The sum of what is known of all layers; of times, which layers that only rename have not, of those that have."""
    known = [value for value in values if value is not None]
    complete = len(known) == len(values) or (key.endswith("_ms") and known)
    return sum(known) if complete else None


def _reading(row: Row, shown: Mapping[str, str]) -> Row:
    """The row with blocks named in the place of their layers."""
    return replace(row, inputs=tuple(dict.fromkeys(shown.get(source, source) for source in row.inputs)))

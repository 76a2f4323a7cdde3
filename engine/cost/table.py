"""The cost table as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..spec import format_shape
from .units import format_bytes, format_count

if TYPE_CHECKING:
    from .summary import Row, Summary

_HEAD = ("layer", "type", "output", "parameters", "multiply-adds", "activations", "receptive field")
_RIGHT = (False, False, False, True, True, True, True)


def render(summary: Summary) -> str:
    """One line a layer, totals below; multiply-adds are for one image, memory for the batch."""
    totals = summary.totals
    rows = [_cells(row) for row in summary.rows]
    total = ("total", "", "", f"{totals.params:,}", f"{totals.macs:,}", format_bytes(totals.activation_bytes), "")
    widths = [max(len(r[i]) for r in (_HEAD, total, *rows)) for i in range(len(_HEAD))]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    title = f"{summary.name}   input {format_shape(summary.input)}   batch {summary.batch}"
    body = [_line(row, widths) for row in rows]
    return "\n".join([title, "", _line(_HEAD, widths), rule, *body, rule, _line(total, widths), "", _memory(summary)])


def _cells(row: Row) -> tuple[str, ...]:
    def count(value: int | None) -> str:
        return "?" if value is None else f"{value:,}"

    memory = "?" if row.activation_bytes is None else format_bytes(row.activation_bytes)
    return row.name, row.type, format_shape(row.output), count(row.params), count(row.macs), memory, _field(row)


def _field(row: Row) -> str:
    if row.field is None:
        return "?"
    text = format_shape(row.field.size)
    return text if row.field.aligned else f"{text} (misaligned)"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(c.rjust(w) if right else c.ljust(w) for c, w, right in zip(cells, widths, _RIGHT)).rstrip()


def _memory(summary: Summary) -> str:
    totals = summary.totals
    if totals.inference_bytes is None or totals.training_bytes is None:
        return "The network has problems; memory is known once they are mended."
    return (
        f"{format_count(totals.flops)} FLOPs an image (2 a multiply-add); "
        f"memory for inference {format_bytes(totals.inference_bytes)}, "
        f"for training {format_bytes(totals.training_bytes)} (weights, gradients, momentum, activations)."
    )

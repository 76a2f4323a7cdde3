"""The cost table as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..spec import format_shape
from .units import format_bytes, format_count

if TYPE_CHECKING:
    from .memory import Memory
    from .summary import Row, Summary, Totals

_HEAD = (
    "layer", "type", "output", "parameters", "multiply-adds", "share", "~other op.", "activations", "kept",
    "~FLOP/B", "rec. field",
)  # fmt: skip
_TIMES = ("forward ms", "backward ms")
_LEFT = 3  # columns of text before those of figures


def render(summary: Summary) -> str:
    """One line a layer, totals and what they consist of below. Operations are for one image, bytes for the batch."""
    head = _HEAD[:-1] + (_TIMES if summary.measured else ()) + _HEAD[-1:]
    rows = [_cells(summary, row) for row in summary.rows]
    total = ("total", "", "", *_figures(summary.totals, "", summary.measured is not None), "")
    title = f"{summary.name}   input {format_shape(summary.input)}   batch {summary.batch}"
    lines = aligned([head, *rows, total], _LEFT)
    rule = "─" * max(map(len, lines))
    return "\n".join([title, "", lines[0], rule, *lines[1:-1], rule, lines[-1], "", *_notes(summary)])


def aligned(rows: Sequence[Sequence[str]], left: int) -> list[str]:
    """Rows with their columns below each other, the first `left` ones aligned left."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        "  ".join(c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip()
        for row in rows
    ]


def _cells(summary: Summary, row: Row) -> tuple[str, ...]:
    share = summary.share(row, "macs")
    shown = "" if not share else f"{100 * share:.1f} %"
    measured = summary.measured is not None
    return row.name, row.type, format_shape(row.output), *_figures(row, shown, measured), _field(row)


def _figures(costs: Row | Totals, share: str, measured: bool) -> tuple[str, ...]:
    """The cells that rows and totals have alike."""
    others = None if costs.elementwise is None else costs.elementwise + (costs.bias_adds or 0)
    cells = (
        _count(costs.params), _count(costs.macs), share, _count(others), _bytes(costs.activation_bytes),
        _bytes(costs.kept_bytes), "?" if costs.intensity is None else f"{costs.intensity:.2f}",
    )  # fmt: skip
    return cells + ((_ms(costs.forward_ms), _ms(costs.backward_ms)) if measured else ())


def _field(row: Row) -> str:
    if row.field is None:
        return "?"
    text = format_shape(row.field.size)
    return text if row.field.aligned else f"{text} (misaligned)"


def _count(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _bytes(value: int | None) -> str:
    return "?" if value is None else format_bytes(value)


def _ms(value: float | None) -> str:
    return "·" if value is None else f"{value:.3f}"


def _notes(summary: Summary) -> list[str]:
    """What the totals consist of, and which figures are not exact."""
    totals, told = summary.totals, summary.measured
    flops, biases, others = (format_count(n) for n in (totals.flops, totals.bias_adds, totals.elementwise))
    notes = [
        f"{totals.weights:,} weights, {totals.biases:,} biases, {totals.norm_params:,} of normalisation"
        + ("" if totals.learned == totals.params else f"; {totals.learned:,} learn, the others are frozen"),
        f"{flops} FLOPs an image (2 a multiply-add), {biases} bias additions, ~{others} others",
        f"~{format_bytes(totals.moved_bytes)} moved forward, ~{totals.intensity:.1f} operations a byte",
    ]
    if totals.inference is None or totals.training is None:
        notes.append("The network has problems; memory is known once they are mended.")
    else:
        notes += [f"To predict {_memory(totals.inference)}", f"To train {_memory(totals.training)}"]
    if told is not None:
        notes.append(
            f"Layers together, as usual: {told.inference_ms:.3g} ms to predict, {told.training_ms:.3g} ms forward and "
            f"backward ({told.device}, {told.threads} threads)"
        )
    return [*notes, "", *_CERTAINTY, *(_TIMING if told else ())]


_CERTAINTY = (
    "~ is estimated: an exponential counts as one operation, each array is moved once. All else is exact.",
    "Kept is what training holds until the backward pass, with layers computed together; the images come on top.",
)
_TIMING = ("Times are measured, the least of several runs of each layer by itself.",)


def _memory(memory: Memory) -> str:
    parts = [("weights", memory.weights)]
    if memory.gradients:
        parts += [("gradients", memory.gradients), ("optimiser", memory.optimizer)]
        parts += [("kept", memory.kept), ("passing", memory.passing)]
    else:
        parts += [("activations", memory.activations)]
    named = ", ".join(f"{name} {format_bytes(nbytes)}" for name, nbytes in parts)
    workspace = "" if memory.workspace is None else f"; and workspace {format_bytes(memory.workspace)}"
    return f"{format_bytes(memory.total)}: {named}{workspace}"

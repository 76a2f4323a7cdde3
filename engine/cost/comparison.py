"""Two cost tables side by side."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..spec import format_shape
from .document import document
from .figures import FIGURES
from .summary import Summary
from .table import aligned
from .units import format_bytes

Value = int | float | None


@dataclass(frozen=True)
class Line:
    """One figure of both networks; None where it is not known."""

    key: str
    title: str
    first: Value
    second: Value

    @property
    def ratio(self) -> float | None:
        """The second over the first; None where there is none."""
        return None if self.second is None or not self.first else self.second / self.first


@dataclass(frozen=True)
class Comparison:
    """Two networks' totals, and what each type of layer takes; `str()` prints them side by side."""

    first: Summary
    second: Summary

    @property
    def totals(self) -> list[Line]:
        """The networks' figures, those that are known of at least one."""
        lines = [Line(key, title, read(self.first), read(self.second)) for key, title, read in _TOTALS]
        return [line for line in lines if line.first is not None or line.second is not None]

    @property
    def types(self) -> list[Line]:
        """How many layers of each type there are, in the order in which they come."""
        counts = [Counter(row.type for row in side.rows) for side in (self.first, self.second)]
        kinds = dict.fromkeys(row.type for side in (self.first, self.second) for row in side.rows)
        return [Line(kind, kind, counts[0][kind], counts[1][kind]) for kind in kinds]

    def __str__(self) -> str:
        sides = (self.first, self.second)
        head = ("", *(side.name for side in sides), "ratio")
        shapes = ("input", *(format_shape(side.input) for side in sides), "")
        batches = ("batch", *(str(side.batch) for side in sides), "")
        totals = [shapes, batches, *(_cells(line, _amount) for line in self.totals)]
        types = [_cells(line, _count) for line in self.types]
        lines = aligned([head, *totals, *types], left=1)
        rule, behind = "─" * max(map(len, lines)), 1 + len(totals)
        return "\n".join([lines[0], rule, *lines[1:behind], "", *lines[behind:], "", "~ is estimated, all else exact."])

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: both tables, and the totals with their ratios."""
        lines = {line.key: {"first": line.first, "second": line.second, "ratio": line.ratio} for line in self.totals}
        kinds = {line.key: {"first": line.first, "second": line.second} for line in self.types}
        return {"first": document(self.first), "second": document(self.second), "totals": lines, "types": kinds}

    def to_csv(self) -> str:
        """One line a figure: its key, both networks' values, their ratio."""
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(("figure", self.first.name, self.second.name, "ratio"))
        for line in (*self.totals, *self.types):
            values = ("" if value is None else value for value in (line.first, line.second))
            lines.writerow((line.key, *values, "" if line.ratio is None else f"{line.ratio:.6g}"))
        return text.getvalue()


def _total(key: str) -> tuple[str, str, Callable[[Summary], Value]]:
    figure = next(figure for figure in FIGURES if figure.key == key)
    title = f"~{figure.title}" if figure.status == "estimated" else figure.title
    return key, title, lambda summary: getattr(summary.totals, key)


def _measured(key: str) -> Callable[[Summary], Value]:
    return lambda summary: None if summary.measured is None else getattr(summary.measured, key)


def _deepest(summary: Summary) -> Value:
    """Rows of the image that the last layer's values see."""
    fields = [row.field for row in summary.rows if row.field is not None]
    return fields[-1].size[0] if fields else None


_TOTALS: tuple[tuple[str, str, Callable[[Summary], Value]], ...] = (
    ("layers", "layers", lambda summary: len(summary.rows)),
    *map(_total, ("params", "weights", "biases", "norm_params", "macs", "flops", "bias_adds", "elementwise")),
    *map(_total, ("activation_bytes", "moved_bytes", "intensity")),
    ("inference_bytes", "memory to predict", lambda summary: summary.totals.inference_bytes),
    ("training_bytes", "memory to train", lambda summary: summary.totals.training_bytes),
    ("receptive_field", "receptive field of the last layer", _deepest),
    ("inference_ms", "ms to predict, measured", _measured("inference_ms")),
    ("training_ms", "ms to train, measured", _measured("training_ms")),
)


def _cells(line: Line, shown: Callable[[Line, Value], str]) -> tuple[str, ...]:
    ratio = "" if line.ratio is None else f"{line.ratio:.3g}"
    return line.title, shown(line, line.first), shown(line, line.second), ratio


def _count(line: Line, value: Value) -> str:
    return f"{value:,}" if value else "·"


def _amount(line: Line, value: Value) -> str:
    if value is None:
        return "?"
    if line.key.endswith("_bytes"):
        return format_bytes(value)
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"

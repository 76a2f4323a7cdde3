"""What happened in a run that was kept, ready to be drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convscope.engine.runs.merit import merit_of
from convscope.engine.train.events import Epoch

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Mark:
    """Something that happened, at a place in epochs."""

    x: float
    text: str


@dataclass(frozen=True)
class History:
    """The curves of a run. `x` are epochs, a batch being its share of one; `title` is what to call the run.

    `batches` has a column for each batch and the rows x, loss, accuracy; values that are not there are NaN.
    """

    run: str
    title: str
    batches: NDArray[np.float64]
    epochs: tuple[Epoch, ...]
    marks: tuple[Mark, ...]

    @property
    def best(self) -> Epoch | None:
        """The epoch whose checkpoint was kept as the best."""
        return best_epoch(self.epochs)


def best_epoch(epochs: Iterable[Epoch]) -> Epoch | None:
    """The best of some epochs, as a run that is kept judges it; the first of equals."""
    return max(epochs, key=lambda epoch: merit_of(epoch.to_dict()), default=None)


def history(run: str, title: str, story: Iterable[Line]) -> History:
    """The curves of a run from its events, in which nothing that was undone is left."""
    told = list(story)
    batches = [line for line in told if line["event"] == "batch"]
    rows = [[_place(line) for line in batches], *([_number(line[key]) for line in batches] for key in _FIGURES)]
    steps = [line["step"] for line in batches]
    names = {each.name for each in fields(Epoch)}
    epochs = [Epoch(**{k: v for k, v in line.items() if k in names}) for line in told if line["event"] == "epoch"]
    curve = np.array(rows, float).reshape(3, -1)
    marks = [mark for line in told if (mark := _mark(line, steps, curve[0]))]
    return History(run, title, curve, tuple(epochs), tuple(marks))


def changed_text(setting: str, value: Any) -> str:
    """A change of a setting in a few words."""
    if setting == "frozen":
        return f"{len(value)} frozen" if value else "none frozen"
    if setting == "augment":
        return f"augment {', '.join(one['name'] for one in value)}" if value else "no augmentation"
    return f"{setting.replace('_', ' ')} {value:g}" if isinstance(value, int | float) else f"{setting} {value}"


_FIGURES = ("loss", "accuracy")


def _place(line: Line) -> float:
    return float(line["epoch"] - 1 + line["batch"] / line["batches"])


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _mark(line: Line, steps: list[int], x: NDArray[np.float64]) -> Mark | None:
    if line["event"] not in {"changed", "resumed"}:
        return None
    done = int(np.searchsorted(steps, line["step"], "right"))
    place = float(x[done - 1]) if done else 0.0
    return Mark(place, "resumed" if line["event"] == "resumed" else changed_text(line["setting"], line["value"]))

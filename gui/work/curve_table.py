"""The numbers of curves as a table in a file: a row for each point, which every program reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .history import History

_HEAD = ("run", "curve", "epoch", "value")
_OF_EPOCHS = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


@dataclass(frozen=True)
class Line:
    """One curve of a run: values over epochs; what is not there is NaN."""

    run: str
    curve: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def lines_of(history: History) -> list[Line]:
    """The curves of a run that was kept."""
    x, loss, accuracy = history.batches
    found = [
        Line(history.title, "training loss of the batch", x, loss),
        Line(history.title, "training accuracy of the batch", x, accuracy),
    ]
    for name in _OF_EPOCHS:
        points = [(epoch.epoch, value) for epoch in history.epochs if (value := getattr(epoch, name)) is not None]
        table = np.array(points, float).reshape(-1, 2)
        curve = name.replace("_", " ").replace("train ", "training ")
        found.append(Line(history.title, curve, table[:, 0], table[:, 1]))
    return found


def save_table(lines: Iterable[Line], path: str) -> str:
    """Write the points that have a value; the path. FileError if it cannot be written."""
    from convscope.engine.io import atomic_write  # reads what model files take  # noqa: PLC0415

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(_HEAD)
    for line in lines:
        there = np.isfinite(line.y)
        for x, y in zip(line.x[there], line.y[there]):
            rows.writerow((line.run, line.curve, f"{x:.10g}", f"{y:.10g}"))
    atomic_write(Path(path), text.getvalue())
    return path

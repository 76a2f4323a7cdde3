"""How runs are written for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cost.units import format_bytes
from .output import percent, table
from .report import duration

if TYPE_CHECKING:
    from ..runs import Comparison, RunSummary
    from ..runs.log import Line
    from ..runs.snapshots import Moment

_SHARES = ("train_accuracy", "test_accuracy", "best_accuracy")


def listing(runs: Sequence[RunSummary], folder: Path, searched: bool) -> str:
    """A line a run."""
    if not runs:
        return "No run is like that." if searched else f"No runs are kept in {folder} yet."
    head = ("run", "status", "network", "dataset", "epochs", "accuracy", "best", "began", "size", "tags")
    rows = [
        (run.id, run.status, run.network, run.dataset, f"{run.epoch}/{run.settings['epochs']}", percent(_accuracy(run)),
         percent(run.best_accuracy), _moment(run.created), format_bytes(run.nbytes), ", ".join(run.tags))
        for run in runs
    ]  # fmt: skip
    return table(head, rows, (False, False, False, False, True, True, True, False, True, False))


def description(run: RunSummary, told: Sequence[Line], checkpoints: Sequence[str], moments: Sequence[Moment]) -> str:
    """Everything of one run."""
    settings = [(name, _plain(value)) for name, value in run.settings.items() if value not in (None, "", 0.0, False)]
    facts = [
        ("run", f"{run.id}, {run.status}" + (f" ({run.message})" if run.message else "")),
        ("network", f"{run.network}, {run.parameters:,} parameters"),
        ("data set", run.dataset),
        ("began", _moment(run.created)),
        ("done", f"{run.epoch} of {run.settings['epochs']} epochs, {run.step:,} steps, {duration(run.seconds)}"),
        ("settings", ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings)),
        ("tags", ", ".join(run.tags)),
        ("notes", run.notes),
        ("checkpoints", ", ".join(checkpoints)),
        ("snapshots", f"{len(moments)}" if moments else ""),
        ("folder", f"{run.path}, {format_bytes(run.nbytes)}"),
    ]
    width = max(len(name) for name, _ in facts)
    lines = [f"{name.ljust(width)}  {value}" for name, value in facts if value]
    changes = [
        f"{line['setting'].replace('_', ' ')} {_plain(line['value'])} from step {line['step']:,} on"
        for line in told
        if line["event"] == "changed"
    ]
    if changes:
        lines.append(f"{'changed'.ljust(width)}  {'; '.join(changes)}")
    epochs = [line for line in told if line["event"] == "epoch"]
    return "\n".join(lines) + (f"\n\n{_epochs(epochs, run.best_epoch)}" if epochs else "")


def side_by_side(found: Comparison) -> str:
    """Settings that differ, then figures, a column a run."""
    head = ("", *(run.name or run.id for run in found.runs))
    right = (False, *(True for _ in found.runs))
    settings = [(name, *map(_plain, values)) for name, values in found.differing.items()]
    figures = [
        ("status", *(run.status for run in found.runs)),
        ("epochs", *(str(run.epoch) for run in found.runs)),
        *(
            (name.replace("_", " "), *(_figure(name, run.figures[name]) for run in found.runs))
            for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
        ),
        ("best accuracy", *(percent(run.best_accuracy) for run in found.runs)),
        ("best epoch", *(_plain(run.best_epoch) for run in found.runs)),
        ("time", *(duration(run.seconds) for run in found.runs)),
    ]
    parts = [table(("differing", *head[1:]), settings, right)] if settings else ["The settings are the same."]
    return "\n\n".join([*parts, table(("figures", *head[1:]), figures, right)])


def _epochs(lines: Sequence[Line], best: int | None) -> str:
    head = ("epoch", "train loss", "train acc.", "test loss", "test acc.", "images/s", "")
    rows = [
        (str(line["epoch"]), _figure("train_loss", line["train_loss"]), percent(line["train_accuracy"]),
         _figure("test_loss", line["test_loss"]), percent(line["test_accuracy"]),
         f"{line['images_per_second']:,.0f}", "best" if line["epoch"] == best else "")
        for line in lines
    ]  # fmt: skip
    return table(head, rows, (True, True, True, True, True, True, False))


def _accuracy(run: RunSummary) -> float | None:
    test = run.figures["test_accuracy"]
    return run.figures["train_accuracy"] if test is None else test


def _figure(name: str, value: float | None) -> str:
    return percent(value) if name in _SHARES else "–" if value is None else f"{value:.4f}"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "–" if value in (None, "") else str(value)


def _moment(created: str) -> str:
    """The run's beginning in the local time."""
    return datetime.fromisoformat(created).astimezone().strftime("%Y-%m-%d %H:%M")

"""How a training run is shown: JSON lines, or a growing table with a progress bar on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol, Self

from ..train.events import Batch, Changed, Ended, Epoch, Evaluated, Event, Started, Warned
from ..train.localisation import box_node
from .output import complain, emit, percent, say

if TYPE_CHECKING:
    from ..train import Settings, TrainRun

_HEAD = ("epoch", "train loss", "train acc.", "test loss", "test acc.", "images/s", "time")
_BOX_HEAD = ("overlap", "located")
_WIDTHS = (7, 11, 11, 11, 11, 10, 9, 11, 11)


class Report(Protocol):
    """Shows events; a context that cleans the screen up at its end."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def show(self, event: Event) -> None: ...


class JsonReport:
    """One event a line."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, event: Event) -> None:
        emit(event.to_dict())


class TextReport:
    """A line an epoch; on a terminal also a bar that follows the batches."""

    def __init__(self, run: TrainRun) -> None:
        self._run = run
        self._bar: Any = _bar() if sys.stdout.isatty() else None
        self._task: Any = None
        self._total = 0

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, event: Event) -> None:
        match event:
            case Started():
                self._begin(event)
            case Batch():
                self._advance(event.step, f"loss {event.loss:.4f}")
            case Evaluated():
                self._advance(None, f"testing {event.batch}/{event.batches}")
            case Epoch():
                self._line(_cells(event, self._total))
            case Changed():
                self._line((f"{event.setting.replace('_', ' ')} is now {_shown(event.value)}",))
            case Warned():
                complain(f"warning: {event.message}")
            case Ended():
                self._end(event)

    def _begin(self, event: Started) -> None:
        self._total = event.epochs
        for line in _heading(event, self._run):
            self._print(line)
        head = (*_HEAD, *_BOX_HEAD) if box_node(self._run.model.network) else _HEAD
        self._line(head)
        self._print("─" * sum(_WIDTHS[: len(head)]))
        if self._bar is not None:
            done = event.epoch * event.batches + event.batch
            self._task = self._bar.add_task("", total=event.epochs * event.batches, completed=done, note="preparing")

    def _advance(self, step: int | None, note: str) -> None:
        if self._bar is not None:
            self._bar.update(self._task, note=note, **({} if step is None else {"completed": step}))

    def _line(self, cells: tuple[str, ...]) -> None:
        self._print(
            "".join(cell.rjust(width) for cell, width in zip(cells, _WIDTHS)) if len(cells) > 1 else f"  {cells[0]}"
        )

    def _print(self, text: str) -> None:
        if self._bar is None:
            say(text)
        else:
            self._bar.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _end(self, event: Ended) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if event.reason != "error":
            accuracy = "" if event.test_accuracy is None else f" Test accuracy {percent(event.test_accuracy)}."
            say(f"\n{event.message}{accuracy}")


def _heading(event: Started, run: TrainRun) -> list[str]:
    images = f"{event.train_images:,} training and {event.test_images:,} test images"
    settings = run.settings
    lines = [
        f"{event.network}, {event.parameters:,} parameters, on {event.dataset}: {images}",
        f"{event.epochs} epochs of {event.batches:,} batches of {event.batch_size}",
        f"{settings.optimizer.described()}, {settings.schedule} schedule, seed {event.seed}, {event.device}",
    ]
    if run.model.frozen:
        lines.append(f"{run.model.learned_parameters:,} parameters learn; frozen: {', '.join(run.model.frozen)}")
    if settings.augment:
        lines.append(f"augmented by {', '.join(map(str, settings.augment))}")
    if more := _extras(settings):
        lines.append(", ".join(more))
    if event.epoch or event.batch:
        lines.append(f"resumed at epoch {event.epoch + 1}, batch {event.batch + 1:,}")
    return [*lines, ""]


def _extras(settings: Settings) -> list[str]:
    """What few recipes have."""
    smoothing, rule = settings.loss.values().get("smoothing", 0.0), settings.early_stopping
    return [
        *([f"label smoothing {smoothing:g}"] if smoothing else []),
        *([f"mixup {settings.mixup:g}"] if settings.mixup else []),
        *([f"ends after {rule.patience} epochs without a better {rule.figure}"] if rule else []),
    ]


def _cells(event: Epoch, total: int) -> tuple[str, ...]:
    test_loss = "–" if event.test_loss is None else f"{event.test_loss:.4f}"
    return (
        f"{event.epoch}/{total}", f"{event.train_loss:.4f}", percent(event.train_accuracy), test_loss,
        percent(event.test_accuracy), f"{event.images_per_second:,.0f}", duration(event.seconds),
        *([] if event.test_iou is None else [percent(event.test_iou), percent(event.test_located)]),
    )  # fmt: skip


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def duration(seconds: float) -> str:
    """`0.3 s`, `47 s`, `3:07`, `1:02:09`."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _bar() -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (BarColumn(None), MofNCompleteColumn(), TextColumn("{task.fields[note]}"), TimeRemainingColumn())
    return Progress(*columns, transient=True)

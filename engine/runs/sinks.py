"""Where else a run's figures go on request: a table for spreadsheets, event files for TensorBoard."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Protocol

from ..io import FileError, atomic_write
from ..spec import ConvscopeError
from ..train.events import Batch, Changed, Epoch, Event, Started, Warned

_COLUMNS = tuple(field.name for field in fields(Epoch))


class Sink(Protocol):
    """Takes every event of a run. FileError, or OSError, if it cannot be written."""

    def write(self, event: Event) -> None: ...
    def close(self) -> None: ...


def observed(events: Iterable[Event], sinks: Sequence[Sink]) -> Iterator[Event]:
    """The events, each shown to the sinks before. One that fails is told in a Warned event and then left out."""
    left = list(sinks)
    try:
        for event in events:
            for sink in tuple(left):
                try:
                    sink.write(event)
                except (ConvscopeError, OSError) as error:
                    left.remove(sink)
                    text = str(error) if isinstance(error, ConvscopeError) else f"{error.strerror or error}."
                    yield Warned(f"{text} Training goes on without this file.")
            yield event
    finally:
        for sink in sinks:
            sink.close()


class EpochTable:
    """A CSV file with a line for each epoch, written whole after each. A resumed run keeps the lines before it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[dict[str, Any]] = []

    def write(self, event: Event) -> None:
        if isinstance(event, Started):
            self._rows = [row for row in _table(self._path) if _number(row) <= event.epoch] if event.step else []
        elif isinstance(event, Epoch):
            self._rows.append(asdict(event))
        if isinstance(event, Started | Epoch):
            text = io.StringIO()
            writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(self._rows)
            atomic_write(self._path, text.getvalue())

    def close(self) -> None:
        """Nothing is open between two lines."""


class TensorBoard:
    """Scalars for TensorBoard: `batch/…` by step, `epoch/…` by epoch. A resumed run replaces what it does again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None

    def write(self, event: Event) -> None:
        match event:
            case Started():
                self._writer = self._opened(event)
                self._writer.add_text("run", f"{event.network} on {event.dataset}, seed {event.seed}", event.step)
            case Batch():
                for name in ("loss", "accuracy", "learning_rate", "images_per_second"):
                    self._writer.add_scalar(f"batch/{name}", getattr(event, name), event.step)
            case Epoch():
                for name in _COLUMNS[1:]:
                    value = getattr(event, name)
                    if value is not None:
                        self._writer.add_scalar(f"epoch/{name}", value, event.epoch)
                self._writer.flush()
            case Changed():
                self._writer.add_text("changed", f"{event.setting} = {event.value}", event.step)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _opened(self, started: Started) -> Any:
        from tensorboardX import SummaryWriter  # only who asks for it waits for it  # noqa: PLC0415

        try:
            again = {"purge_step": started.step + 1} if started.step else {}
            return SummaryWriter(str(self._folder), **again)
        except OSError as error:
            raise FileError(self._folder, [f"cannot be written ({error.strerror or error})"]) from None


def _table(path: Path) -> list[dict[str, Any]]:
    """The lines of a table that is there."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return []


def _number(row: dict[str, Any]) -> float:
    try:
        return float(row["epoch"])
    except (KeyError, TypeError, ValueError):
        return float("inf")  # no line of ours

"""A progress bar on a terminal, on standard error; nothing in a pipe."""

from __future__ import annotations

import sys
from typing import Any, Self


class Bar:
    """Told of pieces of work that are done; shows nothing where there is no terminal, or with `quiet`."""

    def __init__(self, quiet: bool, total: int | None = None) -> None:
        self._bar: Any = _bar() if sys.stderr.isatty() and not quiet else None
        self._task = self._bar.add_task("", total=total) if self._bar else None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def reached(self, done: int, total: int) -> None:
        """So many of so many pieces are done."""
        if self._bar:
            self._bar.update(self._task, completed=done, total=total)

    def advance(self, note: str) -> None:
        """One more piece is done; the note says of what."""
        if self._bar:
            self._bar.update(self._task, advance=1, description=note)


def _bar() -> Any:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    return Progress(*columns, console=Console(stderr=True), transient=True)

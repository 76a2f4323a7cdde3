"""What every command writes: lines for people, JSON for programs, one clear line for errors."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any


class PipeClosed(Exception):  # noqa: N818 (no error: the reader has seen enough)
    """Nobody reads standard output any more. Click would turn the system's own error into an exit with status 1."""


def say(text: str = "") -> None:
    """A line on standard output, at once; PipeClosed if its reader has gone."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise PipeClosed from None


def emit(document: Any) -> None:
    """A JSON document on one line of standard output, at once."""
    say(json.dumps(document, allow_nan=False))


def write_json(path: Path, document: Any) -> None:
    """A JSON document as a file, whole or not at all; FileError says why it cannot be written."""
    from ..io.atomic import atomic_write  # noqa: PLC0415

    atomic_write(path, json.dumps(document, indent=1, allow_nan=False) + "\n")


def complain(message: object) -> None:
    """One line on standard error, whatever the message holds."""
    print(f"convscope: {' '.join(str(message).split())}", file=sys.stderr, flush=True)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool]) -> str:
    """Aligned columns under a head and a rule; `right` says which columns are aligned right."""
    cells = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = [
        "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right)).rstrip() for row in cells
    ]
    return "\n".join([lines[0], "─" * (sum(widths) + 2 * (len(widths) - 1)), *lines[1:]])


def percent(share: float | None) -> str:
    """`98.90 %`; a dash where there is no figure."""
    return "–" if share is None or math.isnan(share) else f"{100 * share:.2f} %"


def accept_any_character() -> None:
    """Let a terminal or pipe that lacks a character show a question mark instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def silence_stdout() -> None:
    """After the reader of a pipe has gone: keep Python from failing once more when it flushes at its end."""
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
        os.close(sink)
    except (OSError, ValueError):  # a stream that is no file
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115

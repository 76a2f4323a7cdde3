"""The events of a run as lines of JSON that are only ever appended: readable after any crash, at any moment.

A line is written in one piece and ends in a newline, so a line that was cut off is known by its missing end; it is
dropped when the run goes on. A resumed run appends what it does again: `story` leaves out what was thereby undone.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..train.state import Change

Line = dict[str, Any]
RESUMED = "resumed"
_MOST_UNWRITTEN = 100_000  # lines held in memory while the disk refuses them


class EventLog:
    """Appends to the log of a run. A failure to write is kept in `error`, its lines in memory, and tried again."""

    def __init__(self, path: Path) -> None:
        self.error: OSError | None = None
        self._path = path
        self._unwritten: deque[bytes] = deque(maxlen=_MOST_UNWRITTEN)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        self._end = _whole_length(path)
        os.ftruncate(self._handle, self._end)
        os.lseek(self._handle, self._end, os.SEEK_SET)

    def write(self, line: Mapping[str, Any]) -> bool:
        """Append a line with the time; whether everything is written."""
        document = {**line, "time": round(time.time(), 3)}
        self._unwritten.append(json.dumps(document, allow_nan=False).encode() + b"\n")
        return self.flush()

    def flush(self) -> bool:
        """Try to write what is held in memory; whether everything is written."""
        try:
            while self._unwritten:
                self._append(self._unwritten[0])
                self._unwritten.popleft()
        except OSError as error:
            self.error = error
            return False
        self.error = None
        return True

    def sync(self) -> None:
        """Have the lines survive a power cut too."""
        with contextlib.suppress(OSError):
            os.fsync(self._handle)

    def close(self) -> None:
        self.flush()
        os.close(self._handle)

    def _append(self, content: bytes) -> None:
        """Write all of it or nothing."""
        try:
            done = 0
            while done < len(content):
                done += os.write(self._handle, content[done:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, self._end)
                os.lseek(self._handle, self._end, os.SEEK_SET)
            raise
        self._end += len(content)


def read(path: Path) -> Iterator[Line]:
    """Every whole line of a log in its order; what is cut off or damaged is left out. OSError if it cannot be read."""
    with open(path, "rb") as file:
        for raw in file:
            line = _parsed(raw) if raw.endswith(b"\n") else None
            if line is not None:
                yield line


def story(lines: Iterable[Line]) -> list[Line]:
    """What happened, without what a resumed run undid because it went on from an earlier checkpoint."""
    kept: list[Line] = []
    for line in lines:
        if line["event"] == "started" and kept:
            kept = [old for old in kept if not _is_undone(old, line)]
        kept.append(line)
    return kept


def changes(lines: Iterable[Line]) -> list[Change]:
    """The settings that were changed, each with the step at which it counts.

    A change that a resumed run has not yet come to again is among them; one that it was told to leave out is not.
    """
    found: dict[tuple[int, str], Any] = {}
    for line in lines:
        if line["event"] == "changed":
            found[line["step"], line["setting"]] = line["value"]
        elif line["event"] == RESUMED:
            before = {key: value for key, value in found.items() if key[0] < line["step"]}
            found = before | {(step, setting): value for step, setting, value in line["changes"]}
    return [Change(*key, value) for key, value in found.items()]


def _is_undone(old: Line, started: Line) -> bool:
    match old["event"]:
        case "batch":
            return bool(old["step"] > started.get("step", 0))
        case "epoch":
            return bool(old["epoch"] > started.get("epoch", 0))
        case "changed":
            return bool(old["step"] >= started.get("step", 0))
        case "ended":
            return True
    return False


def _parsed(raw: bytes) -> Line | None:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and isinstance(line.get("event"), str) else None


def _whole_length(path: Path) -> int:
    """Bytes up to the end of the last whole line."""
    content = path.read_bytes()
    return content.rfind(b"\n") + 1

"""Copies of edited networks that outlive the program: one file a window, replaced at every edit, gone once it is saved.

A lock beside the copy says whether its window is still there: the system frees it however the process ends.
"""

from __future__ import annotations

import json
import math
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.engine.graph import Network
from convscope.engine.spec import ConvscopeError

if TYPE_CHECKING:
    from filelock import FileLock

FORMAT, VERSION = "convscope-unsaved", 1
MOST_BYTES = 64 << 20
_LATEST = 4102444800.0  # 2100-01-01: what a damaged file says beyond it is not believed


@dataclass(frozen=True)
class Unsaved:
    """An edited network: its file (None if it never had one), when it was last edited (seconds since 1970), how many
    edits are not in the file."""

    network: Network
    file: Path | None
    when: float
    edits: int


@dataclass(frozen=True)
class Lost:
    """A copy whose window ended without saving."""

    place: Path
    unsaved: Unsaved

    def forget(self) -> None:
        """Remove the copy."""
        self.place.unlink(missing_ok=True)
        self.place.with_suffix(".lock").unlink(missing_ok=True)


class Copy:
    """The copy of one window, in a folder. Nothing is written before the first edit."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / f"{secrets.token_hex(8)}.json"
        self._lock: FileLock | None = None

    def write(self, unsaved: Unsaved) -> None:
        """Replace the copy. FileError if it cannot be written."""
        from convscope.engine.io import atomic_write  # with NumPy, which the first picture does not need  # noqa: PLC0415

        if self._lock is None:
            self._lock = _held(self.place.with_suffix(".lock"))
        record = {"format": FORMAT, "version": VERSION, "when": unsaved.when, "edits": unsaved.edits}
        record |= {"file": str(unsaved.file) if unsaved.file else None, "network": unsaved.network.to_dict()}
        atomic_write(self.place, json.dumps(record, ensure_ascii=False))

    def remove(self) -> None:
        """Everything is saved, or may be lost."""
        self.place.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the copy and its lock."""
        self.remove()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
            self.place.with_suffix(".lock").unlink(missing_ok=True)


def lost(folder: Path) -> list[Lost]:
    """Copies of windows that are gone, the latest first; those that cannot be read are left where they are."""
    from convscope.engine.io.locks import is_held  # as above  # noqa: PLC0415

    places = [place for place in folder.glob("*.json") if not is_held(place.with_suffix(".lock"))]
    found = [Lost(place, unsaved) for place in places if (unsaved := _read(place)) is not None]
    return sorted(found, key=lambda one: one.unsaved.when, reverse=True)


def _read(place: Path) -> Unsaved | None:
    try:
        if place.stat().st_size > MOST_BYTES:
            return None
        record = json.loads(place.read_text(encoding="utf-8"))
        if not isinstance(record, dict) or (record.get("format"), record.get("version")) != (FORMAT, VERSION):
            return None
        file, network = record.get("file"), Network.from_dict(record.get("network"))
    except (OSError, ValueError, RecursionError, ConvscopeError):
        return None
    path = Path(file) if isinstance(file, str) and "\0" not in file else None
    return Unsaved(network, path, _time(record.get("when")), _count(record.get("edits")))


def _time(value: Any) -> float:
    known = isinstance(value, (int, float)) and math.isfinite(value) and 0 <= value < _LATEST
    return float(value) if known else time.time()


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 1 <= value < 10**9 else 1


def _held(path: Path) -> FileLock:
    from convscope.engine.io.locks import lock_at  # as above  # noqa: PLC0415

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = lock_at(path)
    lock.acquire(blocking=False)
    return lock

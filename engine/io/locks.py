"""Locks that tell whether a process that lives works on something: the system's own, freed when the process dies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock


def lock_at(path: Path) -> FileLock:
    """The lock of this file; it may be taken on one thread and released on another."""
    from filelock import FileLock  # one who only looks for files never needs it  # noqa: PLC0415

    return FileLock(path, thread_local=False)


def is_held(path: Path) -> bool:
    """Whether a process that lives holds the lock of this file."""
    from filelock import Timeout  # noqa: PLC0415

    if not path.exists():
        return False
    lock = lock_at(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return True
    except OSError:  # a folder that may only be read
        return False
    lock.release()
    return False

"""Work on many files by threads, with their faults gathered. Pillow's decoders release the GIL, so it goes by cores."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from .dataset import DataError
from .download import Progress

T = TypeVar("T")
_IN_FLIGHT = 1024  # files handed to threads at once


def readers() -> int:
    """Threads that decode pictures: one a core this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def each_file(
    files: Sequence[Path], work: Callable[[int], T], progress: Progress | None, what: str
) -> tuple[list[T | None], list[str]]:
    """`work` on the number of each file, by threads, in order; None and a fault for each DataError."""
    results: list[T | None] = []
    faults: list[str] = []
    nbytes = [_size(path) for path in files]
    total, done = sum(nbytes), 0
    with ThreadPoolExecutor(readers(), "convscope-read") as pool:
        waiting = deque(pool.submit(work, row) for row in range(min(len(files), _IN_FLIGHT)))
        try:
            for row, size in enumerate(nbytes):
                try:
                    results.append(waiting.popleft().result())
                except DataError as error:
                    results.append(None)
                    faults.append(str(error))
                if row + _IN_FLIGHT < len(files):
                    waiting.append(pool.submit(work, row + _IN_FLIGHT))
                done += size
                if progress:
                    progress(what, done, total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results, faults


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0

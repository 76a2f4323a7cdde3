"""The checkpoints in a run's folder: the last, the one before it, the best, and earlier ones that stay.

Each is a model file with the state of its training. A checkpoint is written once, atomically; its other names are hard
links to it where the disk has them. The one before the last is kept because a disk may damage what it was given.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..io import FileError
from .checkpoint import Checkpoint

if TYPE_CHECKING:
    from ..runtime.model import Model

LAST, PREVIOUS, BEST = "last", "previous", "best"
_SUFFIX = ".safetensors"
_AT_LEAST = 4  # the last, the one before, the best, and the one being written
_STEP = re.compile(r"step-(\d+)")


class Checkpoints:
    """Reads and writes the folder's checkpoints. A failure to write is kept in `error` until one succeeds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last = Checkpoint(self.path(LAST))

    @property
    def error(self) -> FileError | None:
        return self._last.error

    def path(self, name: str) -> Path:
        """The file of "last", "previous", "best" or "step-000000200"."""
        return self.folder / f"{name}{_SUFFIX}"

    def check_room(self, model: Model, buffers: int) -> None:
        """FileError if the disk has no room for the checkpoints, with so many optimiser's buffers in each."""
        self._last.check_room(model, copies=(1 + buffers) * _AT_LEAST)

    def write(self, model: Model, state: dict[str, Any], *names: str) -> bool:
        """Renew the last checkpoint, also under these names; whether it was possible."""
        with contextlib.suppress(OSError):
            self._link(LAST, PREVIOUS)
        if not self._last.write(model, state):
            return False
        for name in names:
            try:
                self._link(LAST, name)
            except OSError as error:
                self._last.error = FileError(self.path(name), [f"was not written ({error.strerror or error})"])
        return self._last.error is None

    def rescue(self, model: Model, state: dict[str, Any], name: str) -> Path | None:
        """Write the model somewhere else; where it went."""
        return self._last.rescue(model, state, name)

    def restore(self, name: str) -> None:
        """Make a checkpoint the last again and drop those of later steps. FileError if it cannot be done."""
        try:
            if name != LAST:
                self._link(name, LAST)
                self.path(PREVIOUS).unlink(missing_ok=True)
        except OSError as error:
            raise FileError(self.path(LAST), [f"was not written ({error.strerror or error})"]) from None

    def drop_after(self, step: int) -> None:
        """Remove the earlier checkpoints of steps beyond this one."""
        for found, name in self.earlier():
            if found > step:
                self.path(name).unlink(missing_ok=True)

    def thin(self, keep: int | None) -> None:
        """Remove all but the newest `keep` of the earlier checkpoints."""
        if keep is not None:
            for _, name in self.earlier()[keep:]:
                self.path(name).unlink(missing_ok=True)

    def earlier(self) -> list[tuple[int, str]]:
        """Steps and names of the earlier checkpoints that were kept, newest first."""
        found = [(_STEP.fullmatch(path.stem), path.stem) for path in self.folder.glob(f"*{_SUFFIX}")]
        return sorted(((int(match[1]), name) for match, name in found if match), reverse=True)

    def names(self) -> list[str]:
        """All that there are, in the order in which a run goes on from them: the newest first, the best last."""
        wanted = [LAST, PREVIOUS, *(name for _, name in self.earlier()), BEST]
        return [name for name in wanted if self.path(name).is_file()]

    def sweep(self) -> None:
        """Remove what a crash left half written."""
        for path in _litter(self.folder):
            with contextlib.suppress(OSError):
                path.unlink()

    def _link(self, name: str, other: str) -> None:
        """Give a checkpoint another name, atomically."""
        source, temporary = self.path(name), self.folder / f".convscope-{os.getpid()}.part"
        if not source.exists():
            return
        temporary.unlink(missing_ok=True)
        try:
            try:
                os.link(source, temporary)
            except OSError:  # a disk without hard links
                shutil.copyfile(source, temporary)
            os.replace(temporary, self.path(other))
        finally:
            temporary.unlink(missing_ok=True)  # two names of one file: renaming one to the other leaves both


def named_after(step: int) -> str:
    """The name under which an earlier checkpoint stays; sorted by name they are in order."""
    return f"step-{step:09}"


def _litter(folder: Path) -> Iterator[Path]:
    return folder.glob(".convscope-*.part")

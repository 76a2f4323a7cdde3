"""Keeping a model while it is trained, whatever the disk does."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..cost.units import format_bytes
from ..io import FileError, save

if TYPE_CHECKING:
    from ..runtime.model import Model


class Checkpoint:
    """The file a run keeps its model in. A failure to write is kept in `error`; training need not stop for it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.error: FileError | None = None

    def check(self) -> None:
        """FileError if the file could not be written, found before the first hour of training."""
        folder = self.path.resolve().parent
        if self.path.is_dir():
            raise FileError(self.path, ["is a folder; name a file in it"])
        if self.path.exists() and not self.path.is_file():
            raise FileError(self.path, ["is not an ordinary file; name one to write to"])
        if not folder.is_dir():
            raise FileError(self.path, [f"there is no folder {folder}; create it or choose another"])
        try:
            handle, probe = tempfile.mkstemp(prefix=".convscope-", dir=folder)
            os.close(handle)
            os.unlink(probe)
        except OSError as error:
            raise FileError(
                self.path, [f"cannot be written ({error.strerror or error}); choose another folder"]
            ) from None

    def check_room(self, model: Model, copies: int = 2) -> None:
        """FileError if the disk has no room for so many times the weights: the model and the state of its optimiser."""
        needed, free = copies * model.flat_weights.nbytes, shutil.disk_usage(self.path.resolve().parent).free
        if needed > free:
            room = f"{format_bytes(needed)} are needed and {format_bytes(free)} are free on its disk"
            raise FileError(self.path, [f"cannot be written, {room}; free some space or choose another disk"])

    def write(self, model: Model, state: dict[str, Any]) -> bool:
        """Write the model with its training state; whether it was possible."""
        try:
            save(model, self.path, training=state)
        except FileError as error:
            self.error = error
            return False
        self.error = None
        return True

    def rescue(self, model: Model, state: dict[str, Any], stem: str = "") -> Path | None:
        """Write the model somewhere else: the current folder, the home folder, the temporary one; where it went."""
        for folder in (Path.cwd(), Path.home(), Path(tempfile.gettempdir())):
            path = folder / f"{stem or self.path.stem}-rescued.safetensors"
            if path.exists():
                continue
            try:
                save(model, path, training=state)
            except FileError:
                continue
            return path
        return None

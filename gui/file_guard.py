"""Care for the open file: whether another window has it too, and whether somebody else changed it meanwhile."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from .models.document import Document
from .settings import state_folder

if TYPE_CHECKING:
    from filelock import FileLock

_Stamp = tuple[int, int] | None


class FileGuard(QObject):
    """Holds a lock for the document's file. `shared` is emitted with a sentence if another window holds it already."""

    shared = Signal(str)

    def __init__(self, document: Document, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._window = document, window
        self._path: Path | None = None
        self._stamp: _Stamp = None
        self._lock: FileLock | None = None
        document.path_changed.connect(self._follow)

    def keep(self, path: Path) -> None:
        """The document is as this file is now."""
        self._stamp = _stamp(path)
        if path != self._path:
            self.release()
            self._path = path
            if not self._claim(path):
                self.shared.emit(
                    f"{path.name} is open in another window, too. Whoever saves last wins: "
                    "save under another name, or close one of the windows."
                )

    def may_overwrite(self, path: Path) -> bool:
        """Whether the file may be written: it is as it was read, or the user wants to replace what others wrote."""
        if path != self._path or self._stamp is None or _stamp(path) in (None, self._stamp):
            return True
        box = QMessageBox(self._window)
        box.setWindowTitle("Convscope")
        box.setText(f"<b>{path.name} was changed by another window or program.</b>")
        box.setInformativeText("Replacing it loses those changes. Save As keeps both.")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Cancel)
        replace = box.addButton("&Replace", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(buttons.Cancel)
        box.exec()
        wanted = box.clickedButton() is replace
        box.deleteLater()
        return wanted

    def release(self) -> None:
        """Let go of the file."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
        self._path = None

    def _follow(self) -> None:
        if self._document.path is None:
            self.release()

    def _claim(self, path: Path) -> bool:
        """False if another window has the file; where no lock can be kept, nobody is warned."""
        from filelock import Timeout  # not needed for the first picture  # noqa: PLC0415

        from convscope.engine.io.locks import lock_at  # noqa: PLC0415

        name = hashlib.sha256(str(path.resolve()).encode(errors="surrogateescape")).hexdigest()[:32]
        folder = state_folder() / "open"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = lock_at(folder / f"{name}.lock")
            lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError:
            return True
        self._lock = lock
        return True


def _stamp(path: Path) -> _Stamp:
    """What changes when a file is written; None if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size

"""What the program keeps on disk, where, and how much of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMessageBox, QPushButton, QWidget

from convscope.engine.cost.units import format_bytes

from ..accessible import named
from ..work.consider import Consider
from .page import Page


class Storage(Page):
    """Folders are measured and emptied by `consider`: runs may be thousands of files."""

    title = "Storage"

    def __init__(self, consider: Consider, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from convscope.engine.data.download import cache_folder  # noqa: PLC0415
        from convscope.engine.kernels import cache  # loads Numba  # noqa: PLC0415
        from convscope.engine.runs.store import default_folder  # noqa: PLC0415

        again = "They are compiled again when they are needed, which takes up to a minute."
        self.kernels = _Kept("Compiled kernels", cache.root, again, consider)
        self.data = _Kept(
            "Downloaded data", lambda: cache_folder(""), "Chosen again, they are downloaded again.", consider
        )
        self.runs = _Kept("Training runs", default_folder, None, consider)
        for kept in (self.kernels, self.data, self.runs):
            kept.about = self.add_row(kept.name, kept)
            kept.refresh()
        self.column.addStretch()


class _Kept(QWidget):
    """How much a folder holds, and buttons that open it and, unless `loss` is None, empty it."""

    def __init__(self, name: str, folder: Callable[[], Path], loss: str | None, consider: Consider) -> None:
        super().__init__()
        self.name, self._folder, self._loss, self._consider = name, folder, loss, consider
        self.about = QLabel()
        self.held = named(QLabel(), f"{name}: size")
        self.open = named(QPushButton("Open folder"), f"{name}: open folder")
        self.open.setAutoDefault(False)
        self.open.clicked.connect(self._open)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.held, 1)
        row.addWidget(self.open)
        if loss is not None:
            self.remove = named(QPushButton("Remove…"), f"{name}: remove")
            self.remove.setAutoDefault(False)
            self.remove.clicked.connect(self._ask)
            row.addWidget(self.remove)

    def refresh(self) -> None:
        """Measure the folder."""
        folder = self._folder()
        self.about.setText(str(folder))
        self._measure(lambda: _bytes(folder))

    def _measure(self, work: Callable[[], int]) -> None:
        """Show how much there is once `work` has found it out; meanwhile nothing can be pressed."""
        self.held.setText("…")
        self._enable(opened=False, removed=False)
        self._consider(f"storage: {self.name}", work, self._take)

    def _take(self, held: Any) -> None:
        if isinstance(held, Exception):
            self.held.setText("cannot be read")
            return
        self.held.setText(format_bytes(held) if held else "nothing")
        self._enable(opened=self._folder().is_dir(), removed=held > 0)

    def _enable(self, opened: bool, removed: bool) -> None:
        self.open.setEnabled(opened)
        if self._loss is not None:
            self.remove.setEnabled(removed)

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder())))

    def _ask(self) -> None:
        box = QMessageBox(QMessageBox.Icon.Question, "Convscope", f"<b>Remove {self.name.lower()}?</b>", parent=self)
        box.setInformativeText(self._loss or "")
        button = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        button.clicked.connect(self.empty)
        box.finished.connect(box.deleteLater)
        box.open()

    def empty(self) -> None:
        """Remove what is in the folder."""
        folder = self._folder()
        self._measure(lambda: _emptied(folder))


def _emptied(folder: Path) -> int:
    """Remove what is in a folder; the bytes that could not be removed."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
    return _bytes(folder)


def _bytes(folder: Path) -> int:
    """What the files below a folder hold; those that vanish meanwhile count nothing."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except OSError:
            continue
    return total

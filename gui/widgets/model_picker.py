"""Which network is looked into: the one that is trained, as it is now, or one from a checkpoint or a model file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog

_NOW = "As it is now"
_OTHER = "Model file…"
_RUNS = 8
"""Runs whose checkpoints are offered, the newest."""


class ModelPicker(QComboBox):
    """`picked(path)` is sent when another network is chosen: a model file's path, "" for the one that is trained."""

    picked = Signal(str)

    def __init__(self, session: Any, parent: Any = None) -> None:
        super().__init__(parent)
        self._session = session
        self.path = ""
        self.setAccessibleName("Network that is looked into")
        self.setToolTip("The network as it is now, or as it was at a checkpoint of a run")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self._fill([])
        self.activated.connect(self._choose)

    def refresh(self) -> None:
        """Offer the checkpoints that there are by now."""
        self._session.consider("checkpoints to look into", _checkpoints, self._take)

    def choose(self, path: str, text: str = "") -> None:
        """Look into the network of this file; "" for the one that is trained."""
        index = self.findData(path)
        if index < 0:
            index = self.count() - 1
            self.insertItem(index, text or Path(path).name, path)
        self.setCurrentIndex(index)
        self.setToolTip(self.itemText(index))
        if path != self.path:
            self.path = path
            self.picked.emit(path)

    def _fill(self, entries: list[tuple[str, str]]) -> None:
        kept = (self.currentText(), self.path)
        self.clear()
        self.addItem(_NOW, "")
        for text, path in entries:
            self.addItem(text, path)
        if self.path and self.findData(self.path) < 0:
            self.addItem(*kept)
        self.addItem(_OTHER, None)
        self.setCurrentIndex(self.findData(self.path))

    def _take(self, found: Any) -> None:
        if not isinstance(found, Exception):
            self._fill(found)

    def _choose(self, index: int) -> None:
        path = self.itemData(index)
        if path is None:
            self.setCurrentIndex(self.findData(self.path))
            path, _ = QFileDialog.getOpenFileName(self, "Look into a model", str(Path.home()), "Models (*.safetensors)")
            if not path:
                return
        self.choose(path)


def _checkpoints() -> list[tuple[str, str]]:
    """What is written of the newest runs, as (text, path)."""
    from convscope.engine.runs import RunStore  # noqa: PLC0415

    store, found = RunStore(), []
    for run in list(store.runs())[:_RUNS]:
        checkpoints = store.folder(run.id).checkpoints
        for name in checkpoints.names():
            path = Path(checkpoints.path(name))
            if path.exists():
                found.append((f"{run.name or run.id}: {name}", str(path)))
    return found

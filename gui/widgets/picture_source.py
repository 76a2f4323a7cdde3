"""Where a lesson's image comes from: the data set at hand, a picture file, or a row of numbers."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QPushButton, QSpinBox, QToolButton, QWidget

from convscope.engine.data.images import read_fitted, read_header, suffixes

from ..accessible import named
from ..icons import set_icon
from ..stylesheet import pad_spin_boxes

LONGEST = 480
"""Pixels of the longer side of an opened picture: what is larger is made smaller, as it would be on the screen."""


class PictureSource(QWidget):
    """`picked()` is sent when there is another image; `failed(text)` when a file could not be read."""

    picked = Signal()
    failed = Signal(str)

    def __init__(self, session: Any, row: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._images: NDArray[Any] = np.zeros((0, 1, 1, 1), np.uint8)
        self._opened: NDArray[Any] | None = None
        self.row = np.array(row, float)
        self.kind = named(QComboBox(), "Image", "Where the image comes from")
        for text, kind in (("Image of the data set", "data"), ("Picture file", "file"), ("Row of numbers", "row")):
            self.kind.addItem(text, kind)
        self.kind.currentIndexChanged.connect(self._choose)
        self.kind.activated.connect(self._settle)
        self._settled = False  # whether the user has chosen
        self.number = named(QSpinBox(), "Image number", "Number of the image in the data set")
        self.number.setMinimum(1)
        self.number.setMinimumWidth(80)
        self.number.valueChanged.connect(self.picked)
        pad_spin_boxes(self.number)
        self.shuffle = named(QToolButton(), "Random image", "Random image")
        self.shuffle.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.shuffle.clicked.connect(self._pick_random)
        set_icon(self.shuffle, "shuffle")
        self.open = named(QPushButton("Open a picture…"), "Open a picture")
        self.open.clicked.connect(self._ask)
        label = QLabel("Image")
        label.setProperty("role", "muted")
        label.setBuddy(self.kind)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for part in (label, self.kind, self.number, self.shuffle, self.open):
            layout.addWidget(part)
        layout.addStretch(1)
        session.data_changed.connect(self._take_data)
        self._take_data(session.dataset)
        if session.dataset is None:  # there is something to see from the start
            self.choose("row")
        self._show_fields()

    @property
    def pixels(self) -> NDArray[Any] | None:
        """The image (H, W, C), the row (W,), or None while there is none."""
        if self.kind.currentData() == "row":
            return self.row
        if self.kind.currentData() == "file":
            return self._opened
        return self._images[self.number.value() - 1] if len(self._images) else None

    def choose(self, kind: str) -> None:
        """Show an image of this kind: data, file or row."""
        self.kind.setCurrentIndex(self.kind.findData(kind))

    def read(self, path: str) -> None:
        """Read a picture file off the GUI thread and show it."""
        self._session.consider("lesson picture", lambda: _fitted(path), self._take_picture)

    # ---- inside

    def _take_data(self, dataset: Any) -> None:
        if dataset is None:
            return
        self._images = dataset.test_images if len(dataset.test_images) else dataset.train_images
        self.number.setMaximum(max(len(self._images), 1))
        if not self._settled and self.kind.currentData() == "row":
            self.choose("data")
        elif self.kind.currentData() == "data":
            self.picked.emit()

    def _settle(self) -> None:
        """What the user chose stays when data come."""
        self._settled = True

    def _take_picture(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.failed.emit(str(result))
            return
        self._opened = result
        self.choose("file")
        self.picked.emit()

    def _choose(self) -> None:
        self._show_fields()
        if self.kind.currentData() == "file" and self._opened is None:
            self._ask()
        else:
            self.picked.emit()

    def _show_fields(self) -> None:
        kind = self.kind.currentData()
        self.number.setVisible(kind == "data")
        self.shuffle.setVisible(kind == "data")
        self.open.setVisible(kind != "row")

    def _pick_random(self) -> None:
        self.number.setValue(random.randint(1, self.number.maximum()))

    def _ask(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in sorted(suffixes()))
        path, _ = QFileDialog.getOpenFileName(self, "Open a picture", str(Path.home()), f"Pictures ({kinds})")
        if path:
            self.read(path)
        elif self._opened is None and self.kind.currentData() == "file":
            self.choose("data")


def _fitted(path: str) -> NDArray[np.uint8]:
    """A picture file in its own colours and proportions, no side longer than LONGEST."""
    header = read_header(path)
    shrink = min(1.0, LONGEST / max(header.height, header.width))
    size = (max(1, round(header.height * shrink)), max(1, round(header.width * shrink)))
    return read_fitted(path, 1 if header.grey else 3, size)

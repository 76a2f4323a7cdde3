"""One image of a data set, pinned: chosen by number, one by one or at random."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QToolButton, QVBoxLayout, QWidget

from convscope.engine.data.dataset import DataError

from ..icons import set_icon
from .fitted_picture import FittedPicture
from .pixel_box import Box

SIDE = 168  # pixels that the picture is wide
LEAST = 72  # pixels that it keeps in a low view


class ImagePicker(QWidget):
    """Shows an image with its true class; `picked()` is sent when another one is chosen.

    `pointed(row, column)` is the pixel under the mouse, -1 and -1 when there is none.

    Images are the test images of the data set, or its training images when there are none.
    """

    picked = Signal()
    pointed = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dataset: Any = None
        self._images: NDArray[Any] = np.zeros((0, 1, 1, 1), np.uint8)
        self._labels: NDArray[Any] = np.zeros(0, np.int64)
        self._pixels: NDArray[Any] | None = None
        self._random = random.Random()
        self._picture = FittedPicture("Image")
        self._picture.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._picture.setFixedWidth(SIDE)
        self._picture.setMinimumHeight(LEAST)
        self._picture.setMaximumHeight(SIDE)
        self._picture.pointed.connect(self.pointed)
        self._caption = QLabel()
        self._number = QSpinBox()
        self._number.setAccessibleName("Image number")
        self._number.setToolTip("Number of the image")
        self._number.setKeyboardTracking(False)
        self._number.setMinimum(1)
        self._number.valueChanged.connect(self._show)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._button("caret-left", "Previous image", lambda: self._move(-1)))
        row.addWidget(self._number, 1)
        row.addWidget(self._button("caret-right", "Next image", lambda: self._move(1)))
        row.addWidget(self._button("shuffle", "Random image", self.pick_random))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._picture, 1)
        column.addLayout(row)
        column.addWidget(self._caption)
        self.setFixedWidth(SIDE)

    def _button(self, icon: str, text: str, clicked: Any) -> QToolButton:
        button = QToolButton()
        button.setAccessibleName(text)
        button.setToolTip(text)
        button.clicked.connect(clicked)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_icon(button, icon)
        return button

    @property
    def index(self) -> int:
        """Index of the image, from 0."""
        return self._number.value() - 1

    @property
    def image(self) -> NDArray[Any] | None:
        """Pixels (H, W, C) of the image, or None without a data set or where its file cannot be read."""
        return self._pixels

    @property
    def label(self) -> int:
        """The class the image has."""
        return int(self._labels[self.index]) if len(self._labels) else -1

    @property
    def source(self) -> str:
        """The data set and the split that the images are from, such as `digits test`; "" without a data set."""
        if self._dataset is None:
            return ""
        return f"{self._dataset.name} {'test' if self._images is self._dataset.test_images else 'train'}"

    @property
    def classes(self) -> tuple[str, ...]:
        return self._dataset.classes if self._dataset is not None else ()

    def set_data(self, dataset: Any) -> None:
        """Offer the images of a data set, and show its first."""
        if dataset is self._dataset:
            return
        tested = len(dataset.test_images) > 0
        self._dataset = dataset
        self._images = dataset.test_images if tested else dataset.train_images
        self._labels = dataset.test_labels if tested else dataset.train_labels
        self._number.blockSignals(True)
        self._number.setMaximum(len(self._images))
        self._number.setToolTip(f"Number of the image, 1 to {len(self._images):,}")
        self._number.setValue(1)
        self._number.blockSignals(False)
        self._show()

    @property
    def box(self) -> Box | None:
        """The box that is drawn over the image."""
        return self._picture.box

    def show_box(self, box: Box | None) -> None:
        """Draw a box of pixels over the image; None for no box."""
        self._picture.show_box(box)

    def show_instead(self, other: tuple[NDArray[Any], str] | None) -> None:
        """Show another image, pixels and what to call it, in place of the one picked, until None is given."""
        if other is not None:
            self._picture.show_pixels(other[0])
            self._caption.setText(f"Pinned: <b>{other[1]}</b>")
            self._picture.setAccessibleName(f"Pinned image, {other[1]}")
        else:
            self._show_picked()

    def pick_random(self) -> None:
        """Show another image."""
        if len(self._images) > 1:
            other = self._random.randrange(len(self._images) - 1)
            self._number.setValue(1 + other + (other >= self.index))

    def _move(self, step: int) -> None:
        if len(self._images):
            self._number.setValue(1 + (self.index + step) % len(self._images))

    def _show(self) -> None:
        """Read the image that is picked, once: its file may be gone by the next time."""
        try:
            self._pixels = self._images[self.index] if len(self._images) else None
        except DataError as error:
            self._pixels = None
            self._caption.setText("This image cannot be read.")
            self._caption.setToolTip(str(error))
            return
        if self._pixels is not None:
            self._caption.setToolTip("")
            self._show_picked()
            self.picked.emit()

    def _show_picked(self) -> None:
        image = self.image
        if image is None:
            return
        self._picture.show_pixels(image)
        name = self.classes[self.label]
        kind = "Test image" if self._images is self._dataset.test_images else "Training image"
        self._caption.setText(f"{kind}: <b>{name}</b>")
        self._picture.setAccessibleName(f"{kind} {self.index + 1}, {name}")

"""One image of a data set, pinned: chosen by number, one by one or at random."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QToolButton, QVBoxLayout, QWidget

from ..icons import set_icon
from ..theme import follow, theme
from .pixel_box import Box, paint_box, pixel_at

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
        self._random = random.Random()
        self._picture = _Picture()
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
        """Pixels (H, W, C) of the image, or None without a data set."""
        return self._images[self.index] if len(self._images) else None

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
        elif len(self._images):
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
        if self.image is not None:
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


class _Picture(QWidget):
    """Pixels as large as fits: small images as blocks without blur, photographs smoothly."""

    pointed = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.box: Box | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setFixedWidth(SIDE)
        self.setMinimumHeight(LEAST)
        self.setMaximumHeight(SIDE)
        self._image: QImage | None = None
        follow(self, self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(SIDE, SIDE)

    def show_pixels(self, pixels: NDArray[Any]) -> None:
        data = np.ascontiguousarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0], np.uint8)
        colour = data.ndim == 3
        kind = QImage.Format.Format_RGB888 if colour else QImage.Format.Format_Grayscale8
        self.box = None
        self._image = QImage(data.data, data.shape[1], data.shape[0], data.shape[1] * (3 if colour else 1), kind).copy()
        self.update()

    def show_box(self, box: Box | None) -> None:
        if box != self.box:
            self.box = box
            self.update()

    def place(self) -> QRectF:
        """Where the picture stands, in the middle."""
        assert self._image is not None
        size = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) / 2, (self.height() - size.height()) / 2
        return QRectF(left, top, size.width(), size.height())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._image is not None:
            size = (self._image.height(), self._image.width())
            self.pointed.emit(*(pixel_at(self.place(), size, event.position()) or (-1, -1)))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.pointed.emit(-1, -1)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._image is None:
            return
        painter = QPainter(self)
        small = self._image.width() < self.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not small)
        painter.drawImage(self.place(), self._image)
        painter.setPen(theme.color("line"))
        painter.drawRect(self.place().adjusted(0, 0, -1, -1))
        if self.box is not None:
            paint_box(painter, self.place(), (self._image.height(), self._image.width()), self.box)

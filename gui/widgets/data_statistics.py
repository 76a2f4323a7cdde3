"""The mean image of a data set and the figures of its channels, as they are measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from .fitted_picture import FittedPicture
from .wrapped import Wrapped

SAMPLE = 2048
"""Images of a set too large for memory that are measured, evenly spaced."""

_CHUNK = 64  # images between two pictures of what is measured so far
_CHANNELS = {1: ("Grey",), 3: ("Red", "Green", "Blue")}
_HEADINGS = ("Channel", "Mean", "Spread", "Mean, 0–1", "Spread, 0–1")


class DataStatistics(QWidget):
    """Measures a split while it is visible, off the window's thread, a chunk at a time."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._images: Any = None
        self._of = 0
        self._steps: Iterator[Any] | None = None
        self._done: tuple[int, Any] | None = None
        self._cells: list[QLabel] = []
        self.picture = FittedPicture("Mean image")
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(16)
        self._table.setVerticalSpacing(4)
        self._progress = Wrapped()
        caption = QLabel("Mean image")
        caption.setProperty("role", "heading")
        heading = QLabel("Pixels, 0–255")
        heading.setProperty("role", "heading")
        self._table.setColumnStretch(len(_HEADINGS), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(caption)
        column.addWidget(self.picture, 1)
        column.addWidget(heading)
        column.addLayout(self._table)
        column.addWidget(self._progress)

    @property
    def measured(self) -> Any:
        """The engine's Measured of the images seen so far, None before the first."""
        return self._done[1] if self._done else None

    @property
    def finished(self) -> bool:
        """Whether all images that will be measured are."""
        return self._done is not None and self._done[0] >= min(len(self._images), self._of)

    def set_images(self, images: Any) -> None:
        """Measure these (N, H, W, C), when there is somebody to see it."""
        if images is self._images:
            return
        self._images, self._steps, self._done = images, None, None
        self._of = len(images) if isinstance(images, np.ndarray) else min(len(images), SAMPLE)
        self._show()
        self._ask()

    def showEvent(self, event: Any) -> None:  # noqa: N802
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        if self._images is None or not len(self._images) or self.finished or not self.isVisible():
            return
        images = self._images

        def work() -> Any:
            if self._steps is None:
                self._steps = _measuring(images, self._of)
            return images, next(self._steps)

        self._session.consider("data statistics", work, self._take)

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self._progress.setText(str(result))
            return
        images, done = result
        if images is self._images:
            self._done = done
            self._show()
            self._ask()

    def _show(self) -> None:
        for cell in self._cells:
            cell.deleteLater()
        self._cells.clear()
        if self._done is None:
            self._progress.setText("No images." if self._images is not None and not len(self._images) else "Measuring…")
            return
        seen, found = self._done
        mean = found.mean_image.clip(0, 255).astype(np.uint8)
        self.picture.show_pixels(np.repeat(mean, 3, 2) if mean.shape[2] == 1 else mean)
        for column, text in enumerate(_HEADINGS):
            self._cell(text, 0, column, "small")
        for row, name in enumerate(_CHANNELS[len(found.mean)], 1):
            mean, std = float(found.mean[row - 1]), float(found.std[row - 1])
            texts = (name, f"{mean:.2f}", f"{std:.2f}", f"{mean / 255:.4f}", f"{std / 255:.4f}")
            for column, text in enumerate(texts):
                self._cell(text, row, column, "")
        total = len(self._images)
        part = f"{seen:,} images" if seen == total else f"{seen:,} of {total:,} images"
        self._progress.setText(f"Measured over {part}.")

    def _cell(self, text: str, row: int, column: int, role: str) -> None:
        label = QLabel(text)
        label.setProperty("role", role)
        self._cells.append(label)
        side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
        self._table.addWidget(label, row, column, side)


def _measuring(images: Any, count: int) -> Iterator[Any]:
    """The figures so far of as many images as are measured; a sample has readers of its own."""
    from convscope.engine.data.facts import measuring  # noqa: PLC0415

    if count == len(images):
        yield from measuring(images, max(count // 20, _CHUNK))
        return
    sample = images.take(np.linspace(0, len(images) - 1, count).astype(np.int64))
    try:
        yield from measuring(sample, _CHUNK)
    finally:
        sample.close()

"""A picture of one's own: opened from a file or dropped, and forgotten again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QToolButton, QWidget

from convscope.engine.data.images import read_fitted, read_header, suffixes

from ..accessible import named
from ..icons import set_icon
from .fitted_picture import rgb

LONGEST = 1024
"""Pixels of the longer side; what is larger is made smaller."""


class PictureFile(QWidget):
    """A button that opens a picture and then bears its name, and one that forgets it.

    `picked()` is sent when there is another picture or none any more, `failed(text)` when a file could not be read.
    """

    picked = Signal()
    failed = Signal(str)

    def __init__(self, session: Any, text: str, forget: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._text = session, text
        self._pixels: NDArray[Any] | None = None
        self.name = ""
        self.open = named(QPushButton(text), text.rstrip("…"))
        self.open.setMinimumWidth(64)
        self.open.clicked.connect(self._ask)
        self.forget = named(QToolButton(), forget, forget)
        self.forget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.forget.clicked.connect(self.clear)
        self.forget.hide()
        set_icon(self.forget, "x")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.open, 1)
        row.addWidget(self.forget)

    @property
    def pixels(self) -> NDArray[Any] | None:
        """The picture (H, W, C) in its own colours and proportions, or None."""
        return self._pixels

    def read(self, path: str) -> None:
        """Read a picture file off the GUI thread."""
        self._session.consider(f"picture {self._text}", lambda: (path, _fitted(path)), self._take)

    def take(self, data: QMimeData) -> None:
        """Take the picture, or the picture file, of a clipboard or a drag; nothing where there is none."""
        if path := _file(data):
            self.read(path)
        elif data.hasImage():
            image = QImage(data.imageData())
            if max(image.width(), image.height()) > LONGEST:
                smooth = Qt.TransformationMode.SmoothTransformation
                image = image.scaled(LONGEST, LONGEST, Qt.AspectRatioMode.KeepAspectRatio, smooth)
            self._pixels, self.name = rgb(image), "Pasted picture"
            self._show()

    def clear(self) -> None:
        """Forget the picture."""
        self._pixels, self.name = None, ""
        self._show()

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.failed.emit(str(result))
            return
        path, self._pixels = result
        self.name = Path(path).name
        self._show()

    def _show(self) -> None:
        metrics = self.open.fontMetrics()
        name = metrics.elidedText(self.name, Qt.TextElideMode.ElideMiddle, max(self.width() - 72, 80))
        self.open.setText(name or self._text)
        self.open.setToolTip(self.name)
        self.forget.setVisible(self._pixels is not None)
        self.picked.emit()

    def _ask(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in sorted(suffixes()))
        path, _ = QFileDialog.getOpenFileName(self, "Open a picture", str(Path.home()), f"Pictures ({kinds})")
        if path:
            self.read(path)


def holds_picture(data: QMimeData | None) -> bool:
    """Whether a clipboard or a drag has a picture, or a picture file; None is that of a system without a clipboard."""
    return data is not None and (data.hasImage() or bool(_file(data)))


def _file(data: QMimeData) -> str:
    """The first picture file of a clipboard or a drag, "" for none."""
    paths = (url.toLocalFile() for url in data.urls() if url.isLocalFile())
    return next((path for path in paths if Path(path).suffix.lower() in suffixes()), "")


def _fitted(path: str) -> NDArray[np.uint8]:
    """A picture file, no side longer than LONGEST."""
    header = read_header(path)
    shrink = min(1.0, LONGEST / max(header.height, header.width))
    size = (max(1, round(header.height * shrink)), max(1, round(header.width * shrink)))
    return read_fitted(path, 1 if header.grey else 3, size)

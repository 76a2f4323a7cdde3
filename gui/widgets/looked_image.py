"""The image that is looked at: one of the data set, or a picture of one's own."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from .fitted_picture import FittedPicture
from .image_picker import SIDE, ImagePicker
from .picture_file import PictureFile, holds_picture

_NONE = "Choose a data set in Train, or open a picture."
_LOADING = "The images of the data set are being read."


class LookedImage(QWidget):
    """An image picker, which an opened, dropped or pasted picture takes the place of.

    `failed(text)`: it could not be read.
    """

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.picker = ImagePicker()
        self.file = PictureFile(session, "Open a picture…", "Back to the data set")
        self.failed = self.file.failed
        self._picture = FittedPicture("Picture")
        self._picture.setFixedSize(SIDE, SIDE)
        self._nothing = QLabel(_NONE)
        self._nothing.setProperty("role", "muted")
        self._nothing.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for part in (self._nothing, self.picker, self._picture, self.file):
            column.addWidget(part)
        self.setAcceptDrops(True)
        self.file.picked.connect(self._show)
        session.data_changed.connect(self._take_data)
        self._take_data(session.dataset)

    @property
    def pixels(self) -> NDArray[Any] | None:
        """The image (H, W, C), or None while there is none, as when another data set is being read."""
        if self.file.pixels is not None:
            return self.file.pixels
        return None if self._session.dataset is None else self.picker.image

    @property
    def reason(self) -> str:
        """Why there is no image."""
        return _LOADING if self._session.loading else _NONE

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if holds_picture(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self.file.take(event.mimeData())
        event.acceptProposedAction()

    def _take_data(self, dataset: Any) -> None:
        if dataset is not None:
            self.picker.set_data(dataset)
        self._show()

    def _show(self) -> None:
        opened = self.file.pixels
        if opened is not None:
            self._picture.show_pixels(opened)
        self._picture.setVisible(opened is not None)
        self.picker.setVisible(opened is None and self.pixels is not None)
        self._nothing.setText(self.reason)
        self._nothing.setVisible(self.pixels is None)

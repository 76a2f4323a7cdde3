"""The pinned images as small pictures: a click shows one, and another lets go of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from convscope.engine.data.images import read_fitted, read_header, suffixes

from ..accessible import named
from ..icons import set_icon
from ..models.pins import MOST, Pin
from .fitted_picture import qimage
from .image_picker import SIDE, ImagePicker

_THUMBNAIL = 32
_LONGEST = 512
"""Pixels of the longer side of an opened picture."""


class PinStrip(QWidget):
    """Buttons for each pin, one that pins the image that is picked, and one that opens a picture and pins it."""

    def __init__(self, session: Any, picker: ImagePicker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._picker = session, picker
        self._pins = session.film.pins
        self.buttons: dict[int, QToolButton] = {}
        self.pin = self._button("push-pin", "Pin the image", "Pin this image: it is filmed while the network learns")
        self.pin.clicked.connect(self._pin)
        self.open = self._button("folder-open", "Pin a picture file", "Open a picture and pin it")
        self.open.clicked.connect(self._ask)
        self._rows = [QHBoxLayout(), QHBoxLayout()]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for row in self._rows:
            row.setSpacing(4)
            row.setAlignment(Qt.AlignmentFlag.AlignLeft)
            column.addLayout(row)
        self._rows[1].addWidget(self.pin)
        self._rows[1].addWidget(self.open)
        self.setFixedWidth(SIDE)
        self._pins.changed.connect(self._show)
        picker.picked.connect(self._pick)
        self._show()

    def _button(self, icon: str, name: str, tip: str) -> QToolButton:
        button = named(QToolButton(), name, tip)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_icon(button, icon)
        return button

    def pin_of_picked(self) -> Pin | None:
        """The pin of the image that is picked, if it is pinned."""
        found: Pin | None = self._pins.find(self._picker.source, self._picker.index)
        return found

    def read(self, path: str) -> None:
        """Read a picture beside the window and pin it."""
        info = self._session.model_info
        channels = info.network.input[2] if info is not None else 3
        self._session.consider("pin a picture", lambda: (path, _fitted(path, channels)), self._take)

    # ---- inside

    def _pin(self) -> None:
        dataset, picker = self._session.dataset, self._picker
        if dataset is not None:
            self._session.film.pin(dataset, picker.source.rpartition(" ")[2], picker.index)

    def _ask(self) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in sorted(suffixes()))
        path, _ = QFileDialog.getOpenFileName(self, "Pin a picture", str(Path.home()), f"Pictures ({kinds})")
        if path:
            self.read(path)

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self._session.message.emit(str(result), True)
            return
        path, pixels = result
        self._pins.pin(pixels, Path(path).name)

    def _pick(self) -> None:
        """Another image was picked: look at that."""
        self._pins.show(-1)

    def _show(self) -> None:
        pins = self._pins.all
        for key in [key for key in self.buttons if key not in {pin.key for pin in pins}]:
            self.buttons.pop(key).deleteLater()
        for pin in pins:
            if pin.key not in self.buttons:
                self.buttons[pin.key] = self._thumbnail(pin)
        current = self._pins.current
        for key, button in self.buttons.items():
            button.setChecked(current is not None and key == current.key)
        self._picker.show_instead(None if current is None else (current.pixels, current.short))
        self.pin.setEnabled(not self._pins.full and self.pin_of_picked() is None and current is None)
        self.open.setEnabled(not self._pins.full)
        for place, key in enumerate(self.buttons):
            row, column = divmod(place, MOST // 2)
            self._rows[row].insertWidget(column, self.buttons[key])

    def _thumbnail(self, pin: Pin) -> QToolButton:
        button = named(QToolButton(), pin.title, f"{pin.title}\nRight click or Delete: let go of it")
        button.setCheckable(True)
        button.setIconSize(QSize(_THUMBNAIL - 6, _THUMBNAIL - 6))
        button.setFixedSize(_THUMBNAIL, _THUMBNAIL)
        button.setIcon(QIcon(QPixmap.fromImage(qimage(_coloured(pin.pixels)))))
        button.clicked.connect(lambda on, key=pin.key: self._pins.show(key if on else -1))
        button.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        button.customContextMenuRequested.connect(lambda place, b=button, key=pin.key: self._open_menu(b, place, key))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _open_menu(self, button: QToolButton, place: Any, key: int) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Let go of this image", lambda: self._pins.unpin(key))
        menu.popup(button.mapToGlobal(place))

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802
        focused = next((key for key, button in self.buttons.items() if button.hasFocus()), None)
        if event.key() == Qt.Key.Key_Delete and focused is not None:
            self._pins.unpin(focused)
        else:
            super().keyPressEvent(event)


def _coloured(pixels: NDArray[Any]) -> NDArray[Any]:
    """Grey pixels (H, W, 1) as RGB, enlarged in blocks so that the button's icon is not blurred."""
    rgb = np.repeat(pixels, 3, 2) if pixels.shape[2] == 1 else pixels
    times = max(2 * _THUMBNAIL // max(rgb.shape[:2]), 1)
    return rgb.repeat(times, 0).repeat(times, 1)


def _fitted(path: str, channels: int) -> NDArray[np.uint8]:
    """A picture file in its own proportions, no side longer than `_LONGEST`."""
    header = read_header(path)
    shrink = min(1.0, _LONGEST / max(header.height, header.width))
    return read_fitted(path, channels, (max(1, round(header.height * shrink)), max(1, round(header.width * shrink))))

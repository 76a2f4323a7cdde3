"""A sheet to draw on with the mouse or the keyboard; a picture can be laid on it, too."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QMimeData, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from ..theme import body_font, follow, theme
from .fitted_picture import rgb

SIDE = 280
"""Rows and columns of an empty sheet."""

LONGEST = 448
"""Pixels of a picture's longer side."""

_LEAST, _MOST_STEPS = 160, 60
_KEYS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
_KEY_STEP = SIDE / 28
_HINT = "Draw here, or drop or paste a picture"


class SketchPad(QWidget):
    """Left button draws, right button rubs out; arrow keys move a pen that Space puts down and lifts.

    `drawn()` is sent after each change, `dropped(path)` for a picture file that was dropped or pasted.
    """

    drawn = Signal()
    dropped = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip("Left button draws, right button rubs out; arrow keys move a pen, Space puts it down")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.brush = 0.09
        """Width of the line as a share of the sheet's side."""
        self.dark = False
        self._before: list[tuple[QImage, bool, bool]] = []
        self._last: QPointF | None = None
        self._pen: QPointF | None = None
        self._down = False
        self._sheet = QImage()
        self.empty, self.is_picture = True, False
        self._wipe()
        follow(self, self.update)

    # ---- contents

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """What is on the sheet as RGB (H, W, 3)."""
        return rgb(self._sheet)

    @property
    def ink(self) -> NDArray[np.uint8]:
        """The ink alone (H, W): 0 for the ground, whichever of both is dark."""
        grey: NDArray[np.uint8] = self.pixels[..., 0]
        return 255 - grey if self.dark else grey

    def set_dark(self, dark: bool) -> None:
        """Draw dark on a light ground, or light on a dark one; what is drawn turns with it."""
        if dark != self.dark:
            self.dark = dark
            self._before.clear()
            if not self.is_picture:
                self._sheet.invertPixels()
            self.update()

    def show_pixels(self, pixels: NDArray[Any]) -> None:
        """Lay a picture (H, W, C) on the sheet, which takes its size, up to `LONGEST` pixels a side."""
        self._remember()
        data = np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), np.uint8)
        height, width = data.shape[:2]
        picture = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        if max(height, width) > LONGEST:  # more would make drawing slow, and few networks see more
            smooth = Qt.TransformationMode.SmoothTransformation
            picture = picture.scaled(LONGEST, LONGEST, Qt.AspectRatioMode.KeepAspectRatio, smooth)
        self._sheet = picture.convertToFormat(QImage.Format.Format_RGB32)
        self.empty, self.is_picture = False, True
        self._tell()

    def clear(self) -> None:
        """An empty sheet; `undo` brings back what was on it."""
        if not self.empty:
            self._remember()
            self._wipe()
            self._tell()

    def undo(self) -> None:
        """Take back the last line, picture or clearing."""
        if self._before:
            self._sheet, self.empty, self.is_picture = self._before.pop()
            self._tell()

    def take(self, data: QMimeData) -> bool:
        """Lay down the picture on a clipboard or of a drag; whether there was one."""
        path = next((url.toLocalFile() for url in data.urls() if url.isLocalFile()), "")
        if path:
            self.dropped.emit(path)
        elif data.hasImage():
            self.show_pixels(rgb(QImage(data.imageData())))
        return bool(path) or data.hasImage()

    def _wipe(self) -> None:
        self._sheet = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
        self._sheet.fill(Qt.GlobalColor.white if self.dark else Qt.GlobalColor.black)
        self.empty, self.is_picture = True, False

    def _remember(self) -> None:
        self._before = [*self._before, (self._sheet.copy(), self.empty, self.is_picture)][-_MOST_STEPS:]

    def _tell(self) -> None:
        state = "empty" if self.empty else "a picture" if self.is_picture else "a drawing"
        self.setAccessibleDescription(f"The sheet holds {state}" if not self.empty else "The sheet is empty")
        self.update()
        self.drawn.emit()

    # ---- drawing

    def _line(self, start: QPointF, end: QPointF, rubs: bool) -> None:
        ground, ink = ("#ffffff", "#000000") if self.dark else ("#000000", "#ffffff")
        painter = QPainter(self._sheet)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self.brush * min(self._sheet.width(), self._sheet.height())
        colour = QColor(ground if rubs else ink)
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPoint(start) if start == end else painter.drawLine(start, end)
        painter.end()
        self.empty = False
        self._tell()

    def place(self) -> QRectF:
        """Where the sheet stands, in the middle."""
        zoom = min(self.width() / self._sheet.width(), self.height() / self._sheet.height())
        width, height = self._sheet.width() * zoom, self._sheet.height() * zoom
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def _on_sheet(self, point: QPointF) -> QPointF:
        place = self.place()
        zoom = self._sheet.width() / place.width()
        return QPointF((point.x() - place.left()) * zoom, (point.y() - place.top()) * zoom)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._remember()
            self._rubs = event.button() == Qt.MouseButton.RightButton
            self._last = self._on_sheet(event.position())
            self._line(self._last, self._last, self._rubs)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._last is not None:
            point = self._on_sheet(event.position())
            self._line(self._last, point, self._rubs)
            self._last = point

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._last = None

    # ---- the keyboard, and what comes from elsewhere

    def event(self, event: QEvent) -> bool:
        """Keep Ctrl+Z and Ctrl+V from the window's actions while the sheet has the keyboard."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            standard = QKeySequence.StandardKey
            if event.matches(standard.Undo) or event.matches(standard.Paste) or event.key() == Qt.Key.Key_Delete:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = _KEYS.get(Qt.Key(event.key()))
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.take(QApplication.clipboard().mimeData())
        elif event.key() == Qt.Key.Key_Delete:
            self.clear()
        elif event.key() == Qt.Key.Key_Space:
            self._toggle_pen()
        elif step is not None:
            self._move_pen(*step)
        else:
            super().keyPressEvent(event)

    def _toggle_pen(self) -> None:
        self._pen = self._pen or QPointF(self._sheet.width() / 2, self._sheet.height() / 2)
        self._down = not self._down
        if self._down:
            self._remember()
            self._line(self._pen, self._pen, rubs=False)
        self.update()

    def _move_pen(self, across: int, down: int) -> None:
        pen = self._pen or QPointF(self._sheet.width() / 2, self._sheet.height() / 2)
        x = min(max(pen.x() + across * _KEY_STEP, 0), self._sheet.width())
        y = min(max(pen.y() + down * _KEY_STEP, 0), self._sheet.height())
        self._pen = QPointF(x, y)
        if self._down:
            self._line(pen, self._pen, rubs=False)
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        data = event.mimeData()
        if data.hasImage() or any(url.isLocalFile() for url in data.urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        if self.take(event.mimeData()):
            event.acceptProposedAction()

    # ---- painting

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(SIDE, SIDE)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(_LEAST, _LEAST)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        place = self.place()
        painter.drawImage(place, self._sheet)
        painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "line"), 2 if self.hasFocus() else 1))
        painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))
        if self.empty:
            painter.setFont(body_font())
            painter.setPen(QColor("#5b6573" if self.dark else "#a0a9b6"))
            painter.drawText(
                place.adjusted(16, 16, -16, -16), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), _HINT
            )
        if self._pen is not None and self.hasFocus():
            zoom = place.width() / self._sheet.width()
            at = QPointF(place.left() + self._pen.x() * zoom, place.top() + self._pen.y() * zoom)
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(theme.color("accent") if self._down else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, 5, 5)

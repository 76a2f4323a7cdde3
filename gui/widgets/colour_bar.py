"""The key to a picture in false colours: the map with the values at its ends."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, small_font, theme
from .colours import Scale, table
from .figures import plain

_THICK = 8


class ColourBar(QWidget):
    """A horizontal bar: least value, map, greatest value, and a note such as “each filter's own range”."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._scale: Scale | None = None
        self._note = ""
        self.setAccessibleName("Colour scale")
        follow(self, self.update)

    def show_scale(self, scale: Scale, note: str = "") -> None:
        if (scale, note) != (self._scale, self._note):
            self._scale, self._note = scale, note
            self.setAccessibleDescription(f"from {plain(scale.low)} to {plain(scale.high)}. {note}")
            self.update()

    @property
    def scale(self) -> Scale | None:
        return self._scale

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(240, 24)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        if self._scale is None:
            return
        painter = QPainter(self)
        painter.setFont(small_font())
        painter.setPen(theme.color("muted"))
        metrics = painter.fontMetrics()
        low, high = plain(self._scale.low), plain(self._scale.high)
        ends = [metrics.horizontalAdvance(text) for text in (low, high, self._note)]
        width = min(180, self.width() - sum(ends) - 40)
        middle = self.height() // 2
        baseline = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRect(0, 0, ends[0], self.height()), baseline, low)
        bar = QRect(ends[0] + 8, middle - _THICK // 2, max(width, 32), _THICK)
        painter.drawImage(bar, _strip(self._scale.map))
        painter.drawText(QRect(bar.right() + 9, 0, ends[1] + 2, self.height()), baseline, high)
        note = QRect(bar.right() + ends[1] + 25, 0, ends[2] + 4, self.height())
        if note.right() <= self.width():
            painter.drawText(note, baseline, self._note)


@lru_cache
def _strip(map: str) -> QImage:
    data = np.ascontiguousarray(table(map)[None])
    return QImage(data.data, data.shape[1], 1, 3 * data.shape[1], QImage.Format.Format_RGB888).copy()

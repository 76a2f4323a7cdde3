"""What the network thinks an image shows: one bar a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, small_font, theme
from .figures import share

ROWS = 10
_ROW = 20
_LEAST_ROW = 13
_BAR = 10


class ClassBars(QWidget):
    """Probabilities as bars with class names; the likeliest ten when there are more, in their usual order else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Predicted probabilities")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self._names: Sequence[str] = ()
        self._values: NDArray[Any] = np.zeros(0)
        self._true = -1
        follow(self, self.update)

    def show_values(self, values: NDArray[Any], names: Sequence[str], true: int) -> None:
        """Show probabilities (classes,); `true` is the class the image has, -1 if unknown."""
        grown = len(self.rows()) != min(len(values), ROWS)
        self._values, self._names, self._true = np.asarray(values), names, true
        best = int(np.argmax(values)) if len(values) else -1
        verdict = "" if true < 0 else ", right" if best == true else f", wrong, it is {names[true]}"
        self.setAccessibleDescription(f"{names[best]}, {share(values[best])}{verdict}" if best >= 0 else "")
        if grown:
            self.updateGeometry()
        self.update()

    def rows(self) -> list[int]:
        """The classes shown, from the top."""
        if len(self._values) <= ROWS:
            return list(range(len(self._values)))
        return [int(i) for i in np.argsort(-self._values, kind="stable")[:ROWS]]

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, _ROW * max(len(self.rows()), 1))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(140, _LEAST_ROW * max(len(self.rows()), 1))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        rows = self.rows()
        if not rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small_font(bold=True))
        metrics = painter.fontMetrics()
        named = min(max(metrics.horizontalAdvance(self._names[i]) for i in rows), self.width() // 2 - 16) + 8
        figure = metrics.horizontalAdvance("100 %")
        best = int(np.argmax(self._values))
        high = min(self.height() / len(rows), _ROW)
        for line, index in enumerate(rows):
            place = QRectF(0, line * high, self.width(), high)
            self._paint_row(painter, place, index, named, figure, index == best)

    def _paint_row(self, painter: QPainter, place: QRectF, index: int, named: int, figure: int, best: bool) -> None:
        value = float(np.nan_to_num(self._values[index]))
        track = QRectF(named, place.center().y() - _BAR / 2, place.width() - named - figure - 8, _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("raised"))
        painter.drawRoundedRect(track, 3, 3)
        painter.setBrush(theme.color(self._bar_colour(index, best)))
        if value > 0.002:
            painter.drawRoundedRect(QRectF(track.x(), track.y(), max(track.width() * value, 3), _BAR), 3, 3)
        painter.setFont(small_font(bold=index == self._true))
        painter.setPen(theme.color("text" if best or index == self._true else "muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        name = painter.fontMetrics().elidedText(self._names[index], Qt.TextElideMode.ElideRight, named - 8)
        painter.drawText(QRectF(0, place.y(), named - 8, place.height()), middle | Qt.AlignmentFlag.AlignRight, name)
        painter.setFont(small_font())
        painter.drawText(
            QRectF(track.right(), place.y(), figure + 8, place.height()),
            middle | Qt.AlignmentFlag.AlignRight,
            share(value),
        )

    def _bar_colour(self, index: int, best: bool) -> str:
        if index == self._true:
            return "success"
        return "error" if best and self._true >= 0 else "accent" if best else "faint"

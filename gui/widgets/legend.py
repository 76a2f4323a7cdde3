"""A legend that is a readout as well: name and value of each curve, in its colour."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from ..theme import follow, small_font, theme

_HEIGHT = 28  # with or without buttons at its end, so that plots side by side begin at the same height


class Legend(QWidget):
    """A heading and entries such as `— Training 0.1234`; values have a fixed width, so that nothing moves."""

    def __init__(self, heading: str, entries: dict[str, int], parent: QWidget | None = None) -> None:
        """`entries` maps names to colours, as indices into the theme's series."""
        super().__init__(parent)
        title = QLabel(heading)
        title.setProperty("role", "heading")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(title)
        self._entries = {name: _Entry(name, colour) for name, colour in entries.items()}
        for entry in self._entries.values():
            row.addWidget(entry)
        row.addStretch(1)
        self._row = row
        self.setFixedHeight(_HEIGHT)

    def add(self, widget: QWidget) -> None:
        """Put a widget at the right end."""
        self._row.addWidget(widget)

    def set_value(self, name: str, text: str) -> None:
        self._entries[name].set_value(text)

    def value(self, name: str) -> str:
        return self._entries[name].text


class _Entry(QWidget):
    _LINE = 14

    def __init__(self, name: str, colour: int) -> None:
        super().__init__()
        self._name = name
        self._colour = colour
        self.text = ""
        self.setAccessibleName(name)
        self.setToolTip(name)
        follow(self, self.update)

    def set_value(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.setAccessibleDescription(text)
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = self.fontMetrics()
        return QSize(
            self._LINE + 14 + metrics.horizontalAdvance(self._name) + metrics.horizontalAdvance("100.00 %"), 20
        )

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for line and value; the name goes where there is none for it."""
        return QSize(self._LINE + 12 + self.fontMetrics().horizontalAdvance("100.00 %"), 20)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        painter.setPen(
            QPen(QColor(theme.colours.series[self._colour]), 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        )
        painter.drawLine(QPointF(2, middle), QPointF(self._LINE - 2, middle))
        painter.setFont(small_font())
        painter.setPen(theme.color("muted"))
        metrics = painter.fontMetrics()
        left = self._LINE + 5
        place = QRectF(left, 0, self.width() - left, self.height())
        named = metrics.horizontalAdvance(self._name) + 6
        if named + metrics.horizontalAdvance("100.00 %") <= place.width():
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, self._name)
            place.setLeft(left + named)
        painter.setPen(theme.color("text"))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, self.text)

"""The layers that switch units off, with how many of their units never fired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ..theme import follow, small_font, theme

_ROW = 24
_BAR = 10


class UnitTable(QWidget):
    """A row a layer: its name, a bar for the share of dead units, and how many of how many that is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Dead units")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._units: dict[str, tuple[int, int]] = {}
        self._alarms: frozenset[str] = frozenset()
        follow(self, self.update)

    def show_units(self, units: Mapping[str, tuple[int, int]], alarms: Sequence[str]) -> None:
        """Show (dead, all) of each layer; those that alarm stand out."""
        self._units, self._alarms = dict(units), frozenset(alarms)
        self.setAccessibleDescription("; ".join(f"{name}: {self.text(name)}" for name in units))
        self.setFixedHeight(max(_ROW * len(self._units), _ROW))
        self.update()

    def text(self, name: str) -> str:
        """A layer's figures in words."""
        dead, count = self._units[name]
        return f"{dead:,} of {count:,} units, {100 * dead / count:.0f} %"

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(320, max(_ROW * len(self._units), _ROW))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small_font())
        metrics = painter.fontMetrics()
        if not self._units:
            return
        named = max(metrics.horizontalAdvance(name) for name in self._units) + 16
        figures = max(metrics.horizontalAdvance(self.text(name)) for name in self._units) + 16
        named = min(named, self.width() // 3)
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, (name, (dead, count)) in enumerate(self._units.items()):
            y, alarm = row * _ROW, name in self._alarms
            painter.setPen(theme.color("error" if alarm else "text"))
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, named - 8)
            painter.drawText(QRectF(0, y, named, _ROW), middle, shown)
            track = QRectF(named, y + (_ROW - _BAR) / 2, self.width() - named - figures, _BAR)
            painter.fillRect(track, theme.color("raised"))
            part = QRectF(track.x(), track.y(), track.width() * dead / count, _BAR)
            painter.fillRect(part, theme.color("error" if alarm else "faint"))
            place = QRectF(self.width() - figures, y, figures, _ROW)
            painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, self.text(name))

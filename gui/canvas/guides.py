"""Snapping: a card that is dragged stops in line with others, and a line shows with which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from ..models.arrange import CARD, Spacing
from ..theme import theme

NEAR = 6.0  # pixels of the scene at which a card is caught
_REACH = 700.0  # cards further away are no neighbours

Places = Iterable[tuple[float, float]]


def caught(x: float, y: float, others: Places) -> tuple[float, float, list[QLineF]]:
    """Where a card dragged to (x, y) comes to lie, and the lines that tell why.

    It is caught by the columns and rows in which its neighbours stand, and by the place a row below or above them.
    """
    near = [(ox, oy) for ox, oy in others if abs(ox - x) < _REACH and abs(oy - y) < _REACH]
    column = _nearest(x, [ox for ox, _ in near])
    row = _nearest(y, [oy for _, oy in near])
    below = [oy + step for ox, oy in near for step in (Spacing().row, -Spacing().row) if abs(ox - x) <= NEAR]
    top = row if row is not None else _nearest(y, below)
    left, lines = x if column is None else column, []
    top = y if top is None else top
    if column is not None:
        ys = [oy for ox, oy in near if ox == column] + [top]
        middle = column + CARD[0] / 2
        lines.append(QLineF(middle, min(ys), middle, max(ys) + CARD[1]))
    if row is not None:
        xs = [ox for ox, oy in near if oy == row] + [left]
        middle = row + CARD[1] / 2
        lines.append(QLineF(min(xs), middle, max(xs) + CARD[0], middle))
    return left, top, lines


def _nearest(value: float, others: Sequence[float]) -> float | None:
    best = min(others, key=lambda other: abs(other - value), default=None)
    return best if best is not None and abs(best - value) <= NEAR else None


class Guides(QGraphicsItem):
    """Paints the lines along which a dragged card is aligned."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[QLineF] = []
        self.setZValue(1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_lines(self, lines: list[QLineF]) -> None:
        """Show these lines; none hides them."""
        if lines != self.lines:
            self.prepareGeometryChange()
            self.lines = lines
            self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        area = QRectF()
        for line in self.lines:
            area = area.united(QRectF(line.p1(), line.p2()).normalized().adjusted(-2, -2, 2, 2))
        return area

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        pen = QPen(theme.color("accent"), 1, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(self.lines)

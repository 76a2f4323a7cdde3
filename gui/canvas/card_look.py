"""How cards look, near and from afar.

What cards have in common, their bodies, borders and ports, is painted once for a scale and then copied; texts are laid
out once. Else a view of hundreds of cards could not be painted in a frame.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from ..theme import small_font, theme
from ..tokens import RADIUS
from .heat import heat_colour
from .ports import BODY, HEIGHT, WIDTH, Port, port_point, ports

NAMES = 0.55
"""Below this zoom a card shows its name only."""
FAR = 0.25
"""Below this zoom no text could be read, and a card is a plain rectangle."""
STRIPE = 5.0
SHORTEST_BAR = 2.0
_PORT = 4.5
_EDGE = 10.0  # what belongs to a card reaches so far around its body
_MOST_KEPT = 256


class Look(NamedTuple):
    """All of a card but its texts, its bar and what the pointer does.

    `border` is "" or the name of a colour, `problem` "", "error" or "warning", `heat` what the body is tinted with.
    """

    category: str
    slots: int
    connected: int
    stacked: bool = False
    border: str = ""
    problem: str = ""
    heat: float | None = None


class Looks:
    """Keeps pictures of looks at the scale that was asked for last."""

    def __init__(self) -> None:
        self._made_for: tuple[float, bool] = (0.0, False)
        self._pictures: dict[Look, QPixmap] = {}

    def picture(self, look: Look, scale: float) -> QPixmap:
        """A card of this look, `scale` pixels for each unit; the body begins `edge(scale)` pixels inside."""
        if self._made_for != (scale, theme.dark) or len(self._pictures) > _MOST_KEPT:
            self._made_for, self._pictures = (scale, theme.dark), {}
        if look not in self._pictures:
            margin = 2 * edge(scale)
            picture = QPixmap(round(WIDTH * scale + margin + 1), round(HEIGHT * scale + margin + 1))
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.translate(edge(scale), edge(scale))
            painter.scale(scale, scale)
            paint(painter, look)
            painter.end()
            self._pictures[look] = picture
        return self._pictures[look]


def edge(scale: float) -> int:
    """Pixels around the body in a look's picture."""
    return int(_EDGE * scale) + 1


def paint(painter: QPainter, look: Look) -> None:
    """Paint a card without texts, its upper left corner at the origin."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    outline = QPainterPath()
    outline.addRoundedRect(BODY, RADIUS, RADIUS)
    if look.stacked:
        _paint_stack(painter, theme.category(look.category))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 70 if theme.dark else 22))
    painter.drawRoundedRect(BODY.adjusted(0, 1.5, 0, 1.5), RADIUS, RADIUS)
    painter.fillPath(outline, theme.color("surface"))
    if look.heat is not None:
        painter.fillPath(outline, heat_colour(look.heat, 0.3 if theme.dark else 0.45))
    stripe = QPainterPath()
    stripe.addRect(QRectF(0, 0, STRIPE, HEIGHT))
    painter.fillPath(outline.intersected(stripe), theme.category(look.category))
    painter.setPen(_border(look))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(outline)
    for port in ports(look.slots):
        used = port.side == "out" or port.number < look.connected
        paint_port(painter, port_point(port, look.slots, look.connected), "wire", "wire" if used else "surface")
    if look.problem:
        _paint_badge(painter, look.problem)


def paint_port(painter: QPainter, centre: QPointF, line: str, fill: str, larger: bool = False) -> None:
    """One port in these colours."""
    painter.setPen(QPen(theme.color(line), 1.5))
    painter.setBrush(theme.color(fill))
    radius = _PORT + 1.5 if larger else _PORT - 0.5
    painter.drawEllipse(centre, radius, radius)


def paint_hovered(painter: QPainter, look: Look, port: Port) -> None:
    """The port under the pointer, over the card."""
    paint_port(painter, port_point(port, look.slots, look.connected), "accent", "accent", larger=True)


def paint_bar(painter: QPainter, category: str, part: float) -> None:
    """The card's share of a measure, along its lower edge."""
    area = QRectF(STRIPE, HEIGHT - 3, max(SHORTEST_BAR, (WIDTH - STRIPE) * part), 2.5)
    if area.right() <= WIDTH - RADIUS:
        painter.fillRect(area, theme.category(category))
        return
    outline, bar = QPainterPath(), QPainterPath()
    outline.addRoundedRect(BODY, RADIUS, RADIUS)
    bar.addRect(area)
    painter.fillPath(outline.intersected(bar), theme.category(category))


def far_colour(look: Look) -> QColor:
    """The one colour of a card that is too small for more."""
    if look.heat is not None:
        return heat_colour(look.heat)
    if look.problem:
        return theme.color(look.problem)
    full, surface = theme.category(look.category), theme.color("surface")
    pairs = ((full.red(), surface.red()), (full.green(), surface.green()), (full.blue(), surface.blue()))
    return QColor(*((3 * a + 2 * b) // 5 for a, b in pairs))


def _border(look: Look) -> QPen:
    width = {"": 1.0, "accent": 2.0}.get(look.border, 1.6)
    return QPen(theme.color(look.border or "line"), width)


def _paint_stack(painter: QPainter, colour: QColor) -> None:
    """The edges of the cards that lie below this one."""
    painter.setPen(QPen(colour, 1))
    painter.setBrush(theme.color("surface"))
    for offset in (6.0, 3.0):
        painter.drawRoundedRect(BODY.translated(offset, -offset), RADIUS, RADIUS)


def _paint_badge(painter: QPainter, problem: str) -> None:
    centre = QPointF(WIDTH - 2, 2)
    painter.setPen(QPen(theme.color("canvas"), 2))
    painter.setBrush(theme.color(problem))
    painter.drawEllipse(centre, 8, 8)
    painter.setFont(small_font(bold=True))
    painter.setPen(theme.color("surface"))
    painter.drawText(QRectF(centre.x() - 8, centre.y() - 8, 16, 16), Qt.AlignmentFlag.AlignCenter, "!")

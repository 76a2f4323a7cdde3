"""The texts of a card, laid out once and then only copied to the screen."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText, QTransform

from ..models.burden import Share
from ..theme import body_font, small_font, theme
from .card_look import STRIPE
from .cards import Card
from .ports import HEIGHT, WIDTH

_LARGEST_NAME, _SMALLEST_NAME = 24, 13  # of a card that shows its name only


class Line(NamedTuple):
    """A text, its font and the name of its colour; `cover` is what it hides of the wire behind it."""

    text: QStaticText
    place: QPointF
    font: QFont
    colour: str
    cover: QRectF | None = None


def in_full(card: Card, share: Share) -> list[Line]:
    """Name, share, type with parameters, and below the card its output shape or what is wrong."""
    left, width = STRIPE + 9, WIDTH - STRIPE - 19
    part, small, lines = percent(share), _small(), []
    taken = small.horizontalAdvance(part) + 6 if part else 0.0
    if part:
        lines.append(_line(part, "muted", QRectF(left + width - taken + 6, 6, taken, 18)))
    lines.append(_line(card.title, "text", QRectF(left, 6, width - taken, 18), body_font(bold=True)))
    lines.append(_line(card.detail, "muted", QRectF(left, 25, width, 16)))
    if card.error:
        lines.append(_covering(card.error.split("\n")[0], "error", QRectF(0, HEIGHT + 6, WIDTH, 16), 2))
    elif card.output:
        lines.append(_covering(card.output, "muted", QRectF(WIDTH / 2 + 6, HEIGHT + 6, 2 * WIDTH, 15), 6))
    return lines


def name_only(card: Card) -> list[Line]:
    """The name, as large as there is room."""
    font = body_font(bold=True)
    area = QRectF(STRIPE + 7, 0, WIDTH - STRIPE - 13, HEIGHT)
    fitting = font.pixelSize() * area.width() / max(1.0, QFontMetricsF(font).horizontalAdvance(card.title))
    font.setPixelSize(max(_SMALLEST_NAME, int(min(_LARGEST_NAME, fitting))))
    return [_line(card.title, "text", area, font)]


def percent(share: Share) -> str:
    """A share as it stands on a card; "" for less than half a percent."""
    return f"{share.part:.0%}" if is_told(share) else ""


def is_told(share: Share) -> bool:
    """Whether a share is large enough to be told."""
    return share.part >= 0.005


def write(painter: QPainter, lines: list[Line], corner: QPointF) -> None:
    """Write a card's texts, its upper left corner given."""
    for text, place, font, colour, cover in lines:
        if cover is not None:
            painter.fillRect(cover.translated(corner), theme.color("canvas"))
        painter.setFont(font)
        painter.setPen(theme.color(colour))
        painter.drawStaticText(corner + place, text)


def _line(text: str, colour: str, area: QRectF, font: QFont | None = None) -> Line:
    """A text that begins at the left of an area, in its middle, and is cut where there is no more room."""
    font = font or small_font()
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    place = QPointF(area.left(), area.top() + (area.height() - metrics.height()) / 2)
    return Line(_laid_out(shown, font), place, font, colour)


def _covering(text: str, colour: str, area: QRectF, room: float) -> Line:
    """A text in the middle of a patch that is `room` wider."""
    metrics, line = _small(), _line(text, colour, area.adjusted(0, 0, -room, 0))
    cover = QRectF(area.left(), area.top(), metrics.horizontalAdvance(line.text.text()) + room, area.height())
    return line._replace(place=line.place + QPointF(room / 2, 0), cover=cover)


def _laid_out(text: str, font: QFont) -> QStaticText:
    laid = QStaticText(text)
    laid.setTextFormat(Qt.TextFormat.PlainText)
    laid.prepare(QTransform(), font)
    return laid


@cache
def _small() -> QFontMetricsF:
    return QFontMetricsF(small_font())

"""The measures of a card and where its ports are."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF

from ..models.arrange import CARD

WIDTH, HEIGHT = CARD
BODY = QRectF(0, 0, WIDTH, HEIGHT)
GRIP = 11.0  # how near to a port the pointer must be


class Port(NamedTuple):
    """A place where a wire ends: `side` is "in" or "out", `number` counts inputs from 0."""

    side: str
    number: int = 0


def ports(slots: int) -> list[Port]:
    """All ports of a card with so many inputs."""
    return [*(Port("in", i) for i in range(slots)), Port("out")]


def port_point(port: Port, slots: int, connected: int) -> QPointF:
    """Centre of a port from the card's upper left corner; a free one stands to the right of those in use."""
    if port.side == "out":
        return QPointF(WIDTH / 2, HEIGHT)
    step = min(28.0, (WIDTH / 2 - 16) / max(1, slots - 1))
    middle = (max(1, connected) - 1) / 2
    return QPointF(WIDTH / 2 + (port.number - middle) * step, 0)

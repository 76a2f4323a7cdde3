"""The course of a wire between two ports, around the cards in its way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

Edges = NDArray[np.float64]
Blockers = Callable[[QRectF], Edges]
"""Returns the left and right edges of the cards that touch an area: (cards, 2)."""

STUB = 14.0  # how far a wire leaves a port before it turns: half the gap between rows
CLEARANCE = 24.0
_SHORT = 48.0  # no card fits between ports this near
_RADIUS = 12.0
_NONE: Edges = np.empty((0, 2))


def route(start: QPointF, end: QPointF, blockers: Blockers) -> QPainterPath:
    """A curve downwards where nothing is in between, else round corners along a free lane beside the cards."""
    rise = end.y() - start.y()
    if STUB < rise <= _SHORT:
        return _curve(start, end)
    if rise > _SHORT and not len(blockers(_between(start, end))):
        return _curve(start, end)
    lane = _lane(start, end, blockers)
    return _rounded(
        [
            start,
            QPointF(start.x(), start.y() + STUB),
            QPointF(lane, start.y() + STUB),
            QPointF(lane, end.y() - STUB),
            QPointF(end.x(), end.y() - STUB),
            end,
        ]
    )


def straight(start: QPointF, end: QPointF) -> QPainterPath:
    """The curve without regard to cards: for wires in motion."""
    return _curve(start, end) if end.y() > start.y() else route(start, end, lambda area: _NONE)


def _between(start: QPointF, end: QPointF) -> QRectF:
    corner = QPointF(start.x() - 4, start.y() + 4)
    return QRectF(corner, QPointF(end.x() + 4, end.y() - 4)).normalized()


def _lane(start: QPointF, end: QPointF, blockers: Blockers) -> float:
    """Where the long vertical part runs: below the source, above the target, or beside what is in between."""
    top, bottom = sorted((start.y() + STUB, end.y() - STUB))
    upwards = end.y() < start.y()
    beside = QRectF(min(start.x(), end.x()), top, abs(end.x() - start.x()) + 1, bottom - top)
    cards = blockers(beside)
    right = float(cards[:, 1].max()) if len(cards) else max(start.x(), end.x())
    left = float(cards[:, 0].min()) if len(cards) else min(start.x(), end.x())
    left, right = left - CLEARANCE, right + CLEARANCE
    outside = [left, right] if end.x() < start.x() - 1 else [right, left]
    direct = _gutters(start, end, cards) if upwards else [start.x(), end.x()]
    for lane in (*direct, *outside):
        if not len(blockers(QRectF(lane - 4, top, 8, bottom - top))):
            return lane
    return outside[0]


def _gutters(start: QPointF, end: QPointF, cards: Edges) -> list[float]:
    """For a wire that climbs to another column: the gaps before the cards on its way, those near its end first."""
    if end.x() > start.x():
        lanes = np.unique(cards[cards[:, 0] > start.x(), 0]) - CLEARANCE - 4
    else:
        lanes = np.unique(cards[cards[:, 1] < start.x(), 1]) + CLEARANCE + 4
    return sorted(lanes.tolist(), key=lambda lane: abs(lane - end.x()))


def _curve(start: QPointF, end: QPointF) -> QPainterPath:
    reach = max(STUB, min(80.0, (end.y() - start.y()) / 2))
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(0, reach), end - QPointF(0, reach), end)
    return path


def _rounded(points: list[QPointF]) -> QPainterPath:
    """Straight parts joined by round corners."""
    corners = [p for p, q in pairwise(points) if p != q] + [points[-1]]
    path = QPainterPath(corners[0])
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        path.lineTo(_towards(corner, before))
        path.quadTo(corner, _towards(corner, after))
    path.lineTo(corners[-1])
    return path


def _towards(corner: QPointF, other: QPointF) -> QPointF:
    step = other - corner
    length = (step.x() ** 2 + step.y() ** 2) ** 0.5
    return corner + step * (min(_RADIUS, length / 2) / length if length else 0)

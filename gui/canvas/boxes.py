"""Rectangles of things, so that those in an area are found without asking each of them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

import numpy as np
from PySide6.QtCore import QRectF

T = TypeVar("T", bound=Hashable)

_FIRST_ROWS = 64
_NOWHERE = (np.inf, np.inf, -np.inf, -np.inf)


class Boxes(Generic[T]):
    """Things with a rectangle each, in the order in which they came."""

    def __init__(self) -> None:
        self._rows: dict[T, int] = {}
        self._things: list[T | None] = []
        self._edges = np.empty((_FIRST_ROWS, 4))  # left, top, right, bottom

    def put(self, thing: T, box: QRectF) -> None:
        """Note where a thing is now."""
        row = self._rows.get(thing)
        if row is None:
            row = self._rows[thing] = len(self._things)
            self._things.append(thing)
            if row == len(self._edges):
                self._edges = np.concatenate([self._edges, np.empty_like(self._edges)])
        self._edges[row] = (box.left(), box.top(), box.right(), box.bottom())

    def drop(self, thing: T) -> None:
        """Forget a thing."""
        row = self._rows.pop(thing, None)
        if row is not None:
            self._things[row], self._edges[row] = None, _NOWHERE
            if len(self._things) > _FIRST_ROWS and len(self._rows) < len(self._things) // 2:
                self._close_up()

    def clear(self) -> None:
        """Forget all."""
        self._rows, self._things = {}, []

    def touching(self, area: QRectF) -> list[T]:
        """The things whose rectangles touch an area."""
        left, top, right, bottom = self._edges[: len(self._things)].T
        hit = (left <= area.right()) & (right >= area.left()) & (top <= area.bottom()) & (bottom >= area.top())
        return [thing for row in np.flatnonzero(hit).tolist() if (thing := self._things[row]) is not None]

    def _close_up(self) -> None:
        kept = list(self._rows.values())
        self._edges[: len(kept)] = self._edges[kept]
        self._things = list(self._rows)
        self._rows = {thing: row for row, thing in enumerate(self._rows)}

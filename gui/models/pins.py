"""Images that are pinned, so that views show what becomes of them while a network learns."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

MOST = 8


@dataclass(frozen=True, eq=False)
class Pin:
    """An image, pixels 0–255 (H, W, C), with what to call it and its class, -1 where that is unknown.

    `data` and `row` say where it is from: the data set and its split, such as "digits test", or "" for a file.
    """

    key: int
    pixels: NDArray[Any]
    title: str
    label: int = -1
    data: str = ""
    row: int = -1

    @property
    def short(self) -> str:
        """Its class, or the name of its file."""
        return self.title.rpartition(", ")[2]


class Pins(QObject):
    """The pinned images, at most `MOST`, and the one that is shown. `changed()` is sent after every change."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keys = itertools.count(1)
        self._pins: list[Pin] = []
        self._current = -1

    @property
    def all(self) -> tuple[Pin, ...]:
        """All of them, the first pinned first."""
        return tuple(self._pins)

    @property
    def current(self) -> Pin | None:
        """The one to look at, None while another image is looked at."""
        return next((pin for pin in self._pins if pin.key == self._current), None)

    @property
    def full(self) -> bool:
        """Whether there is no room for another."""
        return len(self._pins) >= MOST

    def find(self, data: str, row: int) -> Pin | None:
        """The pin of an image of a data set."""
        return next((pin for pin in self._pins if (pin.data, pin.row) == (data, row)), None)

    def pin(
        self, pixels: NDArray[Any], title: str, label: int = -1, data: str = "", row: int = -1, show: bool = True
    ) -> Pin | None:
        """Pin an image, and look at it if `show`; None if there is no room. An image that is pinned is not again."""
        found = self.find(data, row) if data else None
        if found is None and self.full:
            return None
        if found is None:
            found = Pin(next(self._keys), np.array(pixels, copy=True), title, label, data, row)
            self._pins.append(found)
        if show:
            self._current = found.key
        self.changed.emit()
        return found

    def unpin(self, key: int) -> None:
        """Let go of an image."""
        self._pins = [pin for pin in self._pins if pin.key != key]
        self.changed.emit()

    def show(self, key: int) -> None:
        """Look at a pinned image; -1 for none of them."""
        if key != self._current:
            self._current = key
            self.changed.emit()

    def keep_only(self, data: str) -> None:
        """Let go of the images of other data sets than this."""
        kept = [pin for pin in self._pins if not pin.data or pin.data.rpartition(" ")[0] == data]
        if len(kept) != len(self._pins):
            self._pins = kept
            self.changed.emit()

"""Any number of images of a data set, a page at a time, read off the window's thread."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ..accessible import named
from ..icons import set_icon
from .image_grid import Card, ImageGrid

Describe = Callable[[int, NDArray[Any]], Card]
"""Makes a card of a row and its pixels."""

_kinds = itertools.count()


class PagedImages(QWidget):
    """A grid of images and the buttons that turn its pages. Page Up and Page Down turn them as well.

    `chosen(row)` is sent when an image is chosen (−1 for none), `activated(row)` on a double click or Enter.
    """

    chosen = Signal(int)
    activated = Signal(int)

    def __init__(self, session: Any, name: str, side: int = 64, lines: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._lines = session, lines
        self._kind = f"page of images {next(_kinds)}"
        self._images: Any = None
        self._rows: NDArray[np.int64] = np.zeros(0, np.int64)
        self._describe: Describe = lambda row, pixels: Card(pixels)
        self._first = 0
        self._shown: tuple[int, ...] = ()
        self._serial = 0
        self.grid = ImageGrid(name, side)
        self.grid.set_lines(lines)
        self.grid.current_changed.connect(lambda index: self.chosen.emit(self._row(index)))
        self.grid.activated.connect(lambda index: self.activated.emit(self._row(index)))
        self.grid.resized.connect(self._ask)
        self.back = self._button("caret-left", "Previous page", lambda: self.turn(-1))
        self.on = self._button("caret-right", "Next page", lambda: self.turn(1))
        self._where = QLabel()
        self._where.setProperty("role", "small")
        foot = QHBoxLayout()
        foot.setSpacing(4)
        self.foot = foot
        foot.addWidget(self.back)
        foot.addWidget(self._where)
        foot.addWidget(self.on)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.grid, 1)
        column.addLayout(foot)
        self._show_where()

    def _button(self, icon: str, text: str, clicked: Callable[[], None]) -> QToolButton:
        button = named(QToolButton(), text, text)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(clicked)
        set_icon(button, icon)
        return button

    # ---- contents

    @property
    def rows(self) -> NDArray[np.int64]:
        """The rows of all pages."""
        return self._rows

    @property
    def shown(self) -> tuple[int, ...]:
        """The rows of the page in view, once they are read."""
        return self._shown

    @property
    def row(self) -> int:
        """The row that is chosen, −1 for none."""
        return self._row(self.grid.current)

    def show_rows(self, images: Any, rows: NDArray[Any], describe: Describe) -> None:
        """Show these rows of images (N, H, W, C), from the first page on."""
        self._images, self._rows, self._describe = images, np.asarray(rows, np.int64), describe
        self._first = 0
        self._ask()

    def describe_anew(self, describe: Describe) -> None:
        """Say something else of the same images."""
        self._describe = describe
        cards = self.grid.cards
        if len(cards) == len(self._shown):
            self.grid.change_cards([describe(row, card.pixels) for row, card in zip(self._shown, cards)])

    def turn(self, pages: int) -> None:
        """Turn so many pages on."""
        wanted = self._first + pages * self.grid.capacity()
        if 0 <= wanted < len(self._rows):
            self._first = wanted
            self._ask()
        elif wanted < 0 < self._first:
            self._first = 0
            self._ask()

    def _row(self, index: int) -> int:
        return self._shown[index] if 0 <= index < len(self._shown) else -1

    def _ask(self) -> None:
        """Have the page's pixels read."""
        self._serial += 1
        serial, images = self._serial, self._images
        rows = self._rows[self._first : self._first + self.grid.capacity()]
        self._show_where()
        if images is None or not len(rows):
            self._shown = ()
            self.grid.show_cards(())
            return
        self._session.consider(self._kind, lambda: (serial, rows, images[rows]), self._take)

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self._where.setText(str(result))
            return
        serial, rows, pixels = result
        if serial != self._serial:
            return
        self._shown = tuple(int(row) for row in rows)
        self.grid.show_cards([self._describe(row, image) for row, image in zip(self._shown, pixels)], self._lines)

    def _show_where(self) -> None:
        last = min(self._first + self.grid.capacity(), len(self._rows))
        total = len(self._rows)
        self._where.setText(f"{self._first + 1:,}–{last:,} of {total:,}" if total else "")
        self.back.setVisible(total > last - self._first)
        self.on.setVisible(total > last - self._first)
        self.back.setEnabled(self._first > 0)
        self.on.setEnabled(last < total)

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802
        if event.key() in {Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}:
            self.turn(1 if event.key() == Qt.Key.Key_PageDown else -1)
        else:
            super().keyPressEvent(event)

"""What a layer makes of an image: its maps as tiles, or one bar a unit, with what is under the mouse in words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractButton, QLabel, QStackedWidget, QWidget

from .colour_bar import ColourBar
from .colours import levels
from .figures import plain
from .tiles import TileGrid
from .vector_bars import VectorBars

MOST_VALUES = 1 << 19  # of one layer's activations that are drawn; larger maps are thinned out


class LayerMaps(QStackedWidget):
    """Shows activations with the range switch, colour scale and reading line of the view that it belongs to.

    `pointed(channel, row, column)` is the unit under the mouse; row and column are -1 where there is only a channel,
    all three where there is nothing.
    """

    pointed = Signal(int, int, int)

    def __init__(self, own: QAbstractButton, bar: ColourBar, reading: QLabel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own, self._bar, self._reading = own, bar, reading
        self._values: NDArray[Any] | None = None
        self._thinned = 1
        self._told = ""
        self.grid = TileGrid("Activation maps of the layer")
        self.grid.pointed.connect(self._read_map)
        self.vector = VectorBars("Activations of the layer")
        self.vector.pointed.connect(self._read_unit)
        self.addWidget(self.grid)
        self.addWidget(self.vector)

    def show_values(self, values: NDArray[Any]) -> None:
        """Show activations (H, W, C) or (units,)."""
        self._values = values
        self.draw()

    def forget(self) -> None:
        """Read nothing any more until there are other values."""
        self._values = None
        self._reading.clear()
        self.grid.show_area(None)

    def draw(self) -> None:
        """Show the values anew, after the range switch was used."""
        values = self._values
        if values is None:
            return
        maps = values.ndim == 3
        self._own.setVisible(maps)
        self._bar.setVisible(maps)
        self.setCurrentIndex(0 if maps else 1)
        if not maps:
            self.vector.show_values(values)
            return
        each = self._own.isChecked()
        self._thinned = max(int(np.ceil((values.size / MOST_VALUES) ** 0.5)), 1)
        tiles = np.moveaxis(values[:: self._thinned, :: self._thinned], 2, 0)
        indices, scale = levels(tiles, signed=False, each=each)
        self.grid.show_levels(indices, scale.map)
        self._bar.show_scale(scale, "widest of the ranges" if each and len(tiles) > 1 else "")

    def mark_units(self, area: tuple[int, int, int, int] | None) -> None:
        """Frame the units of these rows and columns (top, bottom, left, right; ends excluded) in every map."""
        thin = self._thinned
        if area is None or self._values is None or self._values.ndim != 3:
            self.grid.show_area(None)
            return
        top, bottom, left, right = area
        self.grid.show_area((top // thin, -(-bottom // thin), left // thin, -(-right // thin)))

    def tell(self, more: str) -> None:
        """Add something to what is read under the mouse; without a unit it stands alone."""
        self._reading.setText(" · ".join(part for part in (self._told, more) if part))

    # ---- pointing

    def _read_map(self, tile: int, row: int, column: int) -> None:
        values, self._told = self._values, ""
        if values is None or values.ndim != 3 or tile < 0:
            self._point("", -1, -1, -1)
            return
        text = f"Channel {tile + 1}"
        if row >= 0:
            row, column = row * self._thinned, column * self._thinned
            text += f", row {row + 1}, column {column + 1}: {plain(float(values[row, column, tile]))}"
        else:
            text += f": mean {plain(float(values[..., tile].mean()))}, greatest {plain(float(values[..., tile].max()))}"
        self._point(text, tile, row, column)

    def _read_unit(self, index: int) -> None:
        values = self._values
        if values is not None and values.ndim == 1 and 0 <= index < len(values):
            self._point(f"Unit {index + 1}: {plain(float(values[index]))}", index, -1, -1)
        else:
            self._point("", -1, -1, -1)

    def _point(self, text: str, channel: int, row: int, column: int) -> None:
        self._told = text
        self._reading.setText(text)
        self.pointed.emit(channel, row, column)

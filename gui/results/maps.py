"""Many small maps of a layer: activations or filters."""

from __future__ import annotations

import numpy as np

from convscope.engine.explain import Result

from ..widgets.colour_bar import ColourBar
from ..widgets.colours import colour_pictures, levels
from ..widgets.figures import plain
from ..widgets.range_switch import RangeSwitch
from ..widgets.result_view import ResultView, small
from ..widgets.tiles import TileGrid


class MapsView(ResultView):
    """The maps as tiles, with the value under the mouse."""

    def build(self) -> None:
        self._result: Result | None = None
        self.grid = TileGrid("Maps")
        self.own = RangeSwitch(on=True)
        self.bar = ColourBar()
        self.reading = small("")
        self.column.addWidget(self.grid, 1)
        self.foot.addWidget(self.own)
        self.foot.addWidget(self.bar, 1)
        self.foot.addWidget(self.reading)
        self.own.toggled.connect(self._draw)
        self.grid.pointed.connect(self._read)

    def show_result(self, result: Result) -> None:
        self._result = result
        self._draw()

    def _draw(self) -> None:
        if self._result is None:
            return
        tiles, each = np.moveaxis(self._result.array, 2, 0), self.own.isChecked()
        self.bar.setVisible(tiles.ndim == 3)
        if tiles.ndim == 4:
            self.grid.show_colours(colour_pictures(tiles, each)[0])
            return
        indices, scale = levels(tiles, bool((tiles < 0).any()), each)
        self.grid.show_levels(indices, scale.map)
        self.bar.show_scale(scale, "widest of the ranges" if each and len(tiles) > 1 else "")

    def _read(self, tile: int, row: int, column: int) -> None:
        if self._result is None or tile < 0:
            self.reading.clear()
            return
        text = f"Map {tile}"
        if row >= 0:
            values = np.atleast_1d(self._result.array[row, column, tile])
            text += f", row {row}, column {column}: {', '.join(plain(float(value)) for value in values)}"
        self.reading.setText(text)

"""Many small maps of a layer: activations or filters."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout

from convscope.engine.explain import Result, pictures

from ..widgets.colour_bar import ColourBar
from ..widgets.colours import colour_pictures, levels
from ..widgets.field_hover import FieldHover, units_told
from ..widgets.figures import plain
from ..widgets.fitted_picture import FittedPicture
from ..widgets.range_switch import RangeSwitch
from ..widgets.result_view import ResultView, small
from ..widgets.tiles import TileGrid

_BELOW = 168  # pixels that the image is wide


class MapsView(ResultView):
    """The maps as tiles, with the value under the mouse; of activations also the image, with what a unit sees."""

    def build(self) -> None:
        self._result: Result | None = None
        self._field: FieldHover | None = None
        self.grid = TileGrid("Maps")
        self.below = FittedPicture("Image that was looked at")
        self.below.setFixedWidth(_BELOW)
        self.below.pointed.connect(self._show_units)
        self.own = RangeSwitch(on=True)
        self.bar = ColourBar()
        self.reading = small("")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.below)
        row.addWidget(self.grid, 1)
        self.column.addLayout(row, 1)
        self.foot.addWidget(self.own)
        self.foot.addWidget(self.bar, 1)
        self.foot.addWidget(self.reading)
        self.own.toggled.connect(self._draw)
        self.grid.pointed.connect(self._read)

    def image(self) -> QImage | None:
        return self.grid.picture()

    def show_result(self, result: Result) -> None:
        self._result, self._field = result, None
        if result.method == "activations" and result.image is not None and self.network is not None:
            given = (result.image.shape[0], result.image.shape[1])
            self._field = FieldHover.of(self.network, result.scores["layer"], given)
            self.below.show_pixels(pictures.rgb(result.image))
        self.below.setVisible(self._field is not None)
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
        field = self._field if row >= 0 else None
        self.below.show_box(None if field is None else field.box(row, column))
        if self._result is None or tile < 0:
            self.reading.clear()
            return
        text = f"Map {tile}"
        if row >= 0:
            values = np.atleast_1d(self._result.array[row, column, tile])
            text += f", row {row}, column {column}: {', '.join(plain(float(value)) for value in values)}"
        self.reading.setText(text if field is None else f"{text} · {field.told(row, column)}")

    def _show_units(self, row: int, column: int) -> None:
        """Frame the units that see the pixel under the mouse."""
        if self._field is not None:
            units = self._field.seeing(row, column) if row >= 0 else None
            self.grid.show_area(units)
            self.reading.setText(units_told(units) if row >= 0 else "")

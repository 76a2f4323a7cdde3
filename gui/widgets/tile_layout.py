"""Where tiles go: the grid that shows them largest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TileLayout:
    """`count` tiles in rows of `columns`. Lengths are device pixels.

    A value is `zoom` pixels wide; a `stride` over 1 skips values.
    """

    count: int
    columns: int
    rows: int
    tile: tuple[int, int]  # height, width of a drawn tile
    zoom: int
    stride: int
    gap: int
    transposed: bool = False  # tiles are numbered down the columns

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the whole grid."""
        return (
            self.rows * (self.tile[0] + self.gap) - self.gap,
            self.columns * (self.tile[1] + self.gap) - self.gap,
        )

    def place(self, index: int) -> tuple[int, int]:
        """Row and column of a tile."""
        return (index % self.rows, index // self.rows) if self.transposed else divmod(index, self.columns)

    def corner(self, index: int) -> tuple[int, int]:
        """Top and left of a tile."""
        row, column = self.place(index)
        return row * (self.tile[0] + self.gap), column * (self.tile[1] + self.gap)

    def at(self, y: int, x: int) -> tuple[int, int, int] | None:
        """Tile, row and column of the value at a pixel; None in a gap or outside."""
        row, inside_y = divmod(y, self.tile[0] + self.gap)
        column, inside_x = divmod(x, self.tile[1] + self.gap)
        if not (0 <= row < self.rows and 0 <= column < self.columns):
            return None
        index = column * self.rows + row if self.transposed else row * self.columns + column
        if inside_y >= self.tile[0] or inside_x >= self.tile[1] or index >= self.count:
            return None
        return index, inside_y // self.zoom * self.stride, inside_x // self.zoom * self.stride


def arrange(
    count: int,
    tile: tuple[int, int],
    area: tuple[int, int],
    gap: int,
    largest: int,
    matrix: tuple[int, int] | None = None,
) -> TileLayout:
    """The layout with the largest zoom for tiles (h, w) in an area (height, width), no tile over `largest` pixels.

    `matrix` (rows, columns) asks for that grid, or the same lying on its side if it shows the tiles larger.
    """
    if matrix is None:
        columns = np.arange(1, count + 1)
        rows = -(-count // columns)
    else:
        rows, columns = np.array([matrix[0], matrix[1]]), np.array([matrix[1], matrix[0]])
    high = (area[0] - (rows - 1) * gap) / (rows * tile[0])
    wide = (area[1] - (columns - 1) * gap) / (columns * tile[1])
    zooms = np.minimum(high, wide)
    best = int(np.argmax(np.where(zooms >= 1, np.floor(zooms) + 0.5 * (rows * columns == count), zooms)))
    zoom, stride = 1, 1
    if zooms[best] >= 1:
        zoom = max(min(int(zooms[best]), largest // max(tile)), 1)
    else:
        stride = math.ceil(1 / max(float(zooms[best]), 1e-3))
    drawn = (-(-tile[0] // stride) * zoom, -(-tile[1] // stride) * zoom)
    turned = matrix is not None and best == 1
    return TileLayout(count, int(columns[best]), int(rows[best]), drawn, zoom, stride, gap, turned)

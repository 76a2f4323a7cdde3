"""Looking at a picture slightly shifted, turned and scaled, and the way back of gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.float32]
GREY = np.float32(127.5)  # what lies around the picture
Size = tuple[int, int]


@dataclass(frozen=True)
class View:
    """How `size` pixels of a network look at a picture: `extent` picture pixels, around its centre, interpolated.

    The picture is moved by `before`, scaled and turned (degrees) about the centre, and moved by `after`.
    """

    size: Size
    extent: Size
    before: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    angle: float = 0.0
    after: tuple[float, float] = (0.0, 0.0)

    def matrix(self, picture: Size) -> sparse.csr_array:
        """Bilinear weights (pixels seen, picture's pixels), four a row; pixels outside the picture weigh nothing."""
        rows, columns = self._places(picture)
        top, left = np.floor(rows), np.floor(columns)
        at, weights = [], []
        for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
            inside = (row >= 0) & (row < picture[0]) & (column >= 0) & (column < picture[1])
            share = (1 - np.abs(rows - row)) * (1 - np.abs(columns - column))
            weights.append(np.where(inside, share, 0))
            at.append(np.where(inside, row * picture[1] + column, 0))
        count = rows.size
        data = np.stack(weights, -1).astype(np.float32).ravel()
        indices = np.stack(at, -1).astype(np.int32).ravel()
        starts = np.arange(0, 4 * count + 1, 4, dtype=np.int32)
        return sparse.csr_array((data, indices, starts), shape=(count, picture[0] * picture[1]))

    def _places(self, picture: Size) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where in the picture each seen pixel lies, in pixels, (H·W,) each."""
        own = [
            (np.arange(size) + 0.5) * (extent / size) - extent / 2 - after
            for size, extent, after in zip(self.size, self.extent, self.after)
        ]
        y, x = np.meshgrid(*own, indexing="ij")
        cosine, sine = np.cos(np.radians(self.angle)) / self.scale, np.sin(np.radians(self.angle)) / self.scale
        rows = cosine * y - sine * x + (picture[0] - 1) / 2 - self.before[0]
        columns = sine * y + cosine * x + (picture[1] - 1) / 2 - self.before[1]
        return rows.ravel(), columns.ravel()

    def seen(self, images: Floats, matrix: sparse.csr_array) -> Floats:
        """Images (N, H, W, C) as they are seen; grey where they end."""
        count, channels = len(images), images.shape[3]
        flat = images.reshape(count, -1, channels) - GREY
        return np.stack([(matrix @ image).reshape(*self.size, channels) for image in flat]) + GREY

    @staticmethod
    def unseen(gradient: Floats, matrix: sparse.csr_array, picture: Size) -> Floats:
        """Gradients with respect to what is seen as gradients with respect to the images."""
        count, channels = len(gradient), gradient.shape[3]
        flat = gradient.reshape(count, -1, channels)
        return np.stack([(matrix.T @ one).reshape(*picture, channels) for one in flat])

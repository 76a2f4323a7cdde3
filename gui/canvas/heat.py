"""The colour of a share of the costs."""

from __future__ import annotations

from PySide6.QtGui import QColor

from ..tokens import SEQUENTIAL_MAP
from ..widgets.colours import LEVELS, table


def heat_colour(heat: float, opacity: float = 1.0) -> QColor:
    """The colour of 0 … 1, with square roots evenly apart: costs of layers differ by orders of magnitude."""
    colours = table(SEQUENTIAL_MAP)
    red, green, blue = colours[min(LEVELS - 1, max(0, round((LEVELS - 1) * heat**0.5)))]
    return QColor(int(red), int(green), int(blue), round(255 * opacity))

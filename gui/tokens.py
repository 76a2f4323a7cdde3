"""Design tokens: every colour, length and text size of the desktop, for light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GRID = 8
"""Lengths are multiples of this many device-independent pixels (half of it inside controls)."""

BODY = 13
SMALL = 11
"""The two text sizes, in device-independent pixels."""

RADIUS = 6
"""Corner radius of cards and fields."""


@dataclass(frozen=True)
class Tokens:
    """Colours of one appearance, as `#rrggbb`. `categories` maps a layer category (and `input`) to its colour."""

    window: str  # behind panels
    surface: str  # panels, fields, cards
    raised: str  # hovered rows, table heads, buttons
    canvas: str  # behind the graph
    grid: str  # dots of the canvas
    line: str  # borders and separators
    text: str
    muted: str
    faint: str  # disabled and placeholder text
    accent: str
    on_accent: str
    selection: str  # selected rows
    wire: str
    error: str
    warning: str
    success: str
    categories: Mapping[str, str]
    series: tuple[str, ...]  # plot lines, in order


LIGHT = Tokens(
    window="#f3f4f6",
    surface="#ffffff",
    raised="#e9ecf0",
    canvas="#f0f2f5",
    grid="#d4d9e0",
    line="#d8dce2",
    text="#1b2027",
    muted="#5b6573",
    faint="#949dab",
    accent="#2466d8",
    on_accent="#ffffff",
    selection="#dbe7fb",
    wire="#98a2b1",
    error="#cb2431",
    warning="#a86400",
    success="#1d7f45",
    categories={
        "input": "#475467",
        "convolution": "#6a55d4",
        "pooling": "#0d8a82",
        "activation": "#d08700",
        "normalisation": "#2787bd",
        "dense": "#cc3d6e",
        "merge": "#3d8f45",
        "reshape": "#748093",
        "regularisation": "#a8663b",
        "block": "#3f51a3",
    },
    series=("#2466d8", "#d9730d", "#1d7f45", "#b83280", "#6a55d4", "#0d8a82"),
)

DARK = Tokens(
    window="#1c1f24",
    surface="#25292f",
    raised="#30353d",
    canvas="#17191d",
    grid="#2b3037",
    line="#3a404a",
    text="#e7eaee",
    muted="#a0a9b6",
    faint="#6d7684",
    accent="#5c9cff",
    on_accent="#0d1522",
    selection="#2b4063",
    wire="#6b7585",
    error="#ff7b79",
    warning="#e8a83a",
    success="#54c987",
    categories={
        "input": "#b3bcc9",
        "convolution": "#9d8dff",
        "pooling": "#3fc7ba",
        "activation": "#edb83d",
        "normalisation": "#5fbbea",
        "dense": "#f4789f",
        "merge": "#72c677",
        "reshape": "#98a4b5",
        "regularisation": "#d59a6d",
        "block": "#8ea2ff",
    },
    series=("#5c9cff", "#ffa04d", "#54c987", "#f07dc0", "#9d8dff", "#3fc7ba"),
)

SEQUENTIAL_MAP = "viridis"
"""pyqtgraph name of the colour map for magnitudes."""

DIVERGING_MAP = "CET-D1A"
"""pyqtgraph name of the colour map for signed values; keep zero in the middle."""

"""Light, dark, or as the system is: what the user chose, remembered between starts."""

from __future__ import annotations

from PySide6.QtCore import Qt

from .settings import settings
from .theme import theme

_SETTING = "window/appearance"
APPEARANCES = {
    "system": ("Follow the &System", Qt.ColorScheme.Unknown),
    "light": ("&Light", Qt.ColorScheme.Light),
    "dark": ("&Dark", Qt.ColorScheme.Dark),
}
"""Names of appearances, with their texts in menus and what Qt calls them."""


def appearance() -> str:
    """The name of the appearance that was chosen."""
    name = str(settings().value(_SETTING, "system"))
    return name if name in APPEARANCES else "system"


def choose_appearance(name: str) -> None:
    """Show this appearance, now and after the next start."""
    settings().setValue(_SETTING, name)
    theme.force(APPEARANCES[name][1])


def apply_appearance() -> None:
    """Show light or dark as it was chosen in an earlier start."""
    if appearance() != "system":
        theme.force(APPEARANCES[appearance()][1])

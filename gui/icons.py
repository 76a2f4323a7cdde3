"""Icons from QtAwesome's Phosphor set, in the theme's colours."""

from __future__ import annotations

from collections.abc import Callable

import qtawesome
from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon

from .theme import follow, theme

_PREFIX = "ph."


def icon(name: str, color: str = "text") -> QIcon:
    """The icon of this Phosphor name (`play`, `pause`, `floppy-disk` …) in a token's colour, as the theme is now."""
    colours = theme.colours
    return qtawesome.icon(_PREFIX + name, color=getattr(colours, color), color_disabled=colours.faint)


def set_icon(owner: QObject, name: str, color: str = "text", setter: Callable[[QIcon], None] | None = None) -> None:
    """Give an action or button an icon that follows the theme."""
    apply = setter or owner.setIcon  # type: ignore[attr-defined]
    follow(owner, lambda: apply(icon(name, color)))

"""Icons from QtAwesome's Phosphor set, in the theme's colours."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import PySide6
from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon

from .theme import follow, theme

_PREFIX = "ph"


def _load() -> ModuleType:
    """QtAwesome with the classes of PySide6 itself.

    QtPy, through which it asks for them, makes every class of Qt first: a tenth of the time to the first picture.
    """
    plain = ModuleType("qtpy")
    vars(plain).update(QtCore=QtCore, QtGui=QtGui, QtWidgets=QtWidgets, PYSIDE_VERSION=PySide6.__version__)
    named = {"qtpy": plain, "qtpy.QtCore": QtCore, "qtpy.QtGui": QtGui, "qtpy.QtWidgets": QtWidgets}
    lent = {} if "qtpy" in sys.modules else named
    sys.modules.update(lent)
    try:
        import qtawesome  # only here does it find them  # noqa: PLC0415
    finally:
        for name in lent:
            del sys.modules[name]
    return qtawesome


@cache
def _font() -> Any:
    """The set of icons that is used; QtAwesome by itself reads all twelve that it has."""
    qtawesome = _load()
    drawn = next(name for name in qtawesome.get_fonts_info()[1] if name.startswith("phosphor-"))
    return qtawesome.IconicFont(
        (_PREFIX, drawn, drawn.replace("phosphor-", "phosphor-charmap-").replace(".ttf", ".json"))
    )


def icon(name: str, color: str = "text") -> QIcon:
    """The icon of this Phosphor name (`play`, `pause`, `floppy-disk` …) in a token's colour, as the theme is now."""
    colours = theme.colours
    return _font().icon(f"{_PREFIX}.{name}", color=getattr(colours, color), color_disabled=colours.faint)


def set_icon(owner: QObject, name: str, color: str = "text", setter: Callable[[QIcon], None] | None = None) -> None:
    """Give an action or button an icon that follows the theme."""
    apply = setter or owner.setIcon  # type: ignore[attr-defined]
    follow(owner, lambda: apply(icon(name, color)))

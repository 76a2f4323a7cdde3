"""The desktop's typeface: Inter, bundled, so that widths and figures are the same on every machine."""

from __future__ import annotations

from importlib.resources import files

from PySide6.QtGui import QFont, QFontDatabase

from .tokens import BODY

_FILES = ("Inter-Regular.otf", "Inter-SemiBold.otf")
_family: list[str] = []


def family() -> str:
    """Name of the bundled family, registered on first use; the system's own if it cannot be read."""
    if not _family:
        for name in _FILES:
            QFontDatabase.addApplicationFontFromData(files("convscope.assets").joinpath("fonts", name).read_bytes())
        known = QFontDatabase.families()
        _family.append(
            "Inter" if "Inter" in known else QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
        )
    return _family[0]


def body(pixels: int = BODY, bold: bool = False) -> QFont:
    """A font of this size with tabular figures."""
    font = QFont(family())
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font

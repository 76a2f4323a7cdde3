"""Starting the desktop. It is imported by name, so that the engine does without it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from ..spec import ConvscopeError

_QT_LIBRARIES = (
    "libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libxkbcommon-x11-0 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libwayland-cursor0"
)


def start(arguments: Sequence[str]) -> int:
    """Open the window, on a file if one is named; returns when it is closed. ConvscopeError if it cannot open."""
    if why := no_screen():
        raise ConvscopeError(
            f"The desktop cannot open: {why}. The other commands need no screen: see convscope --help."
        )
    try:
        app = importlib.import_module("convscope.gui.app")
    except ImportError as error:
        remedy = f"on Debian or Ubuntu: apt install {_QT_LIBRARIES}" if _lacks_library(error) else "reinstall convscope"
        raise ConvscopeError(
            f"The desktop cannot open ({error}); {remedy}. The other commands work without it."
        ) from error
    return int(app.main(list(arguments)) or 0)


def no_screen() -> str | None:
    """Why there is no screen to draw on; None if there is one. Qt itself would abort the process."""
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return None
    return "there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)"


def _lacks_library(error: ImportError) -> bool:
    return "cannot open shared object file" in str(error)

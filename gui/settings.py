"""Where the desktop remembers things between starts."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QSettings

from convscope.engine.kernels.modes import MODES

WELCOME, REOPEN, KEEP_RUNS = "start/welcome", "start/reopen", "runs/keep"
_SWITCHES = {WELCOME: True, REOPEN: False, KEEP_RUNS: True}
"""What can be on or off, and how it is in a new program."""
_THREADS, _DEVICE, _MATH = "compute/threads", "compute/device", "compute/math"
_RECENT = "files/recent"
_MOST_RECENT = 10
_STATE = "CONVSCOPE_STATE"


def state_folder() -> Path:
    """CONVSCOPE_STATE, or the user's folder for what programs keep between starts: unsaved work, who has what open."""
    if given := os.environ.get(_STATE):
        return Path(given)
    from platformdirs import user_state_path  # noqa: PLC0415

    return user_state_path("convscope", appauthor=False)


def settings() -> QSettings:
    """The settings of the desktop, in the place and format of the system."""
    return QSettings(QSettings.defaultFormat(), QSettings.Scope.UserScope, "Convscope", "Convscope")


def recent_files() -> list[Path]:
    """Files opened or saved last, newest first, without those that are gone."""
    stored = settings().value(_RECENT)
    names = stored if isinstance(stored, list) else [stored] if isinstance(stored, str) else []
    return [path for name in names if (path := Path(str(name))).is_file()]


def remember_file(path: Path) -> None:
    """Put a file first among the recent ones."""
    path = path.resolve()
    names = [str(path), *(str(p) for p in recent_files() if p != path)]
    settings().setValue(_RECENT, names[:_MOST_RECENT])


def is_on(switch: str) -> bool:
    """How one of the switches is set."""
    return settings().value(switch, _SWITCHES[switch], bool) is True


def remember(switch: str, on: bool) -> None:
    """Set a switch."""
    settings().setValue(switch, on)


def stored_threads() -> int:
    """The number of threads the user wants; 0 stands for all cores."""
    count = settings().value(_THREADS, 0, int)
    return count if isinstance(count, int) and 0 < count <= (os.cpu_count() or 1) else 0


def remember_threads(count: int) -> None:
    """Want so many threads from the next start on; 0 stands for all cores."""
    settings().setValue(_THREADS, count)


def stored_device() -> str:
    """The name of the device the user wants to compute on."""
    return str(settings().value(_DEVICE, "cpu"))


def remember_device(name: str) -> None:
    """Want this device."""
    settings().setValue(_DEVICE, name)


def stored_math() -> str:
    """How the user wants a GPU to multiply; "" where nothing was chosen."""
    mode = str(settings().value(_MATH, ""))
    return mode if mode in MODES else ""


def remember_math(mode: str) -> None:
    """Want a GPU to multiply so from the next start on."""
    settings().setValue(_MATH, mode)

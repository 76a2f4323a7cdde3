"""Where the desktop remembers things between starts."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QSettings

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

"""Making actions: text, icon that follows the theme, shortcut, tooltip."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from .icons import set_icon

Keys = QKeySequence.StandardKey | str


def shortcuts(*keys: Keys) -> list[QKeySequence]:
    """Key sequences of these texts and of the system's bindings for these standard keys."""
    found: list[QKeySequence] = []
    for key in keys:
        found += QKeySequence.keyBindings(key) if isinstance(key, QKeySequence.StandardKey) else [QKeySequence(key)]
    return found


def make_action(
    parent: QObject,
    text: str,
    slot: Callable[[], object],
    keys: Keys | None = None,
    icon: str = "",
    scope: QWidget | None = None,
) -> QAction:
    """An action of the window; with `scope` its shortcut works only while that widget has the keyboard."""
    action = QAction(text, parent)
    action.triggered.connect(lambda checked=False: slot())
    if keys is not None:
        action.setShortcuts(shortcuts(keys))
    if icon:
        set_icon(action, icon)
    if scope is not None:
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        scope.addAction(action)
    plain = text.replace("&", "").rstrip("…")
    shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{plain} ({shown})" if shown else plain)
    return action

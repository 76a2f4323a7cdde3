"""What a part takes up only while it is seen: the newest of what came meanwhile waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget


class WhenSeen(QObject):
    """Hands values to `take`: at once while the widget is visible, else the last one as soon as it is shown."""

    def __init__(self, widget: QWidget, take: Callable[[Any], None]) -> None:
        super().__init__(widget)
        self._widget, self._take = widget, take
        self._waiting: list[Any] = []  # at most one
        widget.installEventFilter(self)

    def offer(self, value: Any) -> None:
        """Take up a value, now or when the widget is shown."""
        if self._widget.isVisible():
            self._take(value)
        else:
            self._waiting = [value]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Show and self._waiting:
            self._take(self._waiting.pop())
        return False

"""A panel that is made when it is first needed, so that a window is on the screen before all that it does not show."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class Later(QWidget):
    """Stands for the panel that `make` makes: when it is shown, or asked for."""

    def __init__(self, title: str, make: Callable[[], QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self._make = make
        self._panel: QWidget | None = None
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    @property
    def panel(self) -> QWidget:
        """The panel itself."""
        if self._panel is None:
            self._panel = self._make()
            self._column.addWidget(self._panel)
            self._panel.show()  # at once: a layout would show it later
        return self._panel

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        self.panel  # noqa: B018
        super().showEvent(event)

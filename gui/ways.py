"""The ways of looking inside: tabs over pages that are made when they are first opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QTabBar, QWidget

from .accessible import named

Make = Callable[[Any], QWidget]


class Ways(QStackedWidget):
    """Pages by their titles, each made of the session; `bar` holds their tabs. Pages scroll where there is no room."""

    def __init__(self, pages: Mapping[str, Make], session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._pages = dict(pages)
        self._areas: dict[str, QScrollArea] = {}
        self.bar = named(QTabBar(), "Ways to look inside")
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        for title in self._pages:
            self.bar.addTab(title)
        self.bar.currentChanged.connect(self._open)
        self._open(0)

    @property
    def page(self) -> QWidget | None:
        """The page in view."""
        area = self.currentWidget()
        assert isinstance(area, QScrollArea)
        return area.widget()

    def show_page(self, title: str) -> QWidget | None:
        """Open a page by its title."""
        self.bar.setCurrentIndex(list(self._pages).index(title))
        return self.page

    def _open(self, index: int) -> None:
        title = list(self._pages)[index]
        if title not in self._areas:
            area = self._areas[title] = QScrollArea()  # so that it never widens the window
            area.setWidgetResizable(True)
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setWidget(self._pages[title](self._session))
            self.addWidget(area)
        self.setCurrentWidget(self._areas[title])

"""The docks around the canvas, their two arrangements (rooms), and how these are remembered."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QWidget,
)

from .icons import set_icon
from .settings import settings

_Area = Qt.DockWidgetArea
ROOMS = ("build", "train")
_LAYOUT_VERSION = 1
_NARROWEST = 176
_CORNERS = {
    _Area.LeftDockWidgetArea: Qt.Corner.BottomLeftCorner,
    _Area.RightDockWidgetArea: Qt.Corner.BottomRightCorner,
}


class Dock(QDockWidget):
    """A panel in a dock, with a title that disappears where a tab shows it already."""

    def __init__(self, name: str, panel: QWidget, window: QMainWindow) -> None:
        super().__init__(panel.title, window)  # type: ignore[attr-defined]  every panel has a title
        self.setObjectName(name)
        self.setWidget(panel if isinstance(panel, QAbstractScrollArea) else _scrolling(panel))
        self.widget().setMinimumWidth(_NARROWEST)
        self._bar = _TitleBar(self)
        self._none = QWidget(self)
        self.setTitleBarWidget(self._bar)

    def show_title(self, shown: bool) -> None:
        wanted = self._bar if shown else self._none
        if self.titleBarWidget() is not wanted:
            self.setTitleBarWidget(wanted)


def _scrolling(panel: QWidget) -> QScrollArea:
    """A panel that scrolls where there is too little room, so that it never widens the window."""
    area = QScrollArea(frameShape=QScrollArea.Shape.NoFrame, widgetResizable=True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(panel)
    return area


class _TitleBar(QWidget):
    """The panel's name and a button that closes it."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        label = QLabel(dock.windowTitle())
        label.setProperty("role", "title")
        dock.windowTitleChanged.connect(label.setText)
        close = QToolButton(accessibleName=f"Close {dock.windowTitle()}")
        close.setToolTip("Close; the View menu opens it again")
        close.setFixedSize(20, 20)
        set_icon(close, "x", "faint")
        close.clicked.connect(dock.close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 8, 2)
        layout.addWidget(label)
        layout.addStretch()
        layout.addWidget(close)


class Docks(QObject):
    """Creates a dock for each panel and switches between rooms. `room_changed` is emitted with the room's name."""

    room_changed = Signal(str)

    def __init__(self, window: QMainWindow, panels: Mapping[str, QWidget]) -> None:
        super().__init__(window)
        self._window = window
        self.room = "build"
        self.docks = {name: Dock(name, panel, window) for name, panel in panels.items()}
        window.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks)
        window.setTabPosition(_Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for area, corner in _CORNERS.items():
            window.setCorner(corner, area)
        for dock in self.docks.values():
            dock.visibilityChanged.connect(self._refresh_titles)
            dock.dockLocationChanged.connect(self._refresh_titles)
            dock.topLevelChanged.connect(self._refresh_titles)

    # ---- rooms

    def enter(self, room: str) -> None:
        """Show another room; the arrangement of the one left is kept."""
        if room != self.room:
            self._keep()
            self.room = room
            self._restore()
            self.room_changed.emit(room)

    def reset(self) -> None:
        """Arrange the room as it is when the program is new."""
        for dock in self.docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        if self.room == "build":
            self._arrange_build()
        else:
            self._arrange_train()
        self._size()
        QTimer.singleShot(
            0, self, self._size
        )  # a window on the screen takes sizes only after it has laid out the docks
        self._refresh_titles()

    def _size(self) -> None:
        window, docks = self._window, self.docks
        wide, high = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        if self.room == "build":
            window.resizeDocks([docks["layers"], docks["inspector"]], [196, 304], wide)
            window.resizeDocks([docks["costs"]], [240], high)
        else:
            window.resizeDocks([docks["training"]], [288], wide)
            window.resizeDocks([docks["curves"], docks["filters"]], [480, 500], wide)
            window.resizeDocks([docks["curves"]], [window.height() * 48 // 100], high)

    def restore(self) -> None:
        """Take up the arrangement of the last time, else the one of a new program."""
        stored = settings()
        geometry = stored.value("window/geometry")
        if not (isinstance(geometry, QByteArray) and self._window.restoreGeometry(geometry)):
            self._first_size()
        self._restore()

    def _first_size(self) -> None:
        """Fill a small screen; on a large one leave room around the window."""
        available = self._window.screen().availableSize()
        if available.width() < 1500 or available.height() < 950:
            self._window.resize(min(1280, available.width()), min(800, available.height()))
            self._window.setWindowState(Qt.WindowState.WindowMaximized)
        else:
            self._window.resize(min(1680, available.width() * 9 // 10), min(1050, available.height() * 9 // 10))

    def remember(self) -> None:
        """Keep the window's geometry and the arrangement of the room for the next start."""
        settings().setValue("window/geometry", self._window.saveGeometry())
        self._keep()

    def _keep(self) -> None:
        settings().setValue(f"window/{self.room}", self._window.saveState(_LAYOUT_VERSION))

    def _restore(self) -> None:
        state = settings().value(f"window/{self.room}")
        if not (isinstance(state, QByteArray) and self._window.restoreState(state, _LAYOUT_VERSION)):
            self.reset()
        self._refresh_titles()

    # ---- arrangements: every panel has its place in both rooms, so that the View menu can open it

    def _arrange_build(self) -> None:
        self._put(_Area.LeftDockWidgetArea, "layers")
        self._put(_Area.RightDockWidgetArea, "inspector", "training")
        self._put(_Area.BottomDockWidgetArea, "costs", "problems", "curves", "filters", "activations")
        self._show("layers", "inspector", "costs", "problems")

    def _arrange_train(self) -> None:
        window, docks = self._window, self.docks
        self._put(_Area.LeftDockWidgetArea, "layers")
        self._put(_Area.RightDockWidgetArea, "training", "inspector")
        self._put(_Area.BottomDockWidgetArea, "curves")
        window.splitDockWidget(docks["curves"], docks["filters"], Qt.Orientation.Horizontal)
        for first, other in (("filters", "activations"), ("curves", "costs"), ("curves", "problems")):
            window.tabifyDockWidget(docks[first], docks[other])
        self._show("training", "curves", "filters", "activations")

    def _put(self, area: Qt.DockWidgetArea, first: str, *others: str) -> None:
        """Place panels at one side, as tabs of each other."""
        self._window.addDockWidget(area, self.docks[first])
        for name in others:
            self._window.addDockWidget(area, self.docks[name])
            self._window.tabifyDockWidget(self.docks[first], self.docks[name])

    def _show(self, *names: str) -> None:
        """Show exactly these panels, the earlier ones in front."""
        for name, dock in self.docks.items():
            dock.setVisible(name in names)
        for name in reversed(names):
            self.docks[name].raise_()

    def _refresh_titles(self) -> None:
        for dock in self.docks.values():
            tabbed = any(not other.isHidden() for other in self._window.tabifiedDockWidgets(dock))
            dock.show_title(dock.isFloating() or not tabbed)

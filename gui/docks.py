"""The docks around the canvas, their arrangements (rooms), and how these are remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QScrollArea,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
)

from .accessible import named
from .icons import set_icon
from .rooms import ROOMS, arranged
from .settings import settings

_Area = Qt.DockWidgetArea
LAYOUT_VERSION = 4
_NARROWEST = 176


class Dock(QDockWidget):
    """A panel in a dock, with a title that disappears where a tab shows it already."""

    def __init__(self, name: str, panel: QWidget, window: QMainWindow) -> None:
        super().__init__(str(getattr(panel, "title", name)), window)
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
    area = QScrollArea()
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setWidgetResizable(True)
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
        close = named(QToolButton(), f"Close {dock.windowTitle()}", "Close; the View menu opens it again")
        close.setFixedSize(20, 20)
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # else it is next where a button that has the keyboard goes grey
        set_icon(close, "x", "faint")
        close.clicked.connect(dock.close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 6, 8, 2)
        layout.addWidget(label)
        layout.addStretch()
        layout.addWidget(close)


class Docks(QObject):
    """Creates a dock for each panel and switches between rooms. `room_changed` is emitted with the room's name.

    `room_left` comes before, with the name of the next room: what is in the middle has to be there when docks take up
    their places.
    """

    room_left = Signal(str)
    room_changed = Signal(str)

    def __init__(self, window: QMainWindow, panels: Mapping[str, QWidget]) -> None:
        super().__init__(window)
        self._window = window
        self.room = "build"
        self._new = {room: arranged(room, LAYOUT_VERSION) for room in ROOMS}
        self.docks = {name: Dock(name, panel, window) for name, panel in panels.items()}
        window.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks)
        window.setTabPosition(_Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        # These signals come while Qt is moving docks: title bars are changed afterwards.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._refresh_titles)
        for dock in self.docks.values():
            window.addDockWidget(_Area.LeftDockWidgetArea, dock)
            for signal in (dock.visibilityChanged, dock.dockLocationChanged, dock.topLevelChanged):
                signal.connect(self._later.start)

    # ---- rooms

    def enter(self, room: str) -> None:
        """Show another room; the arrangement of the one left is kept."""
        if room != self.room:
            self._keep()
            self.room = room
            self.room_left.emit(room)
            self._restore()
            self.room_changed.emit(room)

    def reset(self) -> None:
        """Arrange the room as it is when the program is new."""
        self._take(self._new[self.room])
        self._size()
        QTimer.singleShot(0, self, self._size)  # once more, when a window on the screen has laid out the docks

    def _take(self, state: object) -> bool:
        """Take up an arrangement; False if it is none."""
        return isinstance(state, QByteArray) and self._window.restoreState(state, LAYOUT_VERSION)

    def _size(self) -> None:
        window, docks = self._window, self.docks
        wide, high = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        if self.room == "build":
            window.resizeDocks([docks["layers"], docks["inspector"]], [196, 304], wide)
            window.resizeDocks([docks["costs"]], [240], high)
        elif self.room == "train":
            window.resizeDocks([docks["training"], docks["runs"]], [288, 288], wide)
            window.resizeDocks([docks["curves"], docks["filters"]], [42, 58], high)

    def restore(self) -> None:
        """Take up the arrangement of the last time, else the one of a new program."""
        stored = settings()
        geometry = stored.value("window/geometry")
        if not (isinstance(geometry, QByteArray) and self._window.restoreGeometry(geometry)):
            self._first_size()
        if self._window.isMaximized() or self._window.isFullScreen():
            self._restore_large()
        else:
            self._restore()

    def _restore_large(self) -> None:
        """Take up the arrangement while the window is not maximised but as large as it will be.

        Given to a maximised window before it is shown, Qt (6.11) keeps a copy of the arrangement for later; another
        arrangement that comes meanwhile leaves that copy with widgets that are gone, and it crashes.
        """
        window, layout = self._window, self._window.layout()
        assert layout is not None  # a QMainWindow has one
        state, normal = window.windowState(), window.size()
        window.setWindowState(Qt.WindowState.WindowNoState)
        window.resize(window.screen().availableSize())
        self._restore()
        layout.setEnabled(False)  # what fits the screen would be squeezed into the window's normal size
        window.resize(normal)
        window.setWindowState(state)
        layout.setEnabled(True)

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
        settings().setValue(f"window/{self.room}", self._window.saveState(LAYOUT_VERSION))

    def _restore(self) -> None:
        if not self._take(settings().value(f"window/{self.room}")):
            self.reset()

    def _refresh_titles(self) -> None:
        for dock in self.docks.values():
            tabbed = any(not other.isHidden() for other in self._window.tabifiedDockWidgets(dock))
            dock.show_title(dock.isFloating() or not tabbed)
        self._hide_stray_tabs()

    def _hide_stray_tabs(self) -> None:
        """Qt (6.11) leaves tabs where they stood before a change of rooms, over what is there now."""
        shown = {dock.windowTitle(): dock for dock in self.docks.values() if not dock.isHidden()}
        bars: dict[tuple[str, ...], list[QTabBar]] = {}
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bars.setdefault(tuple(bar.tabText(tab) for tab in range(bar.count())), []).append(bar)
        for texts, alike in bars.items():
            docks = [shown[text] for text in texts if text in shown]
            real = min(alike, key=partial(_distance, docks)) if texts else None
            for bar in alike:
                bar.setVisible(len(docks) == len(texts) and (real is None or bar is real))


def _distance(docks: Sequence[QDockWidget], bar: QTabBar) -> int:
    """How far a bar is from standing on one of these docks, in pixels."""
    foot = bar.geometry().bottomLeft()
    return min(((foot - dock.geometry().topLeft()).manhattanLength() for dock in docks), default=0)

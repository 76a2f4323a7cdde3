"""Where each panel stands when the program is new, in the rooms of the window.

Every panel has a place in every room, so that the View menu can open it; where one looks or learns, none is open. An
arrangement is made in a window of its own and handed over as a state, so that going back to it is the same as taking up
what was remembered.
"""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QToolBar

_Area = Qt.DockWidgetArea
ROOMS = ("build", "train", "look", "learn")
PANELS = (
    "layers", "inspector", "costs", "problems", "advice", "training", "curves", "filters", "activations", "runs",
    "comparison", "data", "evaluation", "internals",
)  # fmt: skip
_PICTURES = ("filters", "activations", "internals", "evaluation", "data")
TOOLBAR = "toolbar"


def arranged(room: str, version: int) -> QByteArray:
    """The state, for `QMainWindow.restoreState`, of a new room."""
    window = QMainWindow()
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    window.setCorner(Qt.Corner.BottomLeftCorner, _Area.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, _Area.RightDockWidgetArea)
    bar = QToolBar(window)
    bar.setObjectName(TOOLBAR)
    window.addToolBar(bar)
    docks = {}
    for name in PANELS:
        docks[name] = QDockWidget(window)
        docks[name].setObjectName(name)
    {"build": _arrange_build, "train": _arrange_train}.get(room, _arrange_whole)(window, docks)
    state = window.saveState(version)
    window.deleteLater()
    return state


def _arrange_build(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    window.addDockWidget(_Area.LeftDockWidgetArea, docks["layers"])
    _tabs(window, _Area.RightDockWidgetArea, docks["inspector"], docks["training"], docks["runs"])
    bottom = ("costs", "problems", "advice", "curves", "comparison", *_PICTURES)
    _tabs(window, _Area.BottomDockWidgetArea, *(docks[name] for name in bottom))
    _show(docks, "layers", "inspector", "costs", "problems", "advice")


def _arrange_train(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Recipe left, runs right, and between them, where the canvas is in other rooms, curves above pictures."""
    _tabs(window, _Area.LeftDockWidgetArea, docks["training"], docks["layers"])
    _tabs(window, _Area.RightDockWidgetArea, docks["runs"], docks["inspector"])
    window.addDockWidget(_Area.BottomDockWidgetArea, docks["curves"])
    window.splitDockWidget(docks["curves"], docks["filters"], Qt.Orientation.Vertical)
    beside = {"filters": _PICTURES[1:], "curves": ("comparison", "costs", "problems", "advice")}
    for first, others in beside.items():
        for other in others:
            window.tabifyDockWidget(docks[first], docks[other])
    _show(docks, "training", "runs", "curves", "comparison", *_PICTURES)


def _arrange_whole(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    _arrange_build(window, docks)
    _show(docks)


def _tabs(window: QMainWindow, area: Qt.DockWidgetArea, first: QDockWidget, *others: QDockWidget) -> None:
    """Place docks at one side, as tabs of each other."""
    window.addDockWidget(area, first)
    for other in others:
        window.addDockWidget(area, other)
        window.tabifyDockWidget(first, other)


def _show(docks: dict[str, QDockWidget], *names: str) -> None:
    """Show exactly these docks, the earlier ones in front."""
    for name, dock in docks.items():
        dock.setVisible(name in names)
    for name in reversed(names):
        docks[name].raise_()

"""Every test of the desktop gets its own settings, and leaves no window, timer or thread behind."""

import gc
import os
import threading

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="PySide6, or a library of the system that it needs, is missing")
pytest.importorskip("pytestqt", reason="the tests of the desktop need pytest-qt")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from convscope.engine import Network, zoo
from convscope.engine import layers as L
from convscope.gui.canvas.view import GraphView
from convscope.gui.collecting import Collecting
from convscope.gui.main_window import MainWindow
from convscope.gui.models.document import Document
from convscope.gui.theme import theme

ENDS_WITHIN = 10  # seconds


@pytest.fixture(scope="session", autouse=True)
def _style(qapp):
    theme.apply(qapp)


@pytest.fixture(autouse=True)
def _collecting(qapp):
    collecting = Collecting(qapp)
    yield
    collecting.end()


@pytest.fixture(autouse=True)
def _own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_STATE", str(tmp_path / "state"))
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))


@pytest.fixture(autouse=True)
def _own_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVSCOPE_RUNS", str(tmp_path / "runs"))


@pytest.fixture(autouse=True)
def _nothing_left(qapp):
    windows, threads = set(map(id, QApplication.topLevelWidgets())), set(threading.enumerate())
    yield
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    left = [w for w in QApplication.topLevelWidgets() if id(w) not in windows and w.isVisible()]
    assert not left, f"windows left open: {left}"
    for thread in set(threading.enumerate()) - threads:
        thread.join(ENDS_WITHIN)  # one that reads a file to its end is no leak
    running = [t for t in threading.enumerate() if t not in threads and t.is_alive()]
    assert not running, f"threads left running: {running}"
    timers = [o for o in gc.get_objects() if issubclass(type(o), QTimer) and isValid(o) and o.isActive()]
    assert not timers, f"timers left running: {timers}"


@pytest.fixture
def document() -> Document:
    """image → conv1 → relu1 → conv2, in one column."""
    network = Network((8, 8, 1), "small")
    network.add(L.Conv2D(4, 3, padding="same"), "conv1")
    network.add(L.ReLU(), "relu1")
    network.add(L.Conv2D(2, 3, padding="same"), "conv2")
    document = Document(network)
    yield document
    document.deleteLater()


@pytest.fixture
def view(qtbot, document) -> GraphView:
    """The document's canvas at 100 %, without animations."""
    view = GraphView(document)
    qtbot.addWidget(view)
    view.graph.animation_ms = 0
    view.resize(900, 700)
    view.show()
    qtbot.waitExposed(view)
    view.zoom_to(1.0)
    view.centerOn(view.graph.extent().center())
    view.setFocus()
    return view


@pytest.fixture
def make_window(qtbot):
    """Opens windows and closes them, with the threads they own, even when a test fails."""
    windows = []

    def make(size=(1280, 800)):
        window = MainWindow(zoo.build("lenet5"))
        windows.append(window)
        if size is not None:  # the screen of the offscreen platform is smaller than any of people's
            window.setWindowState(Qt.WindowState.WindowNoState)
            window.resize(*size)
        window.view.graph.animation_ms = 0
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in windows:
        window.document.undo_stack.setClean()
        window.close()
        window.deleteLater()

"""A residual network built from nothing, by mouse only and by keyboard only, with events as the system sends them."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionSpinBox, QToolBar

from convscope.engine import INPUT, Network
from convscope.engine import layers as L
from convscope.gui.canvas.search import SearchPopup

from .gestures import OUT, click, drag, middle, port

Key = Qt.Key
Left = Qt.MouseButton.LeftButton
Control = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def expected() -> Network:
    network = Network((28, 28, 1))
    network.add(L.Conv2D(34, 3), "conv1")
    network.add(L.ReLU(), "relu1")
    network.add(L.Conv2D(32, 3, padding="same"), "conv2")
    network.add(L.ReLU(), "relu2")
    network.add(L.Conv2D(34, 3, padding="same"), "conv3")
    network.add(L.Add(), "add1", ["conv3", "relu1"])
    network.add(L.GlobalAvgPool(), "globalavgpool1")
    network.add(L.Dense(10), "dense1")
    assert network.errors() == []
    return network


@pytest.fixture
def window(make_window):
    window = make_window()
    window.session._settle.setInterval(10**6)  # no models of what is built on the way
    return window


def parts(network: Network):
    """What is computed, however it came about."""
    return network.input, {name: (node.layer, node.inputs) for name, node in network.nodes.items()}


# ---- by mouse


def entry(names, name: str):
    """The entry of a list with this text, scrolled into sight."""
    model = names.model()
    index = next(i for row in range(model.rowCount()) if (i := model.index(row, 0)).data() == name)
    names.scrollTo(index)
    return index


def add_from_palette(window, name: str) -> None:
    names = window.palette_panel.list
    place = names.visualRect(entry(names, name)).center()
    QTest.mouseClick(names.viewport(), Left, pos=place)
    QTest.mouseDClick(names.viewport(), Left, pos=place)


def step_up(box, times: int) -> None:
    """Click the upper arrow of a spin box."""
    option = QStyleOptionSpinBox()
    box.initStyleOption(option)
    control = QStyle.ComplexControl.CC_SpinBox
    arrow = box.style().subControlRect(control, option, QStyle.SubControl.SC_SpinBoxUp, box)
    for _ in range(times):
        QTest.mouseClick(box, Left, pos=arrow.center())


def choose_from_box(qtbot, box, text: str) -> None:
    """Open a combo box and click an entry."""
    QTest.mouseClick(box, Left)
    qtbot.wait(QApplication.doubleClickInterval() + 50)  # Qt ignores a release that comes sooner
    entries = box.view()
    index = box.model().index(box.findText(text), 0)
    QTest.mouseMove(entries.viewport(), entries.visualRect(index).center())
    QTest.mouseClick(entries.viewport(), Left, pos=entries.visualRect(index).center())


def choose_from_search(view, name: str) -> None:
    popup = next(p for p in view.findChildren(SearchPopup) if p.isVisible())
    index = entry(popup.list, name)
    QTest.mouseClick(popup.list.viewport(), Left, pos=popup.list.visualRect(index).center())


def test_by_mouse(window, expected, qtbot):
    view, document = window.view, window.document
    bar = window.findChild(QToolBar)
    QTest.mouseClick(bar.widgetForAction(window.files.new), Left)
    assert len(document.network) == 0
    for name in ("Conv2D", "ReLU", "Conv2D", "ReLU", "Conv2D"):
        add_from_palette(window, name)
    drag(view, port(view, "conv3", OUT), QPoint(middle(view, "conv3").x(), view.height() - 30))
    choose_from_search(view, "Add")
    drag(view, port(view, "relu1", OUT), middle(view, "add1"))
    click(view, middle(view, "add1"))
    add_from_palette(window, "GlobalAvgPool")
    end = middle(view, "globalavgpool1")
    drag(view, port(view, "globalavgpool1", OUT), QPoint(end.x() + 160, end.y() + 40))
    choose_from_search(view, "Dense")
    for name in ("conv1", "conv3"):
        click(view, middle(view, name))
        step_up(window.inspector._form.fields["filters"].box, 2)
    for name in ("conv2", "conv3"):
        click(view, middle(view, name))
        choose_from_box(qtbot, window.inspector._form.fields["padding"].kind, "Same")
    assert parts(document.network) == parts(expected)
    assert document.network.problems() == []


# ---- by keyboard


def press(key, keys=Qt.KeyboardModifier.NoModifier) -> None:
    """A key press that goes to whatever has the keyboard."""
    QTest.keyClick(QApplication.activePopupWidget() or QApplication.focusWidget(), key, keys)


def write(text: str) -> None:
    popup = QApplication.activePopupWidget()
    QTest.keyClicks(popup.field if popup else QApplication.focusWidget(), text)


def add_by_search(text: str) -> None:
    press(Key.Key_Tab)
    write(text)
    QTest.keyClick(QApplication.activePopupWidget().field, Key.Key_Return)


def test_by_keyboard(window, expected):
    document, view = window.document, window.view
    window.activateWindow()
    view.setFocus()
    press(Key.Key_N, Control)
    assert len(document.network) == 0
    press(Key.Key_Home)
    assert document.selected == INPUT
    for text in ("conv2d", "relu", "conv2d", "relu", "conv2d"):
        add_by_search(text)
    press(Key.Key_C)
    press(Key.Key_Tab)
    write("add")
    QTest.keyClick(QApplication.activePopupWidget().field, Key.Key_Return)
    assert document.selected == "add1"
    for _ in range(4):
        press(Key.Key_Up)
    assert document.selected == "relu1"
    press(Key.Key_C)
    assert "relu1 to add1" in view.accessibleDescription()
    press(Key.Key_Return)
    assert document.selected == "add1"
    for text in ("globalavg", "dense"):
        add_by_search(text)
    for name in ("conv1", "conv3"):
        press(Key.Key_Home)
        while document.selected != name:
            press(Key.Key_Down)
        press(Key.Key_Return)
        write("34")
        press(Key.Key_Escape)
    for name in ("conv2", "conv3"):
        press(Key.Key_Home)
        while document.selected != name:
            press(Key.Key_Down)
        press(Key.Key_Return)
        while QApplication.focusWidget().accessibleName() != "Padding":
            press(Key.Key_Tab)
        press(Key.Key_Up)
        press(Key.Key_Escape)
    assert parts(document.network) == parts(expected)
    assert document.network.problems() == []

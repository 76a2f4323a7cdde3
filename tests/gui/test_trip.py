"""A newcomer's trip through the window: a network built by mouse, trained on digits, looked into while it learns."""

import numpy as np
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QToolButton

from convscope.engine import explain, zoo
from convscope.gui.canvas.search import SearchPopup
from convscope.gui.command_palette import CommandPalette
from convscope.gui.welcome import Welcome

from .gestures import IN, OUT, click, drag, drop_layer, middle, port, wire_middle
from .laboratory import PATIENCE


def choose(qtbot, view, text: str) -> None:
    """Pick the best match of the open search by typing."""
    popup = next(p for p in view.findChildren(SearchPopup) if p.isVisible())
    qtbot.keyClicks(popup.field, text)
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)


def build_by_mouse(qtbot, window) -> None:
    """image → conv → relu → pool → flatten → dense 10: dropped, wired, spliced and released on empty canvas."""
    view = window.view
    window.files.new_network()
    QApplication.processEvents()  # an empty canvas is laid out
    drop_layer(view, "Conv2D", QPoint(160, 140))
    QApplication.processEvents()  # and what stands around it, which is now about a layer
    drag(view, port(view, "input", OUT), port(view, "conv1", IN))
    drag(view, port(view, "conv1", OUT), QPoint(160, 330))
    choose(qtbot, view, "maxpool")
    drop_layer(view, "ReLU", wire_middle(view, "conv1", "maxpool1"))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(600, 30))
    drag(view, port(view, "maxpool1", OUT), QPoint(420, 140))
    choose(qtbot, view, "flatten")
    drag(view, port(view, "flatten1", OUT), QPoint(420, 300))
    choose(qtbot, view, "dense")


def test_a_network_built_by_mouse_learns_digits_while_its_filters_and_curve_are_watched(make_window, qtbot):
    window = make_window()
    build_by_mouse(qtbot, window)
    network = window.document.network
    assert [node.layer.type_name() for node in network.order()] == ["Conv2D", "ReLU", "MaxPool2D", "Flatten", "Dense"]
    assert network.problems() == []

    room = next(b for b in window.findChildren(QToolButton) if b.defaultAction() is window.views.train)
    QTest.mouseClick(room, Qt.MouseButton.LeftButton)
    curves, filters = window.panel("curves"), window.panel("filters")
    train = next(b for b in window.training.findChildren(QPushButton) if b.text() == "Train")
    qtbot.waitUntil(lambda: train.isEnabled() and filters.weights is not None, timeout=PATIENCE)
    first = filters.weights.copy()
    epochs = []
    window.session.epoch_ended.connect(epochs.append)
    QTest.mouseClick(train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(epochs) >= 4, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not np.array_equal(filters.weights, first), timeout=PATIENCE)
    window.training.stop_action.trigger()
    qtbot.waitUntil(lambda: window.session.state == "idle", timeout=PATIENCE)

    losses = curves.loss.batches.smooth
    assert losses[-1] < 0.5 * losses[0]
    assert epochs[-1].test_accuracy > 0.85
    assert window.document.network == network


def press_run(qtbot, room, method: str) -> None:
    """Choose a method of the Look room by mouse, press Run, and wait for its result."""
    rows = range(room.list.count())
    item = next(room.list.item(row) for row in rows if room.list.item(row).text() == explain.METHODS[method].title)
    room.list.scrollToItem(item)
    QTest.mouseClick(room.list.viewport(), Qt.MouseButton.LeftButton, pos=room.list.visualItemRect(item).center())
    before = len(room._kept)
    QTest.mouseClick(room.form.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not room.running and len(room._kept) > before, timeout=PATIENCE)


def look_and_save(qtbot, window) -> None:
    """Occlude the network's image, then dream on it, and press the button that saves the dream."""
    window.docks.enter("look")
    room = window.look
    ready = (lambda: room.list.method, lambda: window.session.dataset, lambda: room.form.aim.layers.layer)
    qtbot.waitUntil(lambda: all(bool(found()) for found in ready), timeout=PATIENCE)
    for method in ("occlusion", "deep_dream"):
        press_run(qtbot, room, method)
    QTest.mouseClick(room.cards[-1].save, Qt.MouseButton.LeftButton)


def test_a_newcomer_goes_from_the_welcome_to_a_dream(make_window, qtbot, tmp_path, monkeypatch):
    window = make_window()
    window.start()
    welcome = window.findChild(Welcome)
    QTest.mouseClick(welcome.cards["build"], Qt.MouseButton.LeftButton)

    # a template, by typing its name
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE)
    QTest.keyClick(window.view, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    palette = window.findChild(CommandPalette)
    qtbot.keyClicks(palette.field, "lenet5")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.document.network == zoo.lenet5()

    # a layer is changed
    click(window.view, middle(window.view, "conv1"))
    filters = window.inspector._form.fields["filters"].box
    filters.selectAll()
    qtbot.keyClicks(filters, "8")
    QTest.keyClick(filters, Qt.Key.Key_Return)
    assert window.document.network["conv1"].filters == 8

    # a layer is deleted, which is a problem; its button puts another in its place
    click(window.view, middle(window.view, "flatten"))
    window.view.setFocus()
    QTest.keyClick(window.view, Qt.Key.Key_Delete)
    assert [problem.layer for problem in window.document.network.errors()] == ["dense3"]
    window.docks.docks["problems"].raise_()
    offered = window.problems.buttons
    qtbot.waitUntil(lambda: bool(offered.buttons), timeout=PATIENCE)
    assert offered.buttons[0].text() == "Put Flatten before dense3"
    QTest.mouseClick(offered.buttons[0], Qt.MouseButton.LeftButton)
    assert window.document.network.problems() == []

    # it learns digits while its filters are watched
    window.docks.enter("train")
    watched = window.panel("filters")
    train = next(b for b in window.training.findChildren(QPushButton) if b.text() == "Train")
    qtbot.waitUntil(lambda: train.isEnabled() and watched.weights is not None, timeout=PATIENCE)
    first, epochs = watched.weights.copy(), []
    window.session.epoch_ended.connect(epochs.append)
    QTest.mouseClick(train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(epochs) >= 1, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not np.array_equal(watched.weights, first), timeout=PATIENCE)
    window.training.stop_action.trigger()
    qtbot.waitUntil(lambda: window.session.state == "idle", timeout=PATIENCE)

    # it is looked into, and what was found is saved
    path = tmp_path / "dream.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args, **more: (str(path), ""))
    look_and_save(qtbot, window)
    qtbot.waitUntil(path.exists, timeout=PATIENCE)
    with Image.open(path) as picture:
        assert min(picture.size) >= 28
        assert len(picture.getcolors(1 << 16)) > 16

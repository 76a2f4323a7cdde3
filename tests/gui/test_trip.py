"""A newcomer's trip through the window: a network built by mouse, trained on digits, looked into while it learns."""

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton

from convscope.gui.canvas.search import SearchPopup

from .gestures import IN, OUT, drag, drop_layer, port, wire_middle
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
    drop_layer(view, "Conv2D", QPoint(160, 140))
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
    curves, filters = window._panels["curves"], window._panels["filters"]
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

"""What assistive technology is told of the canvas."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible

from convscope.engine import INPUT
from convscope.gui.canvas import accessible
from convscope.gui.models import edits

Text, Key = QAccessible.Text, Qt.Key


@pytest.fixture
def canvas(view):
    found = QAccessible.queryAccessibleInterface(view)
    assert isinstance(found, accessible.Canvas)
    return found


@pytest.fixture
def told(monkeypatch):
    """Events that assistive technology gets, as (kind, name) or (kind, message)."""
    events = []

    def note(event):
        message = event.message() if hasattr(event, "message") else event.accessibleInterface().text(Text.Name)
        events.append((event.type(), message))

    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", note)
    return events


def names(canvas):
    return [canvas.child(i).text(Text.Name) for i in range(canvas.childCount())]


def test_cards_and_wires_are_children_in_words(canvas, document):
    assert canvas.role() == QAccessible.Role.List
    assert canvas.text(Text.Name) == "Network canvas"
    assert names(canvas) == [
        "image, input, 8×8×1",
        "conv1, Conv2D, 4 filters, 3×3, same, output 8×8×4",
        "relu1, ReLU, output 8×8×4",
        "conv2, Conv2D, 2 filters, 3×3, same, output 8×8×2",
        "wire from input to conv1",
        "wire from conv1 to relu1",
        "wire from relu1 to conv2",
    ]
    conv2 = canvas.child(3)
    assert canvas.indexOfChild(conv2) == 3
    assert conv2.text(Text.Value) == "8×8×2"
    assert conv2.text(Text.Description).startswith("Reads relu1; leads nowhere; ")
    assert conv2.role() == QAccessible.Role.ListItem
    assert canvas.child(7) is None


def test_problems_are_counted_in_the_name_and_told_in_the_description(canvas, document):
    edits.set_parameter(document, "conv2", "kernel", (99, 99))
    edits.set_parameter(document, "conv2", "padding", (0, 0, 0, 0))
    conv2 = canvas.part("conv2")
    assert conv2.text(Text.Name).endswith("output unknown, 1 problem")
    assert document.network.problems()[0].fix in conv2.text(Text.Description)


def test_a_part_lies_where_its_card_is_seen_and_is_found_there(view, canvas):
    part, item = canvas.part("relu1"), view.graph.nodes["relu1"]
    place = view.viewport().mapToGlobal(view.mapFromScene(item.body().center()))
    assert part.rect().contains(place)
    assert canvas.childAt(place.x(), place.y()) is part
    wire = view.graph.wires[next(link for link in view.graph.wires if link.target == "relu1")]
    place = view.viewport().mapToGlobal(view.mapFromScene(wire.path().pointAtPercent(0.5)))
    assert canvas.childAt(place.x(), place.y()).text(Text.Name) == "wire from conv1 to relu1"


def test_a_part_of_a_card_that_is_gone_is_not_valid_and_comes_back_with_undo(canvas, document):
    part = canvas.part("relu1")
    edits.remove(document, ["relu1"])
    assert not part.isValid()
    assert part.text(Text.Name) == ""
    assert part.state().invalid
    assert canvas.childCount() == 5
    document.undo_stack.undo()
    assert part.isValid()
    assert canvas.part("relu1") is part


def test_the_focus_follows_the_keyboard_from_card_to_card(view, canvas, document, told, qtbot):
    view.activateWindow()
    qtbot.waitUntil(view.hasFocus)
    told.clear()
    qtbot.keyClick(view, Key.Key_Home)
    qtbot.keyClick(view, Key.Key_Down)
    focused = [name for kind, name in told if kind == QAccessible.Event.Focus]
    assert [name.split(",")[0] for name in focused] == ["image", "conv1"]
    assert canvas.focusChild() is canvas.part("conv1")
    assert canvas.part("conv1").state().focused
    assert canvas.part("conv1").state().selected
    assert not canvas.part(INPUT).state().focused


def test_connecting_by_keyboard_is_announced(view, document, told, qtbot):
    document.select(INPUT)
    qtbot.keyClick(view, Key.Key_C)
    qtbot.keyClick(view, Key.Key_Down)
    said = [text for kind, text in told if kind == QAccessible.Event.Announcement]
    assert said[-1] == "Connecting input to relu1. Enter connects input to relu1"


def test_cards_that_come_and_go_are_told(view, canvas, document, told):
    edits.add_after(document, "Tanh", "conv2")
    assert (QAccessible.Event.ObjectCreated, "tanh1, Tanh, output 8×8×2") in told


def test_a_card_that_goes_is_valid_while_it_is_told_and_not_afterwards(canvas, document, monkeypatch):
    seen = []

    def note(event):
        part = event.accessibleInterface()
        if event.type() == QAccessible.Event.ObjectDestroyed:
            seen.append((part.name, part.isValid(), part.rect().isNull()))

    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", note)
    edits.remove(document, ["conv1", "conv2"])
    assert sorted(seen) == [("conv1", True, True), ("conv2", True, True)]
    assert not canvas.part("conv1").isValid()

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from convscope.engine import INPUT, zoo
from convscope.engine import layers as L
from convscope.engine.layers import TYPES
from convscope.gui.panels.inspector import Inspector

Key = Qt.Key


@pytest.fixture
def inspector(qtbot, document):
    inspector = Inspector(document)
    qtbot.addWidget(inspector)
    inspector.resize(320, 700)
    inspector.show()
    qtbot.waitExposed(inspector)
    document.select("conv1")
    return inspector


def field(inspector, name):
    return inspector._form.fields[name]


def type_into(qtbot, box, text):
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)


def test_typing_changes_the_layer_at_once_and_is_one_undo_step(inspector, document, qtbot):
    type_into(qtbot, field(inspector, "filters").box, "12")
    assert document.network["conv1"].filters == 12
    assert inspector.facts.value("Output") == "8×8×12"
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert document.network["conv1"].filters == 4
    assert field(inspector, "filters").box.value() == 4


def test_an_illegal_entry_is_explained_at_the_field_and_not_applied(inspector, document, qtbot):
    type_into(qtbot, field(inspector, "groups").box, "3")
    reason = inspector._form.reasons["groups"]
    assert reason.isVisible()
    assert "4 filters cannot be split into 3 groups" in reason.text()
    assert document.network["conv1"].groups == 1
    assert field(inspector, "groups").box.property("invalid")
    type_into(qtbot, field(inspector, "groups").box, "1")
    assert not reason.isVisible()
    type_into(qtbot, field(inspector, "filters").box, "0")
    assert "use a whole number of at least 1" in inspector._form.reasons["filters"].text()
    assert document.network["conv1"].filters == 4


def test_a_pair_is_set_together_while_linked_and_apart_when_not(inspector, document, qtbot):
    kernel = field(inspector, "kernel")
    type_into(qtbot, kernel.boxes[0], "5")
    assert document.network["conv1"].kernel == (5, 5)
    kernel.link.click()
    type_into(qtbot, kernel.boxes[1], "1")
    assert document.network["conv1"].kernel == (5, 1)


def test_padding_is_a_name_a_number_or_four_sides(inspector, document, qtbot):
    padding = field(inspector, "padding")
    for index, expected in ((1, "valid"), (2, (0, 0, 0, 0)), (0, "same")):
        padding.kind.setCurrentIndex(index)
        padding.kind.activated.emit(index)
        assert document.network["conv1"].padding == expected
    padding.kind.setCurrentIndex(3)
    padding.kind.activated.emit(3)
    type_into(qtbot, padding.sides[1], "2")
    assert document.network["conv1"].padding == (0, 2, 0, 0)


def test_zeros_around_an_image_have_no_names(inspector, document, qtbot):
    document.edit("pad", lambda net: net.add(L.ZeroPad(2), "pad", inputs=["conv1"]))
    document.select("pad")
    padding = field(inspector, "padding")
    assert [padding.kind.itemText(i) for i in range(padding.kind.count())] == ["Number", "Four sides"]
    type_into(qtbot, padding.number, "3")
    assert document.network["pad"].padding == (3, 3, 3, 3)
    padding.kind.setCurrentIndex(1)
    padding.kind.activated.emit(1)
    type_into(qtbot, padding.sides[2], "0")
    assert document.network["pad"].padding == (3, 3, 0, 3)


def test_a_flag_is_switched_from_the_keyboard(inspector, document, qtbot):
    bias = field(inspector, "bias").box
    bias.setFocus()
    qtbot.keyClick(bias, Key.Key_Space)
    assert document.network["conv1"].bias is False


def test_the_name_can_be_changed_and_a_taken_one_is_explained(inspector, document, qtbot):
    inspector.focus_name()
    qtbot.keyClicks(inspector.name, "stem")
    qtbot.keyClick(inspector.name, Key.Key_Return)
    assert document.selected == "stem"
    assert document.network.nodes["relu1"].inputs == ("stem",)
    type_into(qtbot, inspector.name, "relu1")
    qtbot.keyClick(inspector.name, Key.Key_Return)
    assert "taken; choose another name" in inspector._name_reason.text()
    assert "stem" in document.network


def test_the_image_shape_is_edited_like_a_layer(inspector, document, qtbot):
    document.select(INPUT)
    type_into(qtbot, field(inspector, "channels").box, "3")
    assert document.network.input == (8, 8, 3)
    document.undo_stack.undo()
    assert document.network.input == (8, 8, 1)


def test_nothing_selected_shows_the_network_with_its_totals(inspector, document, qtbot):
    document.select("")
    assert inspector.heading.text() == "Network"
    assert inspector.facts.value("Parameters") == f"{document.summary.totals.params:,}"
    type_into(qtbot, inspector.name, "mine")
    qtbot.keyClick(inspector.name, Key.Key_Return)
    assert document.network.name == "mine"


def test_facts_are_those_of_the_cost_table(inspector, document):
    row = document.summary.rows[0]
    assert inspector.facts.value("Input") == "8×8×1"
    assert inspector.facts.value("Multiply-adds") == f"{row.macs:,}"
    assert inspector.facts.value("Receptive field") == "3×3"


def test_problems_of_the_layer_are_spelled_out(inspector, document):
    document.edit("break", lambda net: net.set("conv1", kernel=99, padding="valid"))
    assert "does not fit input" in inspector._problem.text()
    assert inspector._problem.isVisible()


@pytest.mark.parametrize("type_name", sorted(TYPES))
def test_every_layer_type_has_a_form_with_named_fields(inspector, document, type_name):
    document.edit("add", lambda net: net.add(TYPES[type_name](), "new", ["conv1"]), select="new")
    assert inspector.heading.text() == type_name
    assert set(inspector._form.fields) == set(TYPES[type_name].params())
    for editor in inspector._form.fields.values():
        assert editor.accessibleName()
        assert editor.toolTip()


def test_scrolling_over_a_field_does_not_change_it(inspector, document, qtbot):
    box = field(inspector, "filters").box
    inspector.name.setFocus()
    place = QPointF(box.rect().center())
    up = QPoint(0, 120)
    none, still = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(place, place, up, up, Qt.MouseButton.NoButton, none, still, False)
    QApplication.sendEvent(box, event)
    assert document.network["conv1"].filters == 4


def test_a_source_is_named_only_where_there_is_one(inspector, document):
    assert "Source: LeCun" in inspector._help.text()
    document.load(zoo.lenet5())
    document.select("flatten")
    assert inspector.heading.text() == "Flatten"
    assert "Source" not in inspector._help.text()

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from convscope.engine import INPUT
from convscope.engine import layers as L
from convscope.gui.canvas.search import SearchPopup
from convscope.gui.edit_actions import EditActions
from convscope.gui.layer_list import search

from .gestures import click, middle

Key = Qt.Key
Control = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def actions(view, document):
    actions = EditActions(document, view)
    view.addActions([actions.undo, actions.redo, actions.arrange])
    QGuiApplication.clipboard().clear()
    return actions


def test_tab_offers_layers_and_enter_adds_below_the_selected_one(view, document, qtbot):
    document.select("conv1")
    qtbot.keyClick(view, Key.Key_Tab)
    popup = view.findChild(SearchPopup)
    qtbot.keyClicks(popup.field, "bn")
    assert popup.list.currentIndex().data() == "BatchNorm"
    qtbot.keyClick(popup.field, Key.Key_Return)
    assert document.network.nodes["relu1"].inputs == ("batchnorm1",)
    assert not popup.isVisible()


def test_escape_closes_the_search_without_an_edit(view, document, qtbot):
    qtbot.keyClick(view, Key.Key_Tab)
    popup = view.findChild(SearchPopup)
    qtbot.keyClick(popup, Key.Key_Escape)
    assert not popup.isVisible()
    assert document.undo_stack.count() == 0


def test_a_search_without_result_says_so_and_adds_nothing(view, document, qtbot):
    popup = view.open_search()
    qtbot.keyClicks(popup.field, "zzz")
    assert not popup.list.isVisible()
    qtbot.keyClick(popup.field, Key.Key_Return)
    assert document.undo_stack.count() == 0
    popup.close()


def test_search_is_fuzzy_and_puts_the_best_first():
    assert search("relu")[0] == "ReLU"
    assert search("gap")[0] == "GlobalAvgPool"
    assert search("norm")[0] == "BatchNorm"
    assert search("cnv")[0] == "Conv2D"
    assert search("activation")
    assert search("qqq") == []


def test_arrows_move_the_selection_along_the_wires(view, document, qtbot):
    document.select(INPUT)
    for expected in ("conv1", "relu1", "conv2", "conv2"):
        qtbot.keyClick(view, Key.Key_Down)
        assert document.selected == expected
    qtbot.keyClick(view, Key.Key_Up)
    assert view.graph.selected_names() == ["relu1"]
    assert "relu1" in view.accessibleDescription()


def test_enter_asks_for_the_inspector(view, document, qtbot):
    document.select("conv1")
    with qtbot.waitSignal(view.inspect):
        qtbot.keyClick(view, Key.Key_Return)


def test_delete_reconnects_and_undo_and_redo_follow(view, document, actions, qtbot):
    click(view, middle(view, "relu1"))
    qtbot.keyClick(view, Key.Key_Delete)
    assert "relu1" not in document.network
    assert "relu1" not in view.graph.nodes
    assert document.network.nodes["conv2"].inputs == ("conv1",)
    qtbot.keyClick(view, Key.Key_Z, Control)
    assert view.graph.nodes["relu1"].pos().toTuple() == document.network.layout["relu1"]
    qtbot.keyClick(view, Key.Key_Z, Control | Qt.KeyboardModifier.ShiftModifier)
    assert "relu1" not in document.network


def test_the_image_cannot_be_deleted(view, document, actions, qtbot):
    click(view, middle(view, INPUT))
    qtbot.keyClick(view, Key.Key_Delete)
    assert document.undo_stack.count() == 0
    assert INPUT in view.graph.nodes


def test_copy_paste_and_duplicate_select_what_is_new(view, document, actions, qtbot):
    view.graph.select(["conv1", "relu1"])
    qtbot.keyClick(view, Key.Key_C, Control)
    assert '"convscope-network"' in QGuiApplication.clipboard().text()
    qtbot.keyClick(view, Key.Key_V, Control)
    assert view.graph.selected_names() == ["conv3", "relu2"]
    qtbot.keyClick(view, Key.Key_D, Control)
    assert view.graph.selected_names() == ["conv4", "relu3"]
    assert len(document.network) == 7


def test_cut_takes_layers_away_and_paste_brings_them_back(view, document, actions, qtbot):
    view.graph.select(["relu1"])
    qtbot.keyClick(view, Key.Key_X, Control)
    assert "relu1" not in document.network
    qtbot.keyClick(view, Key.Key_V, Control)
    assert "relu1" in document.network


def test_pasting_something_else_is_explained(view, document, actions, qtbot):
    QGuiApplication.clipboard().setText("dear diary")
    with qtbot.waitSignal(actions.message) as told:
        qtbot.keyClick(view, Key.Key_V, Control)
    assert told.args == ["The clipboard holds no layers; copy some from a Convscope canvas.", True]
    assert document.undo_stack.count() == 0


def test_a_key_for_layers_where_none_is_selected_says_so(view, document, actions, qtbot):
    said = []
    actions.message.connect(lambda text, _error: said.append(text))
    for key, held in ((Key.Key_X, Control), (Key.Key_C, Control), (Key.Key_D, Control), (Key.Key_K, Control)):
        qtbot.keyClick(view, key, held)
    qtbot.keyClick(view, Key.Key_Delete)
    assert len(said) == 5
    assert all(text.startswith("Select layers first") for text in said)
    qtbot.keyClick(view, Key.Key_V, Control)
    assert said[-1].startswith("The clipboard holds no layers")
    document.select("relu1")
    qtbot.keyClick(view, Key.Key_K, Control)
    assert said[-1] == "relu1 without weights: there is nothing to freeze."
    assert document.undo_stack.count() == 0


def test_select_all_then_arrange_is_one_undoable_step(view, document, actions, qtbot):
    document.move("Move conv1", {"conv1": (400.0, 300.0), "conv2": (0.0, 0.0)})
    moved = dict(document.network.layout)
    actions.arrange.trigger()
    assert document.network.layout != moved
    for name, item in view.graph.nodes.items():
        assert item.pos().toTuple() == document.network.layout[name]
    document.undo_stack.undo()
    assert document.network.layout == moved
    qtbot.keyClick(view, Key.Key_A, Control)
    assert set(view.graph.selected_names()) == {"conv1", "relu1", "conv2"}
    qtbot.wait(view.graph.animation_ms + 60)


def test_arranging_is_animated_and_ends_at_the_final_places(view, document, actions, qtbot):
    view.graph.animation_ms = 60
    document.move("Move", {"conv2": (500.0, 300.0)})
    qtbot.waitUntil(lambda: view.graph.nodes["conv2"].pos().toTuple() == (500.0, 300.0))


Shift = Qt.KeyboardModifier.ShiftModifier


def test_connecting_by_keyboard_chooses_with_arrows_and_tells_what_would_happen(view, document, qtbot):
    document.select(INPUT)
    qtbot.keyClick(view, Key.Key_C)
    assert view.accessibleDescription() == "Connecting input to conv1. conv1 reads input already"
    qtbot.keyClick(view, Key.Key_Down)
    assert view.accessibleDescription() == "Connecting input to relu1. Enter connects input to relu1"
    qtbot.keyClick(view, Key.Key_Return)
    assert document.network.nodes["relu1"].inputs == (INPUT,)
    assert view.keys.wiring is None


def test_a_refused_choice_connects_nothing_and_escape_gives_up(view, document, qtbot):
    before = document.network.copy()
    document.select("conv2")
    qtbot.keyClick(view, Key.Key_C)
    qtbot.keyClick(view, Key.Key_Up)
    assert "Would close a cycle" in view.accessibleDescription()
    qtbot.keyClick(view, Key.Key_Return)
    assert view.keys.wiring is not None
    qtbot.keyClick(view, Key.Key_Escape)
    assert view.keys.wiring is None
    assert document.network == before
    assert document.selected == "conv2"


def test_delete_while_connecting_cuts_the_connection_and_no_layer(view, document, actions, qtbot):
    document.select("conv1")
    qtbot.keyClick(view, Key.Key_C)
    qtbot.keyClick(view, Key.Key_Delete)
    assert document.network.nodes["relu1"].inputs == ()
    assert list(document.network.nodes) == ["conv1", "relu1", "conv2"]
    assert document.undo_stack.undoText() == "Disconnect conv1 from relu1"


def test_tab_while_connecting_offers_only_layers_that_can_read_it(view, document, qtbot):
    document.select("conv2")
    qtbot.keyClick(view, Key.Key_C)
    qtbot.keyClick(view, Key.Key_Tab)
    popup = view.findChild(SearchPopup)
    offered = {popup.list.model().index(row, 0).data() for row in range(popup.list.model().rowCount())}
    assert "Flatten" in offered
    assert "Dense" not in offered
    qtbot.keyClicks(popup.field, "dense")
    assert popup.list.currentIndex().data() != "Dense"
    qtbot.keyClicks(popup.field, " unit")
    popup.field.selectAll()
    qtbot.keyClicks(popup.field, "maxp")
    qtbot.keyClick(popup.field, Key.Key_Return)
    assert document.network.nodes["maxpool1"].inputs == ("conv2",)


def test_arrows_with_shift_select_more_and_with_control_move(view, document, qtbot):
    document.select("conv1")
    qtbot.keyClick(view, Key.Key_Down, Shift)
    assert view.graph.selected_names() == ["conv1", "relu1"]
    before = dict(document.network.layout)
    for _ in range(3):
        qtbot.keyClick(view, Key.Key_Right, Control)
    for name in ("conv1", "relu1"):
        assert document.network.layout[name] == (before[name][0] + 24, before[name][1])
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Move 2 layers"
    document.undo_stack.undo()
    assert document.network.layout == before


def test_home_and_end_go_to_the_image_and_to_the_last_layer(view, document, qtbot):
    qtbot.keyClick(view, Key.Key_End)
    assert document.selected == "conv2"
    qtbot.keyClick(view, Key.Key_Home)
    assert document.selected == INPUT


def test_cards_without_wires_are_reached_by_their_place(view, document, qtbot):
    document.edit("Add", lambda net: net.add(L.Tanh(), "alone", []))
    x, y = document.network.layout["conv2"]
    document.move("Move", {"alone": (x + 300, y)})
    document.select("conv2")
    qtbot.keyClick(view, Key.Key_Right)
    assert document.selected == "alone"

"""Blocks on the canvas: folded to one card and unfolded, changed in the inspector, added, copied, edited."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from convscope.engine import INPUT, Network, blocks, zoo
from convscope.engine import layers as L
from convscope.engine.spec import NetworkError
from convscope.gui.canvas.search import SearchPopup
from convscope.gui.canvas.view import GraphView
from convscope.gui.models import clipboard, edits, folding
from convscope.gui.models.arrange import arrange
from convscope.gui.models.costs import CostModel
from convscope.gui.models.document import Document
from convscope.gui.models.edits import Link
from convscope.gui.panels.inspector import Inspector

from . import gestures

Key = Qt.Key


@pytest.fixture
def document() -> Document:
    """image → conv1 → b1 → b2 → pool, both residual blocks, not folded."""
    network = Network((8, 8, 4), "small")
    network.add(L.Conv2D(4, 3, padding="same"), "conv1")
    network.add_block(blocks.Residual(4), "b1")
    network.add_block(blocks.Residual(8, stride=2), "b2")
    network.add(L.GlobalAvgPool(), "pool")
    return Document(network)


@pytest.fixture
def folded(document) -> Document:
    folding.fold(document, ["b1", "b2"])
    return document


@pytest.fixture
def view(folded, qtbot) -> GraphView:
    view = GraphView(folded)
    view.graph.animation_ms = 0
    qtbot.addWidget(view)
    view.resize(700, 900)
    view.show()
    qtbot.waitExposed(view)
    view.fit(all_nodes=True)
    return view


def double_click(view, place) -> None:
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


# ---- folding


def test_a_folded_block_is_one_card_that_says_type_output_and_share(view, folded):
    assert list(view.graph.nodes) == [INPUT, "conv1", "b1", "b2", "pool"]
    card = view.graph.nodes["b2"].card
    assert (card.title, card.detail, card.output) == ("b2", "Residual  8 · stride 2", "4×4×8")
    assert (card.category, card.stacked, card.slots) == ("block", True, 1)
    macs = {row.name: row.macs for row in folded.summary.rows}
    share = view.graph.nodes["b2"].share
    assert share.part == sum(macs[m] for m in folded.network.groups["b2"].members) / folded.summary.totals.macs
    assert {(link.source, link.target) for link in view.graph.wires} == {
        (INPUT, "conv1"),
        ("conv1", "b1"),
        ("b1", "b2"),
        ("b2", "pool"),
    }


def test_a_double_click_unfolds_and_one_on_the_frame_folds_and_both_can_be_undone(view, folded):
    double_click(view, gestures.middle(view, "b1"))
    assert "b1_conv1" in view.graph.nodes
    assert "b1" not in view.graph.nodes
    assert list(view.graph.frames) == ["b1"]
    view.fit(all_nodes=True)
    double_click(view, view.mapFromScene(view.graph.frames["b1"].title_area().center()))
    assert "b1" in view.graph.nodes
    assert view.graph.frames == {}
    folded.undo_stack.undo()
    assert "b1_conv1" in view.graph.nodes
    folded.undo_stack.undo()
    assert set(view.graph.nodes) == {INPUT, "conv1", "b1", "b2", "pool"}


def test_cards_come_to_rest_where_the_document_has_them_after_a_double_click(view, folded, qtbot):
    view.graph.animation_ms = 120
    with qtbot.waitSignal(view.graph.settled):
        double_click(view, gestures.middle(view, "b1"))
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=gestures.middle(view, "pool"))
    assert {name: item.pos().toTuple() for name, item in view.graph.nodes.items()} == folded.network.layout
    assert folded.undo_stack.undoText() == "Unfold b1"


def test_what_is_folded_is_kept_in_the_file(folded):
    again = Document(Network.from_json(folded.network.to_json()))
    assert list(again.drawing.folded) == ["b1", "b2"]
    assert again.network.layout == folded.network.layout


def test_a_tidy_network_stays_tidy_and_a_placed_one_makes_room(document):
    folding.fold(document, ["b1"])
    assert document.network.layout == arrange(document.network)
    document.move("Move", {"pool": (400.0, 20.0)})
    below = document.network.layout["b2_conv1"]
    folding.unfold(document, ["b1"])
    layout = document.network.layout
    assert layout["pool"] == (400.0, 20.0)
    assert set(layout) == {INPUT, *document.network.nodes}
    assert layout["b2_conv1"][1] >= below[1]


def test_fold_all_finds_blocks_in_plain_layers(qtbot):
    network = zoo.build("resnet8")
    for name in list(network.groups):
        network.ungroup(name)
    document = Document(network)
    assert folding.fold_all(document) == 3
    assert list(document.drawing.folded) == ["s1b1", "s2b1", "s3b1"]
    assert document.network.layout == arrange(document.network)
    document.undo_stack.undo()
    assert document.network.groups == {}
    folding.fold_all(document)
    folding.unfold_all(document)
    assert set(document.network.layout) == {INPUT, *network.nodes}
    folding.ungroup(document, ["s1b1"])
    assert list(document.network.groups) == ["s2b1", "s3b1"]


def test_a_block_that_is_read_inside_is_not_folded_and_says_why(document):
    document.edit("Look inside", lambda net: net.add(L.GlobalAvgPool(), "spy", "b1_relu1"))
    before = document.network.to_dict()
    with pytest.raises(NetworkError, match="let all but one be read inside the block only"):
        folding.fold(document, ["b1"])
    assert document.network.to_dict() == before


def test_the_cost_table_has_one_row_for_a_folded_block(folded):
    model = CostModel(folded)
    names = [model.name_at(row) for row in range(model.rowCount())]
    assert names == ["conv1", "b1", "b2", "pool"]
    assert model.row_of("b2_conv1") == model.row_of("b2") == 2
    assert model.index(1, 1).data() == "Residual"
    folding.unfold(folded, ["b1"])
    assert model.rowCount() == len(folded.network) - len(folded.network.groups["b2"].members) + 1


# ---- the inspector


@pytest.fixture
def inspector(folded, qtbot) -> Inspector:
    inspector = Inspector(folded)
    qtbot.addWidget(inspector)
    inspector.show()
    qtbot.waitExposed(inspector)
    return inspector


def test_the_inspector_changes_a_block_in_one_step_and_its_layers_keep_their_names(inspector, folded, qtbot):
    folded.select("b1")
    assert inspector.heading.text() == "Residual"
    assert inspector.facts.value("Layers") == "7"
    assert inspector.facts.value("Output") == "8×8×4"
    steps, before = folded.undo_stack.count(), folded.network.copy()
    inspector.focus()
    field = inspector._form.fields["filters"]
    field.edited.emit(6)
    field.edited.emit(16)
    assert folded.undo_stack.count() == steps + 1
    assert folded.network["b1_conv1"].filters == 16
    assert folded.network.groups["b1"].params["filters"] == 16
    assert "b1_shortcut_conv" in folded.network
    assert list(folded.drawing.folded) == ["b1", "b2"]
    assert folded.selected == "b1"
    folded.undo_stack.undo()
    assert folded.network == before
    assert folded.network.groups == before.groups


def test_an_edited_block_says_so_and_offers_no_parameters(inspector, folded):
    edits.set_parameter(folded, "b1_conv1", "kernel", 5)
    folded.select("b1")
    assert inspector._form is None
    assert "were edited" in inspector._summary.text()
    folded.undo_stack.undo()
    folded.select("b1")
    assert inspector._form is not None


def test_a_block_is_renamed_with_its_layers(inspector, folded, qtbot):
    folded.select("b1")
    inspector.focus_name()
    qtbot.keyClicks(inspector.name, "stage1")
    qtbot.keyClick(inspector.name, Key.Key_Return)
    assert list(folded.drawing.folded) == ["stage1", "b2"]
    assert "stage1_conv1" in folded.network
    assert folded.selected == "stage1"


def test_a_layer_tells_its_block_and_errors_inside_are_told_on_the_card(inspector, folded, view):
    folded.select("b1_conv1")
    assert inspector.facts.value("Block") == "b1, Residual"
    assert view.graph.selected_names() == ["b1"]
    edits.set_parameter(folded, "b1_conv2", "filters", 5)
    assert view.graph.nodes["b1"].card.error.startswith("b1_add: ")
    assert view.graph.nodes["b1"].card.detail == "Residual  edited"


# ---- editing


def test_a_block_chosen_in_the_search_goes_below_the_selected_card_folded(view, folded, qtbot):
    view.graph.select(["b1"])
    view.setFocus()
    qtbot.keyClick(view, Key.Key_Tab)
    popup = view.findChild(type(view.open_search()))
    qtbot.keyClicks(popup.field, "fire")
    qtbot.keyClick(popup.field, Key.Key_Return)
    for other in view.findChildren(type(popup)):
        other.close()
    assert "fire1" in folded.drawing.folded
    assert folded.network.nodes["fire1_conv_squeeze"].inputs == ("b1_relu2",)
    assert folded.network.nodes["b2_conv1"].inputs == ("fire1_concat",)
    assert folded.network.nodes["b2_shortcut_conv"].inputs == ("fire1_concat",)
    assert folded.network.errors() == []
    assert folded.selected == "fire1"


def test_a_block_dropped_on_a_wire_goes_into_it_and_on_the_canvas_behind_the_output(view, folded):
    gestures.drop_layer(view, "Separable", gestures.wire_middle(view, "b1", "b2"))
    assert folded.network.nodes["separable1_conv_depthwise"].inputs == ("b1_relu2",)
    assert folded.network.nodes["b2_conv1"].inputs == ("separable1_relu_pointwise",)
    edits.remove(folded, ["pool"])
    gestures.drop_layer(view, "Residual", view.rect().bottomRight() - view.rect().center() / 8)
    assert folded.network.nodes["residual1_conv1"].inputs == ("b2_relu2",)
    assert "residual1" in view.graph.nodes


def test_a_layer_is_put_into_a_wire_between_folded_blocks(folded):
    edits.splice(folded, "MaxPool2D", Link("b1", "b2", 0), (0.0, 0.0))
    assert folded.network.nodes["maxpool1"].inputs == ("b1_relu2",)
    assert folded.network.consumers("maxpool1") == ["b2_conv1", "b2_shortcut_conv"]
    assert list(folded.drawing.folded) == ["b1", "b2"]


def test_a_folded_block_is_connected_disconnected_and_refused_as_a_layer_is(folded):
    assert edits.refusal(folded.drawing, "b2", "b1").startswith("Would close a cycle")
    assert edits.refusal(folded.drawing, "b1", "b1") == "A block cannot read itself"
    assert edits.refusal(folded.drawing, "b1", "b2") == "b2 reads b1 already"
    edits.connect(folded, "conv1", "b2")
    assert folded.network.nodes["b2_conv1"].inputs == folded.network.nodes["b2_shortcut_conv"].inputs == ("conv1",)
    folded.undo_stack.undo()
    edits.disconnect(folded, [Link("b1", "b2", 0)])
    assert folded.network.nodes["b2_conv1"].inputs == ()


def test_deleting_a_folded_block_takes_its_layers_and_joins_its_ends(view, folded, qtbot):
    view.graph.select(["b1"])
    edits.remove(folded, view.graph.selected_names())
    assert not any(name.startswith("b1") for name in folded.network.nodes)
    assert list(folded.network.groups) == ["b2"]
    assert folded.network.nodes["b2_conv1"].inputs == ("conv1",)
    assert folded.network.errors() == []


def test_later_blocks_follow_a_layers_channels():
    document = Document(zoo.build("mobilenet_mini"))
    edits.set_parameter(document, "conv1", "filters", 24)
    assert document.network["b1_conv_depthwise"].groups == 24
    assert document.network.errors() == []
    document.undo_stack.undo()
    assert document.network == zoo.build("mobilenet_mini")


def test_a_copied_block_is_a_block_again_under_a_name_of_its_own(folded):
    folded.select("b2")
    [name] = clipboard.paste(folded, clipboard.copied(folded.network, ["b1"]), (24.0, 24.0))
    group = folded.network.groups[name]
    assert name == "b3"
    assert (group.block, group.members[0]) == ("Residual", "b3_conv1")
    assert folded.network.nodes["b3_conv1"].inputs == ("b2_relu2",)
    assert name in folded.drawing.folded
    assert folded.network.groups["b1"].members[0] == "b1_conv1"


def test_arrow_keys_walk_over_folded_blocks(view, folded, qtbot):
    view.graph.select(["conv1"])
    view.setFocus()
    walked = []
    for _ in range(3):
        qtbot.keyClick(view, Key.Key_Down)
        walked.append(folded.selected)
    assert walked == ["b1", "b2", "pool"]


def test_a_moved_folded_block_stays_where_it_was_put(view, folded):
    place = gestures.middle(view, "b1")
    gestures.drag(view, place, place + (gestures.middle(view, "b2") - place) / 4)
    moved = folded.network.layout["b1"]
    assert view.graph.nodes["b1"].pos().toTuple() == moved
    folded.undo_stack.undo()
    assert folded.network.layout["b1"] != moved


def test_a_block_that_cannot_be_there_is_refused_with_the_reason_however_it_is_added(view, document, qtbot):
    edits.add_after(document, "GlobalAvgPool", document.network.outputs()[0])
    before = document.network.copy()
    for add in (
        lambda: view.add("XceptionShrinking"),
        lambda: gestures.drop_layer(view, "XceptionShrinking", view.viewport().rect().topLeft() + QPoint(5, 5)),
        lambda: view.open_search(source="globalavgpool1").chosen.emit("XceptionShrinking"),
    ):
        with qtbot.waitSignal(view.refused) as told:
            add()
        assert "needs an image to read" in told.args[0]
        assert document.network == before
    for popup in view.findChildren(SearchPopup):
        popup.close()

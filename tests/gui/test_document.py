from itertools import combinations

import pytest

from convscope.engine import INPUT, NetworkError, zoo
from convscope.engine import layers as L
from convscope.engine.cost import Ledger
from convscope.gui.canvas.cards import Deck
from convscope.gui.models import clipboard, edits
from convscope.gui.models.arrange import CARD
from convscope.gui.models.document import Document
from convscope.gui.models.edits import Link


def test_every_edit_can_be_undone_and_redone_by_name(document):
    start = document.network.copy()
    edits.add_after(document, "ReLU", "conv2")
    edits.rename(document, "conv1", "first")
    edits.set_parameter(document, "first", "filters", 9)
    edits.set_input(document, (16, 16, 3))
    edits.disconnect(document, [Link("relu1", "conv2", 0)])
    edits.connect(document, INPUT, "conv2")
    edits.remove(document, ["conv2"])
    end = document.network.copy()
    stack = document.undo_stack
    texts = [stack.text(i) for i in range(stack.count())]
    assert texts == [
        "Add relu2",
        "Rename conv1 to first",
        "Set filters of first",
        "Set image shape",
        "Disconnect relu1 from conv2",
        "Connect input to conv2",
        "Delete conv2",
    ]
    while stack.canUndo():
        stack.undo()
    assert document.network == start
    while stack.canRedo():
        stack.redo()
    assert document.network == end


def test_consecutive_edits_of_one_field_are_one_step_and_back_to_the_start_is_none(document):
    for filters in (5, 50, 12):
        edits.set_parameter(document, "conv1", "filters", filters, field="conv1 filters")
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert document.network["conv1"].filters == 4
    edits.set_parameter(document, "conv1", "filters", 5, field="again")
    edits.set_parameter(document, "conv1", "filters", 4, field="again")
    assert not document.undo_stack.canUndo()


def test_a_refused_edit_changes_neither_network_nor_history(document):
    before = document.network.copy()
    with pytest.raises(NetworkError):
        edits.rename(document, "conv1", "conv2")
    with pytest.raises(NetworkError, match="cycle"):
        edits.connect(document, "conv2", "conv1")
    assert document.network == before
    assert document.undo_stack.count() == 0


def test_a_layer_goes_into_the_only_connection_below_the_selected_one(document):
    name = edits.add_after(document, "MaxPool2D", "conv1")
    assert document.network.nodes["relu1"].inputs == (name,)
    assert document.network.nodes[name].inputs == ("conv1",)
    assert document.selected == name


def test_a_layer_that_joins_branches_is_not_put_into_a_connection(document):
    name = edits.add_after(document, "Add", "conv1")
    assert document.network.nodes["relu1"].inputs == ("conv1",)
    assert document.network.nodes[name].inputs == ("conv1",)


def test_an_arranged_network_stays_arranged_and_a_moved_one_is_left_alone(document):
    edits.add_after(document, "ReLU", "conv2")
    tidy = dict(document.network.layout)
    edits.arrange_all(document)
    assert document.network.layout == tidy
    document.move("Move conv2", {"conv2": (700.0, 40.0)})
    edits.add_after(document, "Tanh", "conv1")
    assert document.network.layout["conv2"] == (700.0, 40.0)
    assert document.network.layout["conv1"] == tidy["conv1"]


def test_a_layer_of_two_inputs_shows_two_and_takes_a_third_in_place_of_the_second(document):
    document.edit("add", lambda net: net.add(L.MaxUnpool2D(), "unpool", inputs=[]))
    assert Deck(document).cards()["unpool"].slots == 2
    for source, inputs in (("relu1", ("relu1",)), ("conv1", ("relu1", "conv1")), (INPUT, ("relu1", INPUT))):
        edits.connect(document, source, "unpool")
        assert document.network.nodes["unpool"].inputs == inputs
        assert Deck(document).cards()["unpool"].slots == 2


def test_pasted_layers_keep_the_connections_among_them_and_get_free_names(document):
    text = clipboard.copied(document.network, ["conv1", "relu1"])
    names = clipboard.paste(document, text, (24.0, 24.0))
    assert names == ["conv3", "relu2"]
    assert document.network.nodes["relu2"].inputs == ("conv3",)
    assert document.network.nodes["conv3"].inputs == ()
    assert document.network["conv3"] == document.network["conv1"]


def test_text_that_holds_no_layers_is_refused(document):
    with pytest.raises(NetworkError):
        clipboard.paste(document, "dear diary", (0.0, 0.0))
    assert document.undo_stack.count() == 0


def test_deleting_reconnects_and_selects_what_came_before(document):
    document.select("relu1")
    edits.remove(document, ["relu1"])
    assert document.network.nodes["conv2"].inputs == ("conv1",)
    assert document.selected == "conv1"
    document.undo_stack.undo()
    assert document.selected == "relu1"


def test_refusals_name_the_reason(document):
    assert edits.refusal(document.drawing, "conv2", "conv1") == "Would close a cycle: conv1 → relu1 → conv2 → conv1"
    assert edits.refusal(document.drawing, "conv1", "conv1") == "A layer cannot read itself"
    assert edits.refusal(document.drawing, "conv1", INPUT) == "The image reads nothing"
    assert edits.refusal(document.drawing, "conv1", "relu1") == "relu1 reads conv1 already"
    assert edits.refusal(document.drawing, "conv1", "conv2") == ""


def test_loading_replaces_the_network_and_forgets_history_and_selection(qtbot, document):
    edits.add_after(document, "ReLU", "conv2")
    document.select("conv1")
    network = document.network
    with qtbot.waitSignal(document.replaced):
        document.load(zoo.build("lenet5"))
    assert document.network is network
    assert document.network == zoo.build("lenet5")
    assert not document.undo_stack.canUndo()
    assert not document.modified
    assert document.selected == ""


def test_positions_that_no_screen_can_show_are_replaced():
    network = zoo.build("lenet5")
    network.layout = {name: (float("nan"), 1e300) for name in (INPUT, *network.nodes)}
    document = Document(network)
    assert all(abs(x) < 1e5 and abs(y) < 1e5 for x, y in document.network.layout.values())


def test_costs_are_computed_once_an_edit(document, monkeypatch):
    calls = []
    table = Ledger.table
    monkeypatch.setattr(Ledger, "table", lambda ledger, net, batch: calls.append(batch) or table(ledger, net, batch))
    for _ in range(5):
        assert document.summary.totals.params == 114
    edits.set_parameter(document, "conv1", "bias", False)
    for _ in range(5):
        assert document.summary.totals.params == 110
    assert calls == [1, 1]


def test_a_new_layer_has_the_default_parameters(document):
    edits.set_parameter(document, "conv1", "filters", 77)
    name = edits.add_after(document, "Conv2D", "conv1")
    assert document.network[name] == L.Conv2D()


def test_a_layer_put_into_a_connection_never_covers_another_card(document):
    link = Link("conv1", "relu1", 0)
    between = (document.network.layout["conv1"][0], document.network.layout["conv1"][1] + 38)
    edits.splice(document, "Tanh", link, between)
    assert not overlapping(document.network)
    document.move("Move conv2", {"conv2": (600.0, 600.0)})
    edits.splice(document, "Tanh", Link("conv1", "tanh1", 0), between)
    assert not overlapping(document.network)
    name = edits.add_at(document, "Sigmoid", (300.0, 300.0))
    edits.splice_existing(document, name, Link("tanh2", "tanh1", 0), document.network.layout["tanh1"])
    assert not overlapping(document.network)
    assert document.network.layout["conv2"] == (600.0, 600.0)


def overlapping(network):
    places = combinations(network.layout.values(), 2)
    return [(a, b) for a, b in places if abs(a[0] - b[0]) < CARD[0] and abs(a[1] - b[1]) < CARD[1]]

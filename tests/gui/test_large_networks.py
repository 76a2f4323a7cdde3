"""What an edit of hundreds of layers makes anew: only what it changed. Counted, not timed."""

import pytest
from PySide6.QtCore import QPoint

from convscope.engine import Network
from convscope.engine import layers as L
from convscope.engine.cost import Ledger, summary
from convscope.engine.graph import shaping
from convscope.gui.canvas import card_look, cards, wire_item
from convscope.gui.canvas.node_item import NodeItem
from convscope.gui.canvas.view import GraphView
from convscope.gui.models import edits
from convscope.gui.models.document import Document
from convscope.gui.panels.cost import Costs
from convscope.gui.panels.inspector import Inspector


def chain_of_residuals(layers: int) -> Network:
    network = Network((32, 32, 3), "large")
    last = network.add(L.Conv2D(8, 3, padding="same"), "stem")
    while len(network) < layers:
        number = len(network)
        inside = network.add(L.Conv2D(8, 3, padding="same"), f"conv{number}", [last])
        inside = network.add(L.BatchNorm(), f"norm{number}", [inside])
        inside = network.add(L.ReLU(), f"relu{number}", [inside])
        last = network.add(L.Add(), f"add{number}", [inside, last])
    return network


@pytest.fixture
def large(qtbot):
    document = Document(chain_of_residuals(500))
    view = GraphView(document)
    qtbot.addWidget(view)
    view.resize(900, 700)
    view.show()
    qtbot.waitUntil(lambda: not view.graph.router.busy, timeout=60_000)
    yield view
    document.deleteLater()


@pytest.fixture
def counted(monkeypatch):
    """Counts calls of what an edit may have to do for a layer, a card or a wire."""
    counts = {}

    def count(owner, name):
        original = getattr(owner, name)

        def counting(*args, **kwargs):
            counts[name] = counts.get(name, 0) + 1
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, counting)

    count(summary, "_costed")
    count(cards.Deck, "_card")
    count(NodeItem, "present")
    count(wire_item.WireItem, "reroute")
    return counts


def test_an_edit_makes_anew_only_what_it_changed(qtbot, large, counted):
    document, router = large.document, large.graph.router
    document.summary  # noqa: B018  what the panels have asked for before
    counted.clear()
    edits.set_parameter(document, "conv201", "bias", False)
    document.summary  # noqa: B018
    assert counted == {"_costed": 1, "_card": 1, "present": 1}
    counted.clear()
    edits.rename(document, "conv201", "first")
    assert counted["_card"] <= 3
    assert counted["reroute"] < 40
    counted.clear()
    edits.add_after(document, "ReLU", "norm201")
    assert counted["_card"] <= 3
    qtbot.waitUntil(lambda: not router.busy)
    assert counted["reroute"] < 120
    counted.clear()
    document.undo_stack.undo()
    assert counted["_card"] <= 3
    qtbot.waitUntil(lambda: not router.busy)
    assert counted["reroute"] < 120


def test_wires_between_cards_that_move_alike_keep_their_course(qtbot, large):
    document, graph = large.document, large.graph
    inside = next(wire for link, wire in graph.wires.items() if link.target == "relu13")
    x, y = document.network.layout["norm13"]
    course = inside.path()
    rows = {name: document.network.layout[name] for name in ("norm13", "relu13")}
    document.move("Move", {name: (left + 8.0, top + 8.0) for name, (left, top) in rows.items()})
    assert inside.path() == course.translated(8, 8)
    assert graph.nodes["norm13"].pos().toTuple() == (x + 8, y + 8)
    qtbot.waitUntil(lambda: not graph.router.busy)


def test_an_edit_that_was_undone_is_done_again_without_looking_at_shapes_anew(large, monkeypatch):
    document = large.document
    edits.add_after(document, "ReLU", "norm201")
    document.undo_stack.undo()
    looked = []
    original = shaping.infer
    monkeypatch.setattr(shaping, "infer", lambda *args: looked.append(1) or original(*args))
    document.undo_stack.redo()
    document.undo_stack.undo()
    assert document.network.problems() == []
    assert looked == []


def test_the_inspector_awaits_the_costs_of_a_large_network_instead_of_asking_for_them(qtbot, large):
    document = large.document
    inspector = Inspector(document)
    qtbot.addWidget(inspector)
    document.select("conv201")
    assert inspector.facts.value("Parameters") != "…"
    edits.add_after(document, "ReLU", "norm201")
    assert inspector.facts.value("Parameters") == "…"
    qtbot.waitUntil(lambda: not document.costs_expected)
    assert inspector.facts.value("Parameters") == "0"


def test_a_kernel_changes_the_fields_of_all_later_layers_without_costing_them_again(large, counted):
    document = large.document
    before = document.summary
    counted.clear()
    edits.set_parameter(document, "stem", "kernel", 5)
    after = document.summary
    assert counted["_costed"] == 1
    assert after.rows[-1].field.size[0] == before.rows[-1].field.size[0] + 2
    assert after == Ledger().table(document.network)


def test_costs_of_many_edits_are_told_once_and_of_a_small_network_at_once(qtbot, large, document):
    told = []
    large.document.costs_changed.connect(lambda: told.append("large"))
    document.costs_changed.connect(lambda: told.append("small"))
    for bias in (False, True, False):
        edits.set_parameter(large.document, "conv201", "bias", bias)
    assert told == []
    edits.set_parameter(document, "conv1", "bias", False)
    assert told == ["small"]
    qtbot.waitUntil(lambda: "large" in told)
    qtbot.wait(80)
    assert told == ["small", "large"]
    assert large.graph.nodes["conv201"].share.part > 0


def test_from_afar_cards_are_rectangles_in_the_colour_of_their_category(large):
    large.fit(all_nodes=True)
    assert large.zoom < 0.25
    item = large.graph.nodes["conv201"]
    seen = large.grab().toImage().pixelColor(large.mapFromScene(item.body().center()))
    assert seen == card_look.far_colour(item.look)
    large.graph.select(["conv201"])
    item.mark("refused")
    assert item.look.border == "error"


def test_looking_elsewhere_makes_nothing_anew(large, counted):
    large.zoom_to(1.0)
    for _ in range(20):
        large.scroll_by(QPoint(37, 11))
    assert counted == {}


def test_memory_of_large_networks_is_planned_aside_and_not_shown_for_another_network(qtbot):
    document = Document(chain_of_residuals(200))
    assert document.lacks_memory
    panel = Costs(document)
    qtbot.addWidget(panel)
    assert "being planned" in panel._memory.text()
    table = document.summary
    planned = summary.with_memory(table, document.network.copy())
    edits.rename(document, "stem", "first")
    document.take_costs(table, planned)
    assert document.lacks_memory
    document.take_costs(document.summary, document.network.summary())
    assert not document.lacks_memory
    assert "for training" in panel._memory.text()
    document.deleteLater()

"""Advice in the window: what is listed, where it leads, and what a rewrite does."""

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from convscope.engine import Network, zoo
from convscope.engine import layers as L
from convscope.gui.models import edits
from convscope.gui.panels.advice import AdvicePanel

from .laboratory import lab_fixture  # noqa: F401

Key = Qt.Key
Left = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(lab):
    panel = lab.see(AdvicePanel(lab.session), 800, 260)
    lab.until(lambda: len(panel.found) > 0)
    return panel


def kinds(panel):
    return [advice.kind for advice in panel.found]


def row(panel, kind):
    return panel.list.model().index(kinds(panel).index(kind), 0)


def click(panel, kind):
    QTest.mouseClick(panel.list.viewport(), Left, pos=panel.list.visualRect(row(panel, kind)).center())


def figures(lab, panel):
    """The figures of the finding in view, once they are there."""
    lab.until(lambda: len(panel.detail.changes.texts()) > 0)
    return {label: tuple(rest) for label, *rest in panel.detail.changes.texts()}


def test_every_finding_of_the_network_is_listed(lab, panel):
    assert list(panel.found) == lab.document.network.advice()
    shown = [panel.list.model().index(i, 0).data() for i in range(len(panel.found))]
    assert shown == ["conv2: large filter", "conv2: factorise", "dense3: dense head"]


def test_a_click_leads_to_the_layers_and_shows_the_exact_figures(lab, panel):
    with lab.qtbot.waitSignal(panel.chosen) as chosen:
        click(panel, "dense-head")
    assert chosen.args == [["dense3"]]
    preview = panel.found[-1].rewrite.preview(lab.document.network)
    shown = figures(lab, panel)
    assert shown["Parameters"][:2] == (f"{preview.before.params:,}", f"{preview.after.params:,}")
    assert shown["Multiply-adds"][:2] == (f"{preview.before.macs:,}", f"{preview.after.macs:,}")
    assert set(shown) == {
        "Parameters",
        "Multiply-adds",
        "Memory for inference",
        "Memory for training",
        "Receptive field",
    }


def test_findings_are_walked_and_gone_to_with_the_keyboard(lab, panel):
    panel.list.setFocus()
    lab.qtbot.keyClick(panel.list, Key.Key_Down)
    assert panel.detail.advice is panel.found[1]
    with lab.qtbot.waitSignal(panel.chosen) as chosen:
        lab.qtbot.keyClick(panel.list, Key.Key_Return)
    assert chosen.args == [["conv2"]]


def test_memory_is_shown_for_the_batch_that_costs_are_shown_for(lab, panel):
    click(panel, "large-filter")
    before = figures(lab, panel)["Memory for training"]
    lab.document.batch = 64
    lab.until(lambda: figures(lab, panel)["Memory for training"] != before)
    preview = panel.found[0].rewrite.preview(lab.document.network, 64)
    assert figures(lab, panel)["Memory for training"][0] == preview.changes()[3].before


def test_apply_is_one_undo_step_after_which_new_advice_is_given(lab, panel):
    before = lab.document.network.copy()
    click(panel, "large-filter")
    wanted = panel.found[0].rewrite.apply(before)
    lab.qtbot.mouseClick(panel.detail.apply, Left)
    assert lab.document.network == wanted
    assert lab.document.undo_stack.count() == 1
    assert lab.document.undo_stack.undoText() == "conv2: two 3×3 for one 5×5"
    assert not panel.detail.apply.isEnabled() or panel.detail.advice.kind != "large-filter"
    lab.until(lambda: "large-filter" not in kinds(panel))
    lab.document.undo_stack.undo()
    assert lab.document.network == before
    lab.until(lambda: "large-filter" in kinds(panel))


def test_a_tidy_network_stays_tidy_and_a_card_placed_by_hand_where_it_is(lab, panel):
    lab.document.move("Move", {"input": (-500.0, 0.0)})
    lab.until(panel.detail.apply.isEnabled)
    click(panel, "large-filter")
    lab.qtbot.mouseClick(panel.detail.apply, Left)
    layout = lab.document.network.layout
    assert layout["input"] == (-500.0, 0.0)
    assert len(set(layout.values())) == len(layout)
    x, y = layout["conv2_1"]
    assert layout["conv2"] == (x, y + 152)


def test_while_the_network_is_being_edited_nothing_can_be_applied(lab, panel):
    edits.set_parameter(lab.document, "conv2", "filters", 17)
    assert not panel.detail.apply.isEnabled()
    lab.until(panel.detail.apply.isEnabled)
    assert panel.found == lab.document.network.advice()


def test_a_network_that_follows_all_guidelines_is_told_so(lab, panel):
    network = zoo.build("resnet14")
    assert network.advice() == []
    with lab.qtbot.waitSignal(panel.counted, timeout=10_000) as counted:
        lab.document.load(network)
    assert counted.args == [0]
    assert panel._sentence.text() == "No advice: the network follows all guidelines."
    assert not panel.list.isVisible()


def test_a_finding_about_several_layers_links_each(lab, panel):
    network = Network((16, 16, 3), "norms")
    for name in ("a", "b"):
        network.add(L.Conv2D(8, 3, padding="same"), name)
        network.add(L.BatchNorm(), f"norm_{name}")
    lab.document.load(network)
    lab.until(lambda: "norm-bias" in kinds(panel))
    click(panel, "norm-bias")
    assert not panel.detail.layers.isHidden()
    with lab.qtbot.waitSignal(panel.chosen) as chosen:
        panel.detail.layers.linkActivated.emit("b")
    assert chosen.args == [["b"]]


def test_the_window_counts_findings_and_brings_their_layers_to_the_middle(make_window, qtbot):
    window = make_window()
    dock = window.docks.docks["advice"]
    qtbot.waitUntil(lambda: dock.windowTitle() == "Advice (3)", timeout=10_000)
    dock.raise_()
    window.view.zoom_to(2.0)
    panel = window.advice
    qtbot.waitUntil(panel.list.isVisible, timeout=5000)
    click(panel, "dense-head")
    assert window.document.selected == "dense3"
    middle = window.view.mapToScene(window.view.viewport().rect().center())
    card = window.view.graph.extent(["dense3"])
    assert abs(middle.x() - card.center().x()) < 8
    assert abs(middle.y() - card.center().y()) < 8


def test_advice_does_not_wait_for_what_the_compute_thread_does(lab, panel):
    gate = threading.Event()
    lab.session.compute("long", gate.wait, lambda result: None)
    lab.document.load(zoo.build("resnet14"))
    lab.qtbot.waitUntil(lambda: len(panel.found) == 0, timeout=20_000)
    gate.set()

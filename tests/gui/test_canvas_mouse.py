from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest

from convscope.engine import INPUT, Network
from convscope.engine import layers as L
from convscope.gui.canvas.scene import GraphScene
from convscope.gui.canvas.search import SearchPopup
from convscope.gui.models import edits

from .gestures import IN, OUT, click, drag, drop_layer, middle, port, press_and_move, wire_middle


def test_a_layer_dropped_on_empty_canvas_stands_there_unconnected(view, document):
    drop_layer(view, "BatchNorm", QPoint(700, 300))
    assert document.network.nodes["batchnorm1"].inputs == ()
    assert (middle(view, "batchnorm1") - QPoint(700, 300)).manhattanLength() <= 8
    assert document.selected == "batchnorm1"


def test_a_layer_dropped_on_a_wire_goes_into_it(view, document):
    drop_layer(view, "BatchNorm", wire_middle(view, "conv1", "relu1"))
    assert document.network.nodes["batchnorm1"].inputs == ("conv1",)
    assert document.network.nodes["relu1"].inputs == ("batchnorm1",)


def test_dragging_from_port_to_port_connects_and_replaces_a_single_input(view, document):
    drag(view, port(view, "conv1", OUT), port(view, "conv2", IN))
    assert document.network.nodes["conv2"].inputs == ("conv1",)
    assert {(link.source, link.target) for link in view.graph.wires} == {
        (INPUT, "conv1"),
        ("conv1", "relu1"),
        ("conv1", "conv2"),
    }


def test_dragging_to_a_layer_that_joins_branches_adds_an_input(view, document):
    drop_layer(view, "Add", QPoint(750, 300))
    drag(view, port(view, "conv1", OUT), middle(view, "add1"))
    drag(view, port(view, "relu1", OUT), middle(view, "add1"))
    assert document.network.nodes["add1"].inputs == ("conv1", "relu1")


def test_dragging_backwards_from_an_input_connects_too(view, document):
    drag(view, port(view, "conv2", IN), middle(view, "conv1"))
    assert document.network.nodes["conv2"].inputs == ("conv1",)


def test_a_wire_that_would_close_a_cycle_is_refused_with_the_reason(view, document):
    before = document.network.copy()
    press_and_move(view, port(view, "conv2", OUT), middle(view, "conv1"))
    hints = [item.text for item in view.graph.items() if getattr(item, "text", "") and item.isVisible()]
    assert hints == ["Would close a cycle: conv1 → relu1 → conv2 → conv1"]
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, "conv1"))
    assert document.network == before
    assert document.undo_stack.count() == 0


def test_a_wire_released_on_empty_canvas_offers_layers_and_connects_the_chosen_one(view, document, qtbot):
    drag(view, port(view, "conv2", OUT), QPoint(720, 600))
    popup = view.findChild(SearchPopup)
    assert popup.isVisible()
    qtbot.keyClicks(popup.field, "soft")
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    assert document.network.nodes["softmax1"].inputs == ("conv2",)


def test_a_double_click_offers_layers_and_adds_the_chosen_one_there(view, document, qtbot):
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(700, 200))
    popup = view.findChild(SearchPopup)
    qtbot.keyClicks(popup.field, "maxp")
    qtbot.keyClick(popup.field, Qt.Key.Key_Return)
    assert (middle(view, "maxpool1") - QPoint(700, 200)).manhattanLength() <= 8


def test_a_dragged_card_stays_where_it_is_put_and_undo_brings_it_back(view, document):
    before = document.network.layout["conv2"]
    place = middle(view, "conv2") + QPoint(60, 0)
    drag(view, place, place + QPoint(200, 40))
    x, y = document.network.layout["conv2"]
    assert abs(x - before[0] - 200) <= 8
    assert abs(y - before[1] - 40) <= 8
    assert document.undo_stack.undoText() == "Move conv2"
    document.undo_stack.undo()
    assert document.network.layout["conv2"] == before
    assert view.graph.nodes["conv2"].pos().toTuple() == before


def test_an_unconnected_card_dragged_onto_a_wire_goes_into_it(view, document):
    drop_layer(view, "Tanh", QPoint(720, 300))
    start = middle(view, "tanh1") + QPoint(60, 0)
    drag(view, start, wire_middle(view, "relu1", "conv2") + QPoint(60, 0))
    assert document.network.nodes["tanh1"].inputs == ("relu1",)
    assert document.network.nodes["conv2"].inputs == ("tanh1",)


def test_a_wire_can_be_selected_and_deleted(view, document):
    click(view, wire_middle(view, "relu1", "conv2"))
    links = view.graph.selected_links()
    assert [(link.source, link.target) for link in links] == [("relu1", "conv2")]
    edits.disconnect(document, links)
    assert document.network.nodes["conv2"].inputs == ()
    assert view.graph.nodes["conv2"].card.error


def test_the_rubber_band_selects_all_it_touches(view):
    drag(view, QPoint(4, 4), QPoint(890, 690))
    assert set(view.graph.selected_names()) == {INPUT, "conv1", "relu1", "conv2"}


def test_the_wheel_zooms_at_the_pointer_and_the_middle_button_pans(view, qtbot):
    place = middle(view, "conv1")
    scene_point = view.mapToScene(place)
    view.viewport().setFocus()
    QTest.wheelEvent(view.windowHandle(), place, QPoint(0, 240))
    assert view.zoom > 1.3
    assert (view.mapFromScene(scene_point) - place).manhattanLength() <= 3
    QTest.mousePress(view.viewport(), Qt.MouseButton.MiddleButton, pos=QPoint(100, 100))
    QTest.mouseMove(view.viewport(), QPoint(140, 130))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.MiddleButton, pos=QPoint(140, 130))
    assert (view.mapFromScene(scene_point) - place - QPoint(40, 30)).manhattanLength() <= 3


def test_a_problem_is_shown_on_its_card_until_it_is_mended(view, document):
    edits.set_parameter(document, "conv1", "kernel", 9)
    edits.set_parameter(document, "conv1", "padding", "valid")
    card = view.graph.nodes["conv1"].card
    assert card.error.startswith("Kernel 9×9 does not fit input 8×8; use kernel")
    assert card.error in view.graph.nodes["conv1"].description()
    assert card.output == ""
    document.undo_stack.undo()
    assert view.graph.nodes["conv1"].card.problem == ""


def test_an_edit_keeps_the_items_of_all_other_nodes(view, document):
    items, wires = dict(view.graph.nodes), dict(view.graph.wires)
    edits.set_parameter(document, "conv1", "filters", 9)
    assert view.graph.nodes == items
    assert view.graph.wires == wires
    assert view.graph.nodes["conv1"].card.output == "8×8×9"
    edits.add_after(document, "ReLU", "conv2")
    assert items.items() <= view.graph.nodes.items()


def test_wires_run_beside_the_cards_in_their_way(view, document):
    name = edits.add_after(document, "Add", "conv2")
    edits.connect(document, INPUT, name)
    network = document.network
    assert isinstance(network[name], L.Add)
    skip = next(w for link, w in view.graph.wires.items() if link.source == INPUT and link.target == name)
    course = [skip.path().pointAtPercent(i / 200) for i in range(201)]
    for between in ("conv1", "relu1", "conv2"):
        body = view.graph.nodes[between].body()
        assert not any(body.contains(point) for point in course)


def test_a_connection_that_would_not_fit_is_told_while_dragging_and_can_be_made(view, document):
    name = edits.add_at(document, "Dense", (500.0, 100.0))
    press_and_move(view, port(view, "conv2", OUT), middle(view, name))
    hints = [item.text for item in view.graph.items() if getattr(item, "text", "") and item.isVisible()]
    assert hints == ["Will not fit: needs a vector and got an image of 8×8×2"]
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, name))
    assert document.network.nodes[name].inputs == ("conv2",)


def test_a_wire_released_on_empty_canvas_offers_only_what_can_read_it_and_says_why(view, document, qtbot):
    drag(view, port(view, "conv2", OUT), QPoint(720, 600))
    popup = view.findChild(SearchPopup)
    names = {popup.list.model().index(row, 0).data() for row in range(popup.list.model().rowCount())}
    assert {"Conv2D", "ReLU", "Add", "Flatten", "Residual"} <= names
    assert names.isdisjoint({"Dense", "DropConnect"})
    qtbot.keyClicks(popup.field, "dropconn")
    assert popup._none.text() == "DropConnect cannot read 8×8×2: needs a vector and got an image of 8×8×2."
    popup.close()


def test_a_wire_dragged_backwards_offers_only_what_can_be_read(view, document, qtbot):
    name = edits.add_at(document, "Dense", (300.0, 100.0))
    drag(view, port(view, name, IN), QPoint(720, 500))
    popup = view.findChild(SearchPopup)
    names = {popup.list.model().index(row, 0).data() for row in range(popup.list.model().rowCount())}
    assert {"Flatten", "GlobalAvgPool", "Dense", "ReLU"} <= names
    assert names.isdisjoint({"MaxPool2D", "Conv2D", "Residual"})
    popup.close()


def test_the_first_step_is_gone_from_the_whole_canvas_once_there_is_a_layer(view, document, qtbot):
    painted = []

    class Painted(QObject):
        def eventFilter(self, _watched, event):  # noqa: N802
            if event.type() == QEvent.Type.Paint:
                painted.append(event.region().boundingRect())
            return False

    watching = Painted()
    view.viewport().installEventFilter(watching)
    document.load(Network((8, 8, 1)))
    qtbot.waitUntil(lambda: bool(painted))
    painted.clear()
    drop_layer(view, "Conv2D", QPoint(300, 400))
    qtbot.waitUntil(lambda: any(area.contains(view.viewport().rect()) for area in painted))


def test_what_is_said_of_a_connection_is_seen_whole_at_the_edge_of_the_canvas(view, document):
    view.resize(360, 700)
    view.centerOn(view.graph.extent().center())
    press_and_move(view, port(view, "conv2", OUT), middle(view, "conv1"))
    hint = view.findChild(GraphScene).items(Qt.SortOrder.DescendingOrder)[0]
    assert "cycle" in hint.text or "circle" in hint.text
    area = hint.deviceTransform(view.viewportTransform()).mapRect(hint.boundingRect())
    assert view.viewport().rect().contains(area.toAlignedRect())
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=middle(view, "conv1"))

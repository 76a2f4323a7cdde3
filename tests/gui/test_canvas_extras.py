"""Minimap, guides, bars and tints, history, pictures."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QUndoView

from convscope.engine import zoo
from convscope.gui.canvas import picture
from convscope.gui.canvas.guides import caught
from convscope.gui.canvas_actions import CanvasActions
from convscope.gui.models import edits
from convscope.gui.models.arrange import CARD

from .gestures import middle, press_and_move

Left = Qt.MouseButton.LeftButton


@pytest.fixture
def actions(view):
    return CanvasActions(view)


@pytest.fixture
def close_up(view, document, qtbot):
    """A network of twenty layers of which only a part is seen."""
    document.load(zoo.build("resnet8") if "resnet8" in zoo.ARCHITECTURES else zoo.build("resnet20_cifar"))
    view.zoom_to(1.0)
    qtbot.waitUntil(view.minimap.isVisible)
    return view


def test_the_minimap_is_there_while_something_is_not_seen(view, document, close_up, qtbot):
    view.fit(all_nodes=True)
    qtbot.waitUntil(lambda: not view.minimap.isVisible())


def test_pressing_and_dragging_on_the_minimap_looks_there(close_up, qtbot):
    view, corner = close_up, close_up.minimap.rect().center() + QPoint(50, 20)
    QTest.mousePress(view.minimap, Left, pos=corner)
    seen = view.mapToScene(view.viewport().rect().center())
    aim = view.minimap._to_scene(corner.toPointF())
    assert (seen - aim).manhattanLength() < 4
    QTest.mouseMove(view.minimap, corner + QPoint(-60, -20))
    QTest.mouseRelease(view.minimap, Left, pos=corner)
    assert view.mapToScene(view.viewport().rect().center()).x() < seen.x()


def test_the_minimap_is_tinted_by_kind_cost_or_problems(close_up):
    pictures = set()
    for tint in ("category", "cost", "problems"):
        close_up.minimap.tint = tint
        image = close_up.minimap._drawn().toImage()
        pictures.add(bytes(image.constBits()))
    assert len(pictures) == 3


def test_a_dragged_card_is_caught_by_its_column_and_a_line_tells(view, document):
    column = document.network.layout["conv1"][0]
    place = middle(view, "conv2") + QPoint(60, 0)
    press_and_move(view, place, place + QPoint(5, 30))
    assert view.graph._guides.lines
    QTest.mouseRelease(view.viewport(), Left, pos=place + QPoint(5, 30))
    assert document.network.layout["conv2"][0] == column
    assert view.graph._guides.lines == []


def test_cards_are_caught_by_rows_columns_and_the_next_row():
    assert caught(103, 500, [(100, 0)])[:2] == (100, 500)
    assert caught(300, 4, [(0, 0)])[:2] == (300, 0)
    assert caught(2, 78, [(0, 0)])[:2] == (0, 76)
    assert caught(300, 300, [(0, 0)]) == (300, 300, [])
    assert caught(3, 2000, [(0, 0)]) == (3, 2000, [])
    (line,) = caught(103, 500, [(100, 0)])[2]
    assert line.x1() == 100 + CARD[0] / 2


def test_bars_show_the_measure_that_is_chosen(view, document, actions):
    shares = {name: item.share.part for name, item in view.graph.nodes.items()}
    totals = document.summary.totals
    rows = {row.name: row for row in document.summary.rows}
    assert shares["conv1"] == rows["conv1"].macs / totals.macs
    next(a for a in actions.measure.actions() if a.text() == "Parameters").trigger()
    item = view.graph.nodes["conv1"]
    assert item.share.part == rows["conv1"].params / totals.params
    assert "% of the parameters" in item.description()
    actions.tint.trigger()
    assert item.tint


def test_the_history_lists_edits_and_goes_to_the_one_that_is_clicked(view, document, actions):
    for filters in (5, 6):
        edits.set_parameter(document, "conv1", "filters", filters)
    edits.rename(document, "relu1", "first")
    dialog = actions.open_history()
    steps = dialog.findChild(QUndoView)
    model = steps.model()
    texts = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert texts == ["As it was opened", *["Set filters of conv1"] * 2, "Rename relu1 to first"]
    QTest.mouseClick(steps.viewport(), Left, pos=steps.visualRect(model.index(1, 0)).center())
    assert document.network["conv1"].filters == 5
    assert "relu1" in document.network
    QTest.mouseClick(steps.viewport(), Left, pos=steps.visualRect(model.index(3, 0)).center())
    assert "first" in document.network
    dialog.close()


def test_the_network_is_saved_as_a_picture_for_print(view, document, actions, tmp_path):
    view.graph.select(["conv1"])
    told = []
    actions.message.connect(lambda text, error: told.append((text, error)))
    png, svg = tmp_path / "n.png", tmp_path / "n.svg"
    actions.save(str(png))
    actions.save(str(svg))
    image = QImage(str(png))
    area = picture._area(view.graph)
    assert abs(image.width() - 4 * area.width()) <= 1
    assert abs(image.dotsPerMeterX() * 0.0254 - 4 * 96) < 1
    text = svg.read_text()
    assert all(name in text for name in ("conv1", "relu1", "conv2"))
    assert view.graph.selected_names() == ["conv1"]
    assert document.selected == "conv1"
    actions.save(str(tmp_path / "nowhere" / "n.png"))
    assert [error for _, error in told] == [False, False, True]

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from convscope.engine.repair import repairs
from convscope.gui.layer_list import CATEGORIES, MIME, TYPE, TYPES
from convscope.gui.models import edits
from convscope.gui.panels.cost import Costs
from convscope.gui.panels.palette import Palette
from convscope.gui.panels.problems import Problems
from convscope.gui.tokens import DARK, LIGHT

Key = Qt.Key


@pytest.fixture
def palette(qtbot):
    palette = Palette()
    qtbot.addWidget(palette)
    palette.resize(200, 900)
    palette.show()
    return palette


@pytest.fixture
def costs(qtbot, document):
    costs = Costs(document)
    qtbot.addWidget(costs)
    costs.resize(800, 300)
    costs.show()
    qtbot.waitExposed(costs)
    return costs


def rows(palette):
    model = palette.list.model()
    return [model.index(i, 0).data(TYPE) or model.index(i, 0).data() for i in range(model.rowCount())]


def test_the_palette_shows_every_type_below_its_category(palette):
    shown = rows(palette)
    assert set(TYPES) <= set(shown)
    assert shown.index("Blocks") < shown.index("Bottleneck") < shown.index("XceptionShrinking") == len(shown) - 1
    for heading, after in pairwise(shown):
        if heading not in TYPES:
            assert TYPES[after].about.category == heading.lower().removesuffix("s")


def test_every_category_has_a_colour_in_both_appearances():
    for layer_type in TYPES.values():
        assert layer_type.about.category in CATEGORIES
        assert layer_type.about.category in LIGHT.categories
        assert layer_type.about.category in DARK.categories


def test_enter_in_the_search_chooses_the_first_hit(palette, qtbot):
    qtbot.keyClicks(palette.field, "pool")
    with qtbot.waitSignal(palette.chosen) as chosen:
        qtbot.keyClick(palette.field, Key.Key_Return)
    assert chosen.args == ["AvgPool2D"]
    qtbot.keyClicks(palette.field, "qqq")
    with qtbot.assertNotEmitted(palette.chosen):
        qtbot.keyClick(palette.field, Key.Key_Return)


def test_a_double_click_chooses_a_layer_but_not_a_heading(palette, qtbot):
    model = palette.list.model()
    for row, expected in ((0, None), (1, "Conv2D")):
        place = palette.list.visualRect(model.index(row, 0)).center()
        chosen = []
        palette.chosen.connect(chosen.append)
        QTest.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
        QTest.mouseDClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert chosen == ([expected] if expected else [])


def test_a_dragged_entry_carries_its_type(palette):
    model = palette.list.model()
    data = model.mimeData([model.index(1, 0)])
    assert bytes(data.data(MIME).data()) == b"Conv2D"


def test_the_cost_table_follows_edits_and_its_totals_add_up(costs, document):
    edits.set_parameter(document, "conv1", "filters", 1000)
    model = costs.model
    cells = [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]
    assert cells[0][:5] == ["conv1", "Conv2D", "8×8×1000", "10,000", "576,000"]
    total = costs.totals.model().index(0, 3).data()
    assert total == f"{sum(int(row[3].replace(',', '')) for row in cells):,}"
    shares = [model.cell(r, 3).share for r in range(model.rowCount())]
    assert sum(shares) == pytest.approx(1)


def test_numbers_are_right_aligned_and_totals_stand_below_them(costs):
    assert costs.model.index(0, 3).data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    for column in range(costs.model.columnCount()):
        assert costs.totals.columnWidth(column) == costs.table.columnWidth(column)


def test_a_click_in_the_cost_table_chooses_the_layer_and_the_selection_is_shown_in_it(costs, document, qtbot):
    place = costs.table.visualRect(costs.model.index(2, 0)).center()
    with qtbot.waitSignal(costs.chosen) as chosen:
        qtbot.mouseClick(costs.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["conv2"]
    document.select("relu1")
    assert costs.table.currentIndex().row() == 1


def test_memory_follows_the_batch_size(costs, document):
    one = costs.model.index(0, 5).data()
    costs.batch.setValue(64)
    assert one == "1.00 KiB"
    assert costs.model.index(0, 5).data() == "64.0 KiB"
    assert document.undo_stack.count() == 0


def test_layers_without_a_shape_show_question_marks(costs, document):
    edits.set_parameter(document, "conv1", "kernel", 99)
    edits.set_parameter(document, "conv1", "padding", "valid")
    assert [costs.model.index(0, c).data() for c in (2, 3, 4)] == ["?", "?", "?"]


def at_once(kind, work, take):
    """Considers without another thread."""
    take(work())


def test_problems_are_listed_and_lead_to_their_layer(document, qtbot):
    problems = Problems(document, at_once)
    qtbot.addWidget(problems)
    problems.show()
    assert problems.count == 0
    with qtbot.waitSignal(problems.counted) as counted:
        document.edit("break", lambda net: net.rewire("conv2", []))
    assert counted.args == [2]  # conv2 has no input, and relu1 leads nowhere
    assert "conv2 (Conv2D)" in problems.list.model().index(0, 0).data()
    with qtbot.waitSignal(problems.jump) as jump:
        problems.list.activated.emit(problems.list.model().index(0, 0))
    assert jump.args == ["conv2"]
    document.undo_stack.undo()
    assert problems.count == 0


def buttons(problems):
    return [button.text() for button in problems.buttons.buttons]


def test_a_button_ends_a_problem_as_one_step(document, qtbot):
    edits.set_parameter(document, "conv2", "filters", 4)
    edits.add_after(document, "Add", "conv2")
    document.edit("Connect", lambda net: net.rewire("add1", ["input", "conv2"]))
    problems = Problems(document, at_once)
    qtbot.addWidget(problems)
    problems.resize(900, 200)
    problems.show()
    assert problems.count == 1
    assert buttons(problems)[0] == "Put a 1×1 Conv2D behind input"
    before = document.network.copy()
    QTest.mouseClick(problems.buttons.buttons[0], Qt.MouseButton.LeftButton)
    assert problems.count == 0
    assert buttons(problems) == []
    assert document.selected == "conv3"
    assert len({*document.network.layout.values()}) == len(document.network) + 1  # no card covers another
    assert document.undo_stack.undoText() == "Put a 1×1 Conv2D behind input"
    document.undo_stack.undo()
    assert document.network == before


def test_the_buttons_are_those_of_the_current_problem(document, qtbot):
    edits.set_parameter(document, "conv1", "groups", 1)
    document.edit("break", lambda net: net.rewire("conv2", []))
    problems = Problems(document, at_once)
    qtbot.addWidget(problems)
    problems.resize(900, 200)
    problems.show()
    first = buttons(problems)
    assert first == ["Connect relu1 to conv2", "Connect conv1 to conv2", "Connect input to conv2"][: len(first)]
    problems.list.setFocus()
    qtbot.keyClick(problems.list, Qt.Key.Key_Down)
    assert buttons(problems) != first
    assert problems.buttons.buttons


def test_a_repair_that_came_too_late_is_refused_with_a_reason(document, qtbot):
    document.edit("break", lambda net: net.rewire("conv2", []))
    problems = Problems(document, at_once)
    qtbot.addWidget(problems)
    (found, *_) = repairs(document.network, document.network.problems()[0])
    edits.remove(document, ["conv2"])
    with qtbot.waitSignal(problems.refused) as refused:
        problems._repair(found)
    assert "conv2" in refused.args[0]

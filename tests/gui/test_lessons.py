"""The Learn room: worked examples that people change by mouse and keyboard, held against the engine."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from convscope.engine import teach
from convscope.gui.learn import LESSONS, LearnRoom
from convscope.gui.lessons.filters import FiltersLesson
from convscope.gui.lessons.growth import GrowthLesson
from convscope.gui.lessons.im2col import Im2colLesson
from convscope.gui.lessons.pooling import PoolingLesson
from convscope.gui.lessons.softmax import SoftmaxLesson
from convscope.gui.lessons.toeplitz import ToeplitzLesson
from convscope.gui.widgets.number_grid import parsed

from .laboratory import lab_fixture  # noqa: F401

Key = Qt.Key
Left = Qt.MouseButton.LeftButton


def opened(lab, kind):
    return lab.see(kind(lab.session), 1100, 760)


def middle(grid, row, column):
    return grid.visualRect(grid.model().index(row, column)).center()


def enter(lab, grid, row, column, text):
    """Double-click a number and type another."""
    place = middle(grid, row, column)
    QTest.mouseClick(grid.viewport(), Left, pos=place)
    QTest.mouseDClick(grid.viewport(), Left, pos=place)
    editor = next(field for field in grid.findChildren(QLineEdit) if field.isVisible())
    lab.qtbot.keyClicks(editor, text)
    lab.qtbot.keyClick(editor, Key.Key_Return)
    lab.until(lambda: not any(field.isVisible() for field in grid.findChildren(QLineEdit)))


def point(lab, grid, row, column):
    QTest.mouseMove(grid.viewport(), middle(grid, row, column) + grid.visualRect(grid.model().index(0, 0)).topLeft())
    QTest.mouseClick(grid.viewport(), Left, pos=middle(grid, row, column))


def numbers(grid):
    rows, columns = grid.values.shape
    return [[grid.text(row, column) for column in range(columns)] for row in range(rows)]


def click(lab, button):
    lab.qtbot.mouseClick(button, Left)


# ---- convolution as a matrix


@pytest.fixture
def matrix(lab):
    return opened(lab, ToeplitzLesson)


def test_the_matrix_times_the_image_is_the_output_and_the_kernels_agree(lab, matrix):
    assert matrix.matrix.values.shape == (4, 16)
    assert np.array_equal(matrix.matrix.values @ matrix.vec_x.values[0], matrix.vec_s.values[:, 0])
    assert np.array_equal(matrix.matrix.values.T @ matrix.vec_s.values[:, 0], matrix.vec_back.values[0])
    lab.until(lambda: "exactly the same S" in matrix.kernel_note.text())


def test_a_number_of_the_image_is_changed_by_a_double_click(lab, matrix):
    before = matrix.vec_s.values.copy()
    enter(lab, matrix.case_editor.image_grid, 0, 0, "1/2")
    assert matrix.case_editor.image[0, 0] == 0.5
    assert matrix.vec_x.values[0, 0] == 0.5
    assert matrix.vec_s.values[0, 0] == before[0, 0] - 0.5
    lab.until(lambda: "same S" in matrix.kernel_note.text())
    click(lab, matrix.case_editor.reset)
    assert np.array_equal(matrix.vec_s.values, before)


def test_what_is_no_number_changes_nothing(lab, matrix):
    before = matrix.vec_s.values.copy()
    enter(lab, matrix.case_editor.filter_grids[0], 1, 1, "five")
    assert np.array_equal(matrix.vec_s.values, before)
    assert [parsed(text) for text in ("", "1/0", "nan", "1e9", "−2", "0,5")] == [None, None, None, None, -2, 0.5]


def test_a_row_of_the_matrix_is_one_window(lab, matrix):
    click(lab, matrix.stepper.forth)
    assert matrix.case_editor.image_grid.marked("strong") == {(r, c) for r in range(3) for c in range(1, 4)}
    assert matrix.output_grid.marked("strong") == {(0, 1)}
    assert {row for row, _ in matrix.matrix.marked("strong")} == {1}
    sum_of_it = teach.weighted_sum(matrix.case_editor.image, matrix.case_editor.weights, 0, 1)
    assert matrix.sum.text() == f"s₁₂ = {sum_of_it}"


def test_a_column_of_the_matrix_is_one_pixel_on_the_way_back(lab, matrix):
    click(lab, matrix.backward)
    assert matrix.stepper.slider.maximum() == 15
    matrix.stepper.slider.setFocus()
    lab.qtbot.keyClick(matrix.stepper.slider, Key.Key_Right)
    assert matrix.spread_grid.marked("strong") == {(0, 1)}
    assert matrix.output_grid.marked("strong") == {(0, 0), (0, 1)}
    assert matrix.sum.text() == "x̂₁₂ = 2 · 51 + 1 · 38 = 140"
    assert matrix.spread_grid.values[0, 1] == 140


def test_an_entry_of_the_matrix_shows_where_its_weight_stands(lab, matrix):
    point(lab, matrix.matrix, 0, 1)
    assert matrix.case_editor.filter_grids[0].marked("strong") == {(0, 1)}
    assert matrix.matrix.marked("soft") | matrix.matrix.marked("strong") == {(0, 1), (1, 2), (2, 5), (3, 6)}
    assert matrix.sum.text().startswith("w₁₂: s₁₁ reads x₁₂ through it")
    point(lab, matrix.matrix, 0, 15)
    assert matrix.sum.text() == "0: the window of s₁₁ does not hold x₄₄."


def test_stride_padding_and_sizes_change_the_matrix(lab, matrix):
    fields = matrix.case_editor.fields
    fields["padding"].setValue(1)
    assert matrix.matrix.values.shape == (16, 16)
    fields["stride"].setValue(2)
    assert matrix.matrix.values.shape == (4, 16)
    fields["image"].setValue(6)
    fields["kernel"].setValue(2)
    assert matrix.matrix.values.shape == (16, 36)
    assert np.array_equal(matrix.matrix.values, teach.toeplitz(
        matrix.case_editor.image, matrix.case_editor.weights, stride=2, padding=1
    ).matrix)  # fmt: skip
    lab.until(lambda: "same S" in matrix.kernel_note.text())


def test_a_filter_larger_than_the_image_is_explained_and_taken_back(lab, matrix):
    matrix.case_editor.fields["image"].setValue(2)
    assert "kernel" in matrix.fault
    matrix.case_editor.fields["padding"].setValue(1)
    assert matrix.fault == ""


def test_steps_play_by_themselves_until_stopped_or_hidden(lab, matrix):
    click(lab, matrix.stepper.play)
    assert matrix.stepper.playing
    lab.until(lambda: matrix.stepper.index > 0)
    matrix.hide()
    assert not matrix.stepper.playing


# ---- the other lessons


def test_windows_become_columns_and_one_product_computes_all_filters(lab):
    lesson = opened(lab, Im2colLesson)
    assert np.array_equal(lesson.rows.values @ lesson.columns.values, lesson.product.values)
    click(lab, lesson.stepper.forth)
    assert lesson.columns.marked("strong") == {(row, 1) for row in range(9)}
    assert lesson.product.marked("strong") == {(0, 1), (1, 1)}
    point(lab, lesson.product, 1, 3)
    assert lesson.stepper.index == 3
    assert lesson.case_editor.image_grid.marked("strong") == {(r, c) for r in range(1, 4) for c in range(1, 4)}
    lab.until(lambda: "exactly the same S" in lesson.kernel_note.text())


def test_the_pooling_example_gives_its_maxima_and_puts_them_back(lab):
    lesson = opened(lab, PoolingLesson)
    assert numbers(lesson.output) == [["6", "8"], ["3", "4"]]
    click(lab, lesson.stepper.forth)
    assert lesson.sum.text() == "max(2, 4, 7, 8) = 8, found in row 2, column 4 of the image; it goes back there."
    assert lesson.image.marked("strong") == lesson.unpooled.marked("strong") == {(1, 3)}
    enter(lab, lesson.image, 0, 0, "9")
    assert lesson.output.values[0, 0] == 9
    assert lesson.unpooled.values[0, 0] == 9
    lesson.side.setValue(3)
    lesson.window_size.setValue(4)
    assert "kernel" in lesson.fault


def test_the_softmax_example_gives_its_probabilities_and_a_shift_changes_none(lab):
    lesson = opened(lab, SoftmaxLesson)
    probabilities = ["0.1025", "0.7573", "0.1025", "0.0377"]
    assert numbers(lesson.grids["probabilities"]) == [probabilities]
    click(lab, lesson.change)
    assert numbers(lesson.grids["scores"]) == [["3", "5", "3", "2"]]
    assert numbers(lesson.grids["probabilities"]) == [probabilities]
    click(lab, lesson.more)
    click(lab, lesson.more)
    click(lab, lesson.fewer)
    assert lesson.grids["scores"].values.shape == (1, 5)
    enter(lab, lesson.grids["scores"], 0, 0, "500")
    assert "exponential that cannot be shown" in lesson.fault
    click(lab, lesson.reset)
    assert lesson.fault == ""


def test_receptive_fields_follow_the_chain_of_layers(lab):
    lesson = opened(lab, GrowthLesson)
    assert lesson.formula.text() == "1 + 3·(3 − 1) = 7"
    click(lab, lesson.examples[1])
    assert lesson.formula.text() == "2^(4 + 1) − 1 = 31"
    enter(lab, lesson.chain, 0, 0, "5")
    assert lesson.picture._growth == teach.growth([(5, 2), (3, 2), (3, 2), (3, 2)])
    enter(lab, lesson.chain, 1, 0, "1.5")
    assert "Layer 1 of the chain" in lesson.fault


# ---- the filter playground


@pytest.fixture
def playground(lab):
    lesson = opened(lab, FiltersLesson)
    lesson.images.choose("row")
    choose(lesson, "Box1D")
    return lesson


def choose(lesson, name):
    lesson.choice.setCurrentIndex(lesson.choice.findData(name))


def test_the_worked_row_gives_its_means(lab, playground):
    lab.until(lambda: playground.result.values.shape == (1, 8))
    assert numbers(playground.result) == [["3", "0", "0", "1", "10/3", "4", "4", "16/3"]]
    playground.border.setCurrentIndex(1)
    lab.until(lambda: playground.result.values.shape == (1, 10))


def test_an_edited_number_makes_the_filter_ones_own(lab, playground):
    enter(lab, playground.weights, 0, 0, "1")
    assert playground.choice.currentData() == "own 3"
    assert playground.weights.values.tolist() == [[0, 0, 0], [1, pytest.approx(1 / 3), pytest.approx(1 / 3)], [0, 0, 0]]
    lab.until(lambda: "3×3 pixels and the image 1×10" in playground.fault)
    playground.border.setCurrentIndex(1)
    lab.until(lambda: playground.fault == "")


def test_parameters_of_a_filter_are_a_form(lab, playground):
    lab.until(lambda: playground.result.values.shape == (1, 8))
    size = playground._form.fields["size"].box
    size.setFocus()
    size.selectAll()
    lab.qtbot.keyClicks(size, "5")
    lab.until(lambda: playground.result.values.shape == (1, 6))
    size.selectAll()
    lab.qtbot.keyClicks(size, "4")
    assert "no middle" in playground._form.reasons["size"].text()


def test_a_picture_file_is_filtered_in_colour(lab, playground, tmp_path):
    image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    path = tmp_path / "p.png"
    image.fromarray(pixels).save(path)
    playground.images.read(str(path))
    choose(playground, "Identity")
    lab.until(lambda: playground.output.size_of_image == (9, 12))
    assert np.array_equal(playground.filtered.output, pixels)
    choose(playground, "Sobel")
    lab.until(lambda: playground.output.size_of_image == (7, 10))
    assert playground.filtered.output.shape == (7, 10, 3)


def test_a_file_that_is_no_picture_is_explained(lab, playground, tmp_path):
    path = tmp_path / "p.png"
    path.write_text("no picture")
    playground.images.read(str(path))
    lab.until(lambda: "not a picture" in playground.fault)


def test_images_of_the_data_set_are_offered(lab):
    lesson = opened(lab, FiltersLesson)
    assert lesson.images.kind.currentData() == "row"  # there is something to see from the start
    lab.session.load_data()
    lab.until(lambda: lesson.images.kind.currentData() == "data")
    lesson.images.number.setValue(3)
    data = lab.session.dataset
    lab.until(lambda: hasattr(lesson, "filtered") and np.array_equal(lesson.filtered.image, data.test_images[2]))


# ---- the room


def test_every_lesson_has_a_title_and_a_text_and_opens_when_chosen(lab):
    room = lab.see(LearnRoom(lab.session), 1200, 760)
    assert room.lesson is None
    room.enter()
    for row, kind in enumerate(LESSONS):
        assert isinstance(room.lesson, kind)
        assert kind.title
        assert kind.text.endswith(".")
        if row + 1 < len(LESSONS):
            lab.qtbot.keyClick(room.list, Key.Key_Down)


def test_the_window_has_a_room_of_lessons_without_what_edits_the_canvas(make_window):
    window = make_window()
    window.views.learn.trigger()
    assert window.docks.room == "learn"
    assert window.learn.isVisible()
    assert not window.view.isVisible()
    assert not window.edit.search.isVisible()
    window.files.new_network()
    assert window.docks.room == "build"
    assert window.view.isVisible()
    assert window.edit.search.isVisible()

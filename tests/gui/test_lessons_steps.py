"""Lessons that go step by step: convolution, its way back, its transpose; and activation functions, all by hand."""

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from convscope.gui.learn import LearnRoom
from convscope.gui.lessons.activations import ActivationsLesson
from convscope.gui.lessons.backpropagation import BackpropagationLesson
from convscope.gui.lessons.convolution import ConvolutionLesson
from convscope.gui.lessons.normalisation import NormalisationLesson
from convscope.gui.lessons.transposed import TransposedLesson

from .laboratory import lab_fixture  # noqa: F401

Key, Left = Qt.Key, Qt.MouseButton.LeftButton


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


def point(grid, row, column):
    QTest.mouseClick(grid.viewport(), Left, pos=middle(grid, row, column))


# ---- convolution


def test_the_window_moves_by_the_stride_and_reads_by_the_dilation(lab):
    lesson = opened(lab, ConvolutionLesson)
    fields = lesson.case_editor.fields
    assert (
        lesson.sum.text()
        == "row 1, column 1: 1 · 1 + 2 · 2 + 0 · 3 + 0 · 4 + 1 · 5 + 3 · 6 + 2 · 7 + 0 · 8 + 1 · 9 = 51"
    )
    fields["padding"].setFocus()
    lab.qtbot.keyClick(fields["padding"], Key.Key_Up)
    fields["image"].setValue(6)
    fields["dilation"].setFocus()
    lab.qtbot.keyClick(fields["dilation"], Key.Key_Up)
    assert lesson.padded.values.shape == (8, 8)
    assert lesson.padded.marked("strong") == {(r, c) for r in (0, 2, 4) for c in (0, 2, 4)}
    fields["stride"].setValue(2)
    lab.qtbot.mouseClick(lesson.stepper.forth, Left)
    assert lesson.padded.marked("strong") == {(r, c) for r in (0, 2, 4) for c in (2, 4, 6)}
    assert lesson.output_grid.marked("soft") == {(0, 0)}
    assert lesson.products.values.sum() == lesson.output_grid.values[0, 1]
    assert "⌊(6 + 2·1 − 2·(3 − 1) − 1)/2⌋ + 1 = 2" in lesson.formula.text()
    lab.until(lambda: "exactly the same S" in lesson.kernel_note.text())


def test_a_value_of_the_output_leads_to_its_window_and_zeros_cannot_be_changed(lab):
    lesson = opened(lab, ConvolutionLesson)
    point(lesson.output_grid, 1, 1)
    assert lesson.stepper.index == 3
    lesson.case_editor.fields["padding"].setValue(1)
    enter(lab, lesson.padded, 0, 0, "7")
    assert lesson.padded.values[0, 0] == 0
    enter(lab, lesson.padded, 1, 2, "9")
    assert lesson.case_editor.image[0, 1] == 9
    assert lesson.padded.values[1, 2] == 9


# ---- backpropagation


def test_a_pixel_collects_the_gradient_of_every_output_that_saw_it(lab):
    lesson = opened(lab, BackpropagationLesson)
    point(lesson.dx, 1, 1)
    assert lesson.ds.marked("strong") == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert lesson.sum.text().startswith("4 outputs see the pixel in row 2, column 2.")
    assert lesson.sum.text().endswith("1 · 5 + (−1) · 4 + 0 · 2 + 1 · 1 = 2")
    assert lesson.dx.values[1, 1] == 2
    lab.until(lambda: "give the same dX and dF" in lesson.kernel_note.text())


def test_a_weight_collects_it_times_the_pixels_it_met(lab):
    lesson = opened(lab, BackpropagationLesson)
    QTest.mouseClick(lesson.of_weight, Left, pos=QPoint(8, lesson.of_weight.height() // 2))
    assert lesson.case_editor.image_grid.marked("strong") == {(0, 0), (0, 1), (1, 0), (1, 1)}
    before = lesson.dw.values.copy()
    enter(lab, lesson.ds, 0, 0, "3")
    assert np.array_equal(lesson.dw.values - before, 2 * lesson.case_editor.image[:3, :3])
    lesson.stepper.slider.setFocus()
    lab.qtbot.keyClick(lesson.stepper.slider, Key.Key_End)
    assert lesson.dw.marked("strong") == {(2, 2)}
    assert lesson.sum.text().startswith("The weight in row 3, column 3 met 4 pixels.")


def test_a_larger_output_has_a_gradient_too(lab):
    lesson = opened(lab, BackpropagationLesson)
    lesson.case_editor.fields["padding"].setValue(2)
    assert lesson.ds.values.shape == (6, 6)
    enter(lab, lesson.ds, 5, 5, "8")
    assert lesson.data.ds[5, 5, 0] == 8


# ---- transposed convolution


def test_filters_are_laid_down_one_by_one_and_overlaps_add_up(lab):
    lesson = opened(lab, TransposedLesson)
    assert lesson.output.values.sum() == 16
    assert lesson.output.marked("strong") == {(r, c) for r in range(3) for c in range(3)}
    lesson.stepper.slider.setFocus()
    lab.qtbot.keyClick(lesson.stepper.slider, Key.Key_End)
    assert lesson.output.values[2, 2] == 10
    point(lesson.output, 2, 2)
    assert lesson.sum.text() == "row 3, column 3 in the end: 1 · 1 + 2 · 1 + 3 · 1 + 4 · 1 = 10"
    assert lesson.image.marked("strong") == {(0, 0), (0, 1), (1, 0), (1, 1)}
    lab.until(lambda: "give the same output" in lesson.kernel_note.text())


def test_ones_show_the_checkerboard(lab):
    lesson = opened(lab, TransposedLesson)
    enter(lab, lesson.image, 0, 0, "5")
    for row, column in np.ndindex(3, 3):
        enter(lab, lesson.filter, row, column, "3")
    lab.qtbot.mouseClick(lesson.ones, Left)
    assert lesson.data.output[:4, :4].tolist() == [[1, 1, 2, 1], [1, 1, 2, 1], [2, 2, 4, 2], [1, 1, 2, 1]]
    lesson.fields["padding"].setValue(2)
    assert "cut off" in lesson.sum.text()
    lab.qtbot.mouseClick(lesson.reset, Left)
    assert lesson.image.values.tolist() == [[1, 2], [3, 4]]


# ---- activation functions


def _place(plot, x):
    """A point of the plot at x, half up, in the viewport."""
    view = plot.getPlotItem().getViewBox()
    low, high = view.viewRange()[1]
    return plot.mapFromScene(view.mapViewToScene(QPointF(x, 0.3 * low + 0.7 * high)))


def test_a_point_is_dragged_along_a_function_and_its_derivative(lab):
    lesson = opened(lab, ActivationsLesson)
    lab.until(lambda: bool(lesson.curves))
    assert "f(1.00) = 1.0000,  f′(1.00) = 1.0000" in lesson.reading.text()
    area = lesson.plot.plot.viewport()
    place, goal = (_place(lesson.plot.plot, x) for x in (1.0, -2.0))
    QTest.mouseMove(area, place)
    QTest.mousePress(area, Left, pos=place)
    for part in range(1, 6):
        QTest.mouseMove(area, place + (goal - place) * part / 5)
    QTest.mouseRelease(area, Left, pos=goal)
    lab.until(lambda: abs(lesson.plot.line.value() + 2) < 0.2)
    assert "= 0.0000,  f′" in lesson.reading.text()
    assert "Flat: gradients die here." in lesson.reading.text()


def test_another_function_is_compared_and_its_parameter_changed(lab):
    lesson = opened(lab, ActivationsLesson)
    lesson.choice.setFocus()
    lesson.choice.setCurrentIndex(lesson.choice.findData("LeakyReLU"))
    slope = lesson._form.fields["slope"].box
    slope.setFocus()
    slope.selectAll()
    lab.qtbot.keyClicks(slope, "0.5")
    lab.qtbot.keyClick(slope, Key.Key_Return)
    lesson.other.setCurrentIndex(lesson.other.findData("ReLU"))
    lesson.slider.setFocus()
    lab.qtbot.keyClick(lesson.slider, Key.Key_Home)
    lab.until(lambda: "LeakyReLU: f(−6.00) = −3.0000,  f′(−6.00) = 0.5000" in lesson.reading.text())
    assert "\nReLU: f(−6.00) = 0.0000" in lesson.reading.text().replace("−0.0000", "0.0000")


# ---- batch normalisation


def test_a_batch_is_normalised_whatever_its_size_and_then_scaled_and_shifted(lab):
    lesson = opened(lab, NormalisationLesson)
    assert lesson.steps.text().startswith("mean = (1 + 3 + 5 + 7)/4 = 4\nvariance = ")
    before = lesson.grids["normalised"].values.copy()
    lab.qtbot.mouseClick(lesson.change, Left)
    assert np.allclose(lesson.grids["normalised"].values, before, atol=1e-5)
    enter(lab, lesson.learned, 0, 1, "3")
    assert np.isclose(lesson.grids["output"].values.mean(), 3)
    lab.until(lambda: "give the same" in lesson.kernel_note.text())
    lab.qtbot.mouseClick(lesson.reset, Left)
    lab.until(lambda: "mean 0.4 and variance 1.567" in lesson.kernel_note.text())


# ---- the room


def test_the_first_lesson_is_chosen_in_the_list_from_the_start(lab):
    room = lab.see(LearnRoom(lab.session), 1200, 760)
    room.list.setFocus()
    room.enter()
    assert [index.row() for index in room.list.selectedIndexes()] == [0]
    assert isinstance(room.lesson, ConvolutionLesson)

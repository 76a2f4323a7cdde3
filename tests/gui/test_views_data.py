"""The data browser: classes, pages, statistics, augmentation and pins."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from convscope.engine.data.augment import preview
from convscope.engine.data.dataset import Dataset
from convscope.engine.data.facts import measure
from convscope.gui.views.data import DataView

from .laboratory import SHORT, lab_fixture  # noqa: F401


@pytest.fixture
def view(lab):
    view = lab.see(DataView(lab.session), 640, 400)
    lab.session.plan(SHORT)
    lab.until(lambda: len(view.images.shown) > 0)
    return view


def click(lab, widget):
    lab.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def click_card(lab, view, index):
    place = view.images.grid.cell(index).center().toPoint()
    lab.qtbot.mouseClick(view.images.grid, Qt.MouseButton.LeftButton, pos=place)


def choose_class(lab, view, row):
    index = view.classes.list.model().index(row, 0)
    place = view.classes.list.visualRect(index).center()
    lab.qtbot.mouseClick(view.classes.list.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_without_data_the_view_says_what_to_do(lab):
    view = lab.see(DataView(lab.session))
    assert view._empty.sentence.startswith("The data set is not here yet")


def test_a_click_on_a_class_shows_its_images_alone(lab, view):
    data = lab.session.dataset
    assert len(view.rows) == 1438
    choose_class(lab, view, 4)
    assert np.array_equal(view.rows, np.flatnonzero(data.train_labels == 3))
    lab.until(lambda: view.images.shown == tuple(view.rows[: view.images.grid.capacity()]))
    first = view.images.grid.cards[0]
    assert (first.title, first.note) == ("3", f"{view.rows[0] + 1:,}")
    assert np.array_equal(first.pixels, data.train_images[view.rows[0]])


def test_names_of_classes_are_searched_as_one_types(lab, view):
    view.classes.search.setFocus()
    lab.qtbot.keyClicks(view.classes.search, "7")
    assert set(lab.session.dataset.train_labels[view.rows]) == {7}
    lab.qtbot.keyClick(view.classes.search, Qt.Key.Key_Backspace)
    assert len(view.rows) == 1438


def test_pages_are_turned_by_mouse_and_keyboard(lab, view):
    many = view.images.grid.capacity()
    click(lab, view.images.on)
    lab.until(lambda: view.images.shown[:1] == (many,))
    lab.qtbot.keyClick(view.images.grid, Qt.Key.Key_PageUp)
    lab.until(lambda: view.images.shown[:1] == (0,))
    assert not view.images.back.isEnabled()


def test_the_test_images_are_chosen_by_keyboard(lab, view):
    view.split.setFocus()
    lab.qtbot.keyClick(view.split, Qt.Key.Key_Down)
    assert view.split.currentText() == "Test images (359)"
    assert len(view.rows) == 359


def test_an_image_is_pinned_by_its_button_and_let_go_by_a_double_click(lab, view):
    pins = lab.session.film.pins
    click_card(lab, view, 2)
    click(lab, view.pin)
    assert pins.current.title == f"Training image 3, {lab.session.dataset.train_labels[2]}"
    assert view.images.grid.cards[2].note == "3 · pinned"
    assert view.pin.text() == "Unpin"
    place = view.images.grid.cell(2).center().toPoint()
    lab.qtbot.mouseDClick(view.images.grid, Qt.MouseButton.LeftButton, pos=place)
    assert pins.find("digits train", 2) is None


def test_statistics_are_those_of_all_images(lab, view):
    click(lab, view.parts.buttons["statistics"])
    lab.until(lambda: view.statistics.finished)
    expected = measure(lab.session.dataset.train_images)
    assert np.array_equal(view.statistics.measured.mean_image, expected.mean_image)
    assert np.allclose(view.statistics.measured.std, expected.std)


def test_augmentation_shows_what_the_epochs_of_a_run_would(lab, view):
    click_card(lab, view, 1)
    click(lab, view.parts.buttons["augmented"])
    view.augmented.field.setFocus()
    lab.qtbot.keyClicks(view.augmented.field, "flip:probability=1")
    lab.qtbot.keyClick(view.augmented.field, Qt.Key.Key_Return)
    lab.until(lambda: len(view.augmented.grid.cards) > 2)
    image = lab.session.dataset.train_images[1]
    expected = preview(image[None], "flip:probability=1", count=2, size=(28, 28))[0]
    assert np.array_equal(view.augmented.grid.cards[2].pixels, expected[1])
    view.augmented.field.setText("flop")
    lab.qtbot.keyClick(view.augmented.field, Qt.Key.Key_Return)
    lab.until(lambda: "flop" in view.augmented.note)


def test_true_boxes_are_drawn_and_follow_their_image(lab, view):
    images = np.random.default_rng(0).integers(0, 255, (6, 28, 28, 1), dtype=np.uint8)
    boxes = np.tile(np.array([[2, 4, 10, 20]], np.float32), (6, 1))
    data = Dataset("boxed", images, np.zeros(6, np.int64), images[:0], np.zeros(0, np.int64), ("a",), train_boxes=boxes)
    lab.session.data_changed.emit(data)
    lab.until(lambda: view.images.shown == (0, 1, 2, 3, 4, 5))
    assert view.images.grid.cards[0].boxes[0].corners == (2, 4, 10, 20)
    assert view.split.count() == 1
    view.augmented.field.setText("flip:probability=1")
    click(lab, view.parts.buttons["augmented"])
    lab.until(lambda: len(view.augmented.grid.cards) > 1)
    assert view.augmented.grid.cards[1].boxes[0].corners == (18, 4, 26, 20)

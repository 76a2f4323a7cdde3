"""What the layers make of a pinned image, live."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from convscope.gui.tokens import SEQUENTIAL_MAP
from convscope.gui.views.activations import ActivationsView
from convscope.gui.widgets.class_bars import ClassBars

from .laboratory import LONG, SHORT, lab_fixture  # noqa: F401


@pytest.fixture
def view(lab):
    view = lab.see(ActivationsView(lab.session), 760, 520)
    lab.session.plan(SHORT)
    lab.until(lambda: view.activations is not None)
    return view


def expected(lab, view, name):
    image = view.images.image[None]

    def work(model):
        model.forward(model.prepare(image), keep=[name])
        return model.activations[name][0].copy(), model.probabilities(image)[0]

    return lab.ask(work)


def click(lab, view, name):
    found = [b for b in view.images.findChildren(object) if getattr(b, "accessibleName", str)() == name]
    lab.qtbot.mouseClick(found[0], Qt.MouseButton.LeftButton)


def test_without_data_the_view_says_what_to_do(lab):
    view = lab.see(ActivationsView(lab.session))
    assert view._stack.sentence == "Choose a data set to see what the network makes of its images."


def test_the_maps_and_the_prediction_are_those_of_the_model(lab, view):
    maps, probabilities = expected(lab, view, "conv1")
    assert view.layer == "conv1"
    assert np.array_equal(view.activations, maps)
    assert view._grid.count == 6
    assert view._bar.scale.map == SEQUENTIAL_MAP
    assert np.array_equal(view._bars._values, probabilities)


def test_a_network_that_ends_in_an_image_has_maps_and_no_bars(lab, view):
    assert view._bars.rows()
    lab.document.load(lab.document.network.part(end="pool1"))
    lab.until(lambda: not view._bars.rows())
    assert view.activations.ndim == 3


def test_activations_and_prediction_change_while_a_network_learns(lab, view):
    before, probabilities = view.activations.copy(), view._bars._values.copy()
    lab.train(LONG)
    lab.until(lambda: not np.array_equal(view.activations, before))
    assert not np.array_equal(view._bars._values, probabilities)


def test_a_trained_network_knows_most_images(lab, view):
    lab.train(SHORT)
    lab.until_idle()
    right = 0
    for _ in range(10):
        index = view.images.index
        click(lab, view, "Next image")
        assert view.images.index == index + 1
        lab.until(lambda: np.array_equal(view._bars._values, expected(lab, view, "conv1")[1]))
        right += int(np.argmax(view._bars._values)) == view.images.label
    assert right >= 7


def test_images_are_chosen_by_number_one_by_one_and_at_random(lab, view):
    dataset = lab.session.dataset
    click(lab, view, "Previous image")
    assert view.images.index == len(dataset.test_images) - 1
    click(lab, view, "Next image")
    assert view.images.index == 0
    view.images._number.setFocus()
    view.images._number.selectAll()
    lab.qtbot.keyClicks(view.images._number, "12")
    lab.qtbot.keyClick(view.images._number, Qt.Key.Key_Return)
    assert view.images.index == 11
    assert np.array_equal(view.images.image, dataset.test_images[11])
    assert view.images._caption.text() == f"Test image: <b>{dataset.test_labels[11]}</b>"
    click(lab, view, "Random image")
    assert view.images.index != 11


def test_a_layer_without_rows_and_columns_is_shown_as_bars(lab, view):
    lab.document.select("dense3")
    lab.until(lambda: view.activations is not None and view.activations.shape == (120,))
    assert view._kinds.currentWidget() is view._vector
    assert np.array_equal(view._vector.values, expected(lab, view, "dense3")[0])
    assert not view._bar.isVisible()
    lab.document.select("pool2")
    lab.until(lambda: view.activations is not None and view.activations.shape == (5, 5, 16))
    assert view._kinds.currentWidget() is view._grid


def test_the_value_under_the_mouse_is_read_out(lab, view):
    rect = view._grid.tile_rect(2)
    lab.qtbot.mouseMove(view._grid, rect.center().toPoint())
    assert view._reading.text().startswith("Channel 3, row 15, column 15: ")


def test_images_the_network_cannot_take_are_explained_in_place(lab, view):
    def colour(network):
        network.input = (28, 28, 3)

    lab.document.edit("Colour", colour)
    lab.until(lambda: view._stack.sentence != "")
    assert "the network takes (N, height, width, 3)" in view._stack.sentence
    lab.document.undo_stack.undo()
    lab.until(lambda: view._stack.sentence == "")


def test_a_network_of_another_size_gets_resized_images(lab, view):
    def larger(network):
        network.input = (32, 32, 1)

    lab.document.edit("Larger", larger)
    lab.until(lambda: view.activations is not None and view.activations.shape == (32, 32, 6))


def test_the_likeliest_ten_of_many_classes_are_shown(qtbot):
    bars = ClassBars()
    qtbot.addWidget(bars)
    values = np.arange(100) / 4950
    bars.show_values(values, [f"class {i}" for i in range(100)], true=99)
    assert bars.rows() == list(range(99, 89, -1))
    assert bars.accessibleDescription() == "class 99, 2 %, right"
    bars.show_values(values, [f"class {i}" for i in range(100)], true=3)
    assert bars.accessibleDescription() == "class 99, 2 %, wrong, it is class 3"

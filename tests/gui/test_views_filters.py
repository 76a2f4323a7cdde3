"""The filters of a layer: which are shown, in which colours, and that they change with training."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from convscope.engine import layers as L
from convscope.gui.tokens import DIVERGING_MAP
from convscope.gui.views.filters import FiltersView
from convscope.gui.widgets.colours import colour_pictures, levels
from convscope.gui.widgets.tile_layout import arrange

from .laboratory import LONG, SHORT, lab_fixture  # noqa: F401


@pytest.fixture
def filters(lab):
    view = lab.see(FiltersView(lab.session))
    lab.session.plan(SHORT)
    lab.until(lambda: view.weights is not None)
    return view


def colour_network(network):
    network.input = (28, 28, 3)


def test_before_training_the_initial_filters_of_the_first_convolution_are_shown(lab, filters):
    assert filters.layer == "conv1"
    assert filters.weights.shape == (5, 5, 1, 6)
    assert np.array_equal(filters.weights, lab.ask(lambda model: model.weights["conv1.weight"].copy()))
    assert filters.grid.count == 6
    assert filters._bar.scale.map == DIVERGING_MAP


def test_filters_change_while_a_network_learns(lab, filters):
    first, picture = filters.weights.copy(), filters.grid.picture().copy()
    lab.train(LONG)
    lab.until(lambda: not np.array_equal(filters.weights, first))
    assert filters.grid.picture() != picture
    lab.session.stop()
    lab.until_idle()
    final = lab.ask(lambda model: model.weights["conv1.weight"].copy())
    lab.until(lambda: np.array_equal(filters.weights, final))


def test_the_layer_selected_on_the_canvas_is_followed_unless_switched_off(lab, filters):
    lab.document.select("conv2")
    lab.until(lambda: filters.weights is not None and filters.weights.shape == (5, 5, 6, 16))
    assert filters.grid.count == 96
    lab.document.select("relu1")  # has no filters
    assert filters.layer == "conv2"
    lab.qtbot.mouseClick(filters._picker._follow, Qt.MouseButton.LeftButton)
    lab.document.select("conv1")
    assert filters.layer == "conv2"


def test_one_channel_of_the_filters_can_be_chosen(lab, filters):
    lab.document.select("conv2")
    lab.until(lambda: filters.weights is not None and filters.weights.shape[2] == 6)
    filters._channel.setCurrentIndex(3)
    assert filters.grid.count == 16
    expected, _ = levels(filters.weights[:, :, 2].transpose(2, 0, 1), signed=True, each=True)
    assert np.array_equal(filters.grid._pixels, expected)


def test_filters_of_colour_images_are_in_colour(lab, filters):
    lab.document.edit("Colour", colour_network)
    lab.until(lambda: filters.weights is not None and filters.weights.shape[2] == 3)
    assert filters.grid._pixels.shape == (6, 5, 5, 3)
    assert filters._channel.currentText() == "In colour"
    filters._channel.setCurrentIndex(1)
    assert filters.grid._pixels.shape == (6, 5, 5)


def test_a_dense_layer_after_flatten_has_filters_as_large_as_the_image(lab, filters):
    lab.document.select("dense3")
    lab.until(lambda: filters.weights is not None and filters.weights.shape == (5, 5, 16, 120))
    matrix = lab.ask(lambda model: model.weights["dense3.weight"].copy())
    assert np.array_equal(filters.weights.reshape(400, 120), matrix)


def test_another_dense_layer_is_one_picture_with_a_row_for_each_output(lab, filters):
    lab.document.select("scores")
    lab.until(lambda: filters.weights is not None and filters.weights.shape == (10, 84, 1, 1))
    matrix = lab.ask(lambda model: model.weights["scores.weight"].copy())
    assert np.array_equal(filters.weights[:, :, 0, 0], matrix.T)


def test_a_wide_layer_shows_its_first_filters_and_says_so(lab, filters):
    def wide(network):
        network.set("conv1", filters=64)
        network.set("conv2", filters=100)

    lab.document.edit("Wide", wide)
    lab.document.select("conv2")
    lab.until(lambda: filters.weights is not None and filters.weights.shape[2] == 64)
    assert filters.weights.shape[3] == 32
    assert "first 32 of 100 filters" in filters._bar.accessibleDescription()


def test_a_network_without_filters_says_what_to_add(lab, filters):
    def pools(network):
        for name in list(network.nodes):
            network.remove(name)
        network.add(L.MaxPool2D(2), "pool")

    lab.document.edit("Pools", pools)
    lab.until(lambda: "Add a Conv2D" in filters._stack.sentence)


def test_the_value_under_the_mouse_is_read_out(lab, filters):
    rect = filters.grid.tile_rect(4)
    cell = rect.width() / 5
    place = QPoint(int(rect.left() + 2.5 * cell), int(rect.top() + 1.5 * cell))
    lab.qtbot.mouseMove(filters.grid, place)
    value = f"{filters.weights[1, 2, 0, 4]:.3g}".replace("-", "−")
    assert filters._reading.text().startswith("Filter 5, row 2, column 3: ")
    assert filters._reading.text().split(": ")[1][:4] == value[:4]


def test_tiles_are_walked_with_the_arrow_keys(lab, filters):
    filters.grid.setFocus(Qt.FocusReason.TabFocusReason)
    lab.qtbot.keyClick(filters.grid, Qt.Key.Key_Right)
    assert filters.grid.current == 1
    assert filters._reading.text() == "Filter 2"
    lab.qtbot.keyClick(filters.grid, Qt.Key.Key_Escape)
    assert filters.grid.current == -1


def test_a_hidden_view_asks_for_nothing(lab, filters):
    filters.hide()
    before = filters.weights
    lab.train(SHORT)
    lab.until_idle()
    assert filters.weights is before
    filters.show()
    lab.until(lambda: filters.weights is not before)


def test_a_hidden_view_lists_the_layers_of_another_network_when_it_is_shown(lab, filters):
    filters.hide()
    lab.document.edit("Rename", lambda net: net.rename("conv1", "first"))
    lab.until(lambda: "first" in lab.session.model_info.network)
    assert filters.layer == "conv1"
    filters.show()
    assert filters.layer == "first"


def test_zero_is_the_middle_of_a_signed_scale():
    values = np.array([[[-2.0, 0.0], [1.0, 0.5]]])
    indices, scale = levels(values, signed=True, each=True)
    assert indices[0, 0, 1] == 127
    assert indices[0, 0, 0] == 0
    assert (scale.low, scale.high) == (-2.0, 2.0)


def test_each_tile_can_have_its_own_range():
    values = np.array([[[0.0, 1.0]], [[0.0, 100.0]]])
    own, _ = levels(values, signed=False, each=True)
    common, scale = levels(values, signed=False, each=False)
    assert own[0, 0, 1] == own[1, 0, 1] == 254
    assert common[0, 0, 1] == 3
    assert scale.high == 100.0


def test_values_that_are_no_numbers_do_not_spoil_a_picture():
    values = np.array([[[np.nan, np.inf, 1.0]]])
    indices, scale = levels(values, signed=False, each=False)
    assert list(indices[0, 0]) == [0, 0, 254]
    assert scale.high == 1.0
    assert colour_pictures(np.full((1, 1, 1, 3), np.nan), each=True)[0].tolist() == [[[[127, 127, 127]]]]


@pytest.mark.parametrize("count", [1, 5, 6, 64, 500])
@pytest.mark.parametrize("area", [(300, 800), (800, 300), (40, 40)])
def test_every_tile_is_inside_the_area_and_has_its_own_place(count, area):
    layout = arrange(count, (5, 7), area, 2, 200)
    corners = {layout.corner(i) for i in range(count)}
    assert len(corners) == count
    if layout.stride == 1 and layout.zoom > 1:
        assert layout.size[0] <= area[0]
        assert layout.size[1] <= area[1]


@pytest.mark.parametrize("matrix", [None, (4, 6)])
def test_the_value_at_a_pixel_is_the_one_drawn_there(matrix):
    layout = arrange(24, (3, 5), (400, 900), 3, 60, matrix)
    for tile in (0, 7, 23):
        top, left = layout.corner(tile)
        assert layout.at(top + 2 * layout.zoom, left + 4 * layout.zoom) == (tile, 2, 4)
    assert layout.at(layout.tile[0], 0) is None
    assert layout.at(-1, 5) is None


def test_a_matrix_lies_on_its_side_when_that_shows_it_larger():
    assert not arrange(24, (5, 5), (900, 300), 2, 200, (8, 3)).transposed
    turned = arrange(24, (5, 5), (300, 900), 2, 200, (8, 3))
    assert turned.transposed
    assert (turned.rows, turned.columns) == (3, 8)


def test_both_kinds_of_filters_of_a_separable_convolution_are_offered(lab, filters):
    def separable(network):
        network.exchange(["conv2"], [("conv2", L.SeparableConv2D(16, 5))])

    lab.document.edit("Separable", separable)
    lab.document.select("conv2")
    lab.until(lambda: filters.weights is not None and filters.weights.shape == (5, 5, 1, 6))
    depthwise, pointwise = lab.ask(
        lambda model: [model.weights[f"conv2.{k}"].copy() for k in ("depthwise", "pointwise")]
    )
    assert np.array_equal(filters.weights, depthwise)
    filters._picker.pick("conv2:pointwise")
    lab.until(lambda: filters.weights is not None and filters.weights.shape == (16, 6, 1, 1))
    assert np.array_equal(filters.weights[:, :, 0, 0], pointwise[0, 0].T)
    assert filters.layer == "conv2"


def test_a_1x1_convolution_is_one_picture_with_a_row_for_each_filter(lab, filters):
    lab.document.edit("1×1", lambda network: network.set("conv2", kernel=1, filters=12))
    lab.document.select("conv2")
    lab.until(lambda: filters.weights is not None and filters.weights.shape == (12, 6, 1, 1))
    assert filters.grid.count == 1

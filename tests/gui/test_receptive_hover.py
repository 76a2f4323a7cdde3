"""Receptive fields under the mouse: a unit's box on the image, and the units that see a pixel."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from convscope.engine import Network, zoo
from convscope.engine import layers as L
from convscope.engine.cost.receptive import receptive_fields
from convscope.engine.data.preprocess import Preprocessing
from convscope.gui.views.activations import ActivationsView
from convscope.gui.widgets.field_hover import FieldHover

from .gestures import hover
from .laboratory import SHORT, lab_fixture  # noqa: F401


def upsampling() -> Network:
    network = Network((9, 8, 1))
    network.add(L.Conv2D(2, 3, stride=2, padding="same"), "down")
    network.add(L.ConvTranspose2D(2, 3, 2), "up")
    return network


@pytest.mark.parametrize("network", [zoo.lenet5(), upsampling()], ids=["lenet5", "enlarging"])
def test_a_pixel_is_seen_by_the_units_whose_boxes_hold_it(network):
    rows, columns, _ = network.input
    for layer, field in receptive_fields(network).items():
        shape = network.shapes()[layer]
        if len(shape) != 3 or layer == "input":
            continue
        for row, column in ((0, 0), (rows // 2, columns // 3), (rows - 1, columns - 1)):
            boxes = {unit: field.box(*unit) for unit in np.ndindex(*shape[:2])}
            holding = [u for u, (top, end, left, right) in boxes.items() if top <= row < end and left <= column < right]
            found = field.seeing(row, column, shape[:2])
            if found is None:
                assert not holding
                continue
            ys, xs = {u[0] for u in holding}, {u[1] for u in holding}
            assert found == (min(ys), max(ys) + 1, min(xs), max(xs) + 1)


def test_a_box_lies_where_the_preprocessing_took_its_pixels_from():
    stretched, cut = Preprocessing(), Preprocessing(fit="crop")
    assert stretched.seen((0, 28, 7, 14), (8, 8), (28, 28)) == (0, 8, 2, 4)
    assert stretched.read_at((3, 7), (8, 8), (28, 28)) == (12, 26)
    assert cut.seen((0, 10, 0, 10), (20, 40), (10, 10)) == (0, 20, 10, 30)  # halved, then five cut off at each side
    assert cut.read_at((4, 4), (20, 40), (10, 10)) == (2, -3)


@pytest.fixture
def view(lab):
    view = lab.see(ActivationsView(lab.session), 760, 520)
    lab.session.plan(SHORT)
    lab.until(lambda: view.activations is not None)
    QApplication.processEvents()  # what is new is laid out
    return view


def test_a_unit_shows_its_box_on_the_image_with_numbers(lab, view):
    grid = view._grid
    place = grid.tile_rect(1)
    hover(grid, place.center().toPoint())
    assert "Channel 2, row 15, column 15: " in view._reading.text()
    assert "sees rows 13–17, columns 13–17 (5×5 pixels)" in view._reading.text()
    top, bottom, left, right = view.images.box
    assert (bottom - top, right - left) == (pytest.approx(5 * 8 / 28), pytest.approx(5 * 8 / 28))
    assert top == pytest.approx(12 * 8 / 28)
    hover(grid, QPoint(0, grid.height() - 1))
    assert view.images.box is None


def test_a_pixel_of_the_image_frames_the_units_that_see_it(lab, view):
    picture = view.images._picture
    hover(picture, picture.place().center().toPoint())
    top, bottom, left, right = view._grid.area
    field = FieldHover.of(view._info.network, "conv1", (8, 8), Preprocessing())
    row, column = field.preprocessing.read_at((4, 4), (8, 8), (28, 28))
    assert (top, bottom) == (row - 2, row + 3)
    assert (left, right) == (column - 2, column + 3)
    assert view._reading.text() == "5×5 units see this pixel"
    hover(picture, QPoint(0, 0))
    hover(view, QPoint(1, 1))

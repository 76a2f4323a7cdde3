"""Drawings brought to the form of a data set's images."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine.data.drawing import Convention, centred


def test_ink_is_brought_to_its_share_of_the_side_with_its_mass_in_the_middle() -> None:
    sheet = np.zeros((280, 280), np.uint8)
    sheet[10:110, 30:70] = 255
    page = centred(sheet, (28, 28), 20 / 28)
    rows, columns = np.flatnonzero(page.any(1)), np.flatnonzero(page.any(0))
    assert (len(rows), len(columns)) == (20, 8)
    assert (rows[0], columns[0]) == (4, 10)
    assert page.max() == 255


def test_heavy_ends_move_a_drawing_but_not_out_of_its_image() -> None:
    sheet = np.zeros((100, 100), np.uint8)
    sheet[0:100, 50:53] = 255
    sheet[80:100, 0:100] = 255
    page = centred(sheet, (10, 10), 1.0)
    assert page.any(1).all()
    assert centred(sheet, (10, 20), 0.5).shape == (10, 20)


def test_nothing_drawn_is_an_empty_image() -> None:
    assert not centred(np.zeros((50, 40), np.uint8), (8, 8), 0.7).any()


@pytest.mark.parametrize("dark", [False, True])
def test_images_tell_how_their_things_are_shown(dark) -> None:
    images = np.zeros((5, 20, 20, 1), np.uint8)
    images[:, 5:15, 7:12] = 200
    found = Convention.of(255 - images if dark else images)
    assert found == Convention(0.5, dark)
    assert Convention.of(np.zeros((0, 4, 4, 1), np.uint8)) == Convention()

"""The browser of strongest patches: found once, then every unit at once."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from convscope.engine.explain import patch_store
from convscope.engine.explain.patch_index import build_index
from convscope.gui.views.patches import TOP, PatchesView

from .gestures import hover
from .laboratory import SHORT, lab_fixture  # noqa: F401

Key, Left = Qt.Key, Qt.MouseButton.LeftButton


@pytest.fixture
def view(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(patch_store, "default_folder", lambda: tmp_path / "patches")
    view = lab.see(PatchesView(lab.session), 790, 560)
    assert view._stack.sentence.startswith("Choose a data set in Train")
    lab.session.plan(SHORT)
    lab.until(lambda: lab.session.dataset is not None and view.layers.layer == "conv1")
    return view


def find(lab, view):
    lab.qtbot.mouseClick(view.button, Left)
    lab.until(lambda: view.index is not None)
    QApplication.processEvents()


def test_the_patches_of_a_unit_are_those_of_the_engine_with_boxes_on_their_images(lab, view, tmp_path):
    assert view._stack.sentence.startswith("Press Find")
    find(lab, view)
    wanted = lab.ask(lambda model: build_index(model, np.asarray(view._images[:500]), ["conv2"], TOP))
    view.layers.pick("conv2")
    view.units.setFocus()
    lab.qtbot.keyClick(view.units, Key.Key_Up)
    assert view.patches == wanted.strongest("conv2", 1)[:9]
    assert view.grid.count == 9
    hover(view.grid, view.grid.cell(4).center().toPoint())
    assert view.grid.current == 4
    assert view.source.box == view.patches[4].box
    assert f"Test image {view.patches[4].image + 1:,}, " in view.told.text()
    lab.until(lambda: view.grid.beside == 9)
    assert len(list((tmp_path / "patches").glob("*.npz"))) == 1


def test_arrow_keys_go_through_the_patches(lab, view):
    view.beside.setCurrentIndex(0)
    find(lab, view)
    view.grid.setFocus(Qt.FocusReason.TabFocusReason)
    assert view.grid.current == 0
    lab.qtbot.keyClick(view.grid, Key.Key_Right)
    assert view.grid.current == 1
    assert view.source.box == view.patches[1].box
    view.count.setCurrentIndex(1)
    assert view.grid.count == TOP


def test_looking_through_images_is_cancelled(lab, view):
    lab.qtbot.mouseClick(view.button, Left)
    assert view.button.text() == "Cancel"
    lab.qtbot.mouseClick(view.button, Left)
    assert not view.building
    assert view.button.text() == "Find"
    lab.rest()
    assert view.index is None

"""Choosing data in the training panel: one's own folders and lists, options, and what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit

from convscope.gui.panels.training import TrainingPanel
from convscope.gui.work.posts import DataLost

from ..engine.picture_files import classes, cut
from .laboratory import lab_fixture  # noqa: F401


@pytest.fixture
def panel(lab):
    """The training panel, its first data there: importing scikit-learn may take longer than closing waits for."""
    panel = lab.see(TrainingPanel(lab.session), 300, 760)
    loaded(lab, "digits")
    return panel


def named(panel, kind, name):
    return next(part for part in panel.findChildren(kind) if part.accessibleName() == name)


def pick(lab, panel, text):
    """Choose a row of the list with the mouse."""
    combo = named(panel, QComboBox, "Data set")
    combo.setFocus()
    combo.showPopup()
    row = combo.findText(text)
    view = combo.view()
    place = view.visualRect(combo.model().index(row, 0)).center()
    lab.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    lab.qtbot.waitUntil(lambda: not view.isVisible())


def enter_options(lab, panel, text):
    field = named(panel, QLineEdit, "Options of the data")
    field.setFocus()
    field.selectAll()
    lab.qtbot.keyClicks(field, text)
    lab.qtbot.keyClick(field, Qt.Key.Key_Return)


def loaded(lab, name):
    lab.until(lambda: lab.session.dataset is not None and lab.session.dataset.name == name)
    return lab.session.dataset


def caption(panel):
    return panel._data._caption.text()


def test_a_folder_of_ones_own_is_chosen_and_what_is_doubtful_is_shown_there(lab, panel, tmp_path, monkeypatch):
    folder = classes(tmp_path / "pets", "cat", "dog", height=12, width=12)
    (folder / "cat" / "1.png").write_bytes(b"rubbish")
    (folder / "none").mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    pick(lab, panel, "Your own folder…")
    loaded(lab, "pets")
    assert named(panel, QComboBox, "Data set").currentText() == "pets"
    assert caption(panel) == "5 training and 2 test images of 12×12×3, resized to 28×28, 3 classes"
    told = named(panel, QLabel, "What is doubtful about the data")
    assert told.isVisible()
    assert "1 picture left out: " in told.text()
    assert "No training image shows none" in told.text()
    reason = named(panel, QLabel, "Why training cannot start").text()
    assert "the network takes grey images (1 channel) and pets has colour images (3 channels)" in reason
    lab.qtbot.mouseClick(panel._fix, Qt.MouseButton.LeftButton, pos=QPoint(10, 5))
    assert lab.document.network.input == (28, 28, 3)
    lab.qtbot.mouseClick(panel._fix, Qt.MouseButton.LeftButton, pos=QPoint(10, 5))
    assert lab.document.network["scores"].units == 3
    assert panel._train_button.isEnabled()


def test_a_dialog_that_is_left_changes_nothing(lab, panel, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    pick(lab, panel, "Your own list or archive…")
    assert named(panel, QComboBox, "Data set").currentData() == "digits"
    assert lab.session.dataset is not None


def test_every_fault_of_a_list_is_shown_in_the_panel_and_gone_when_it_is_mended(lab, panel, tmp_path, monkeypatch):
    classes(tmp_path, "images", each=6)
    path = tmp_path / "list.csv"
    path.write_text("image,label\nimages/0.png,a\nnone.png,a\nimages/1.png,\n")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    pick(lab, panel, "Your own list or archive…")
    lab.until(lambda: panel._data.fault != "")
    assert "it has 2 faults: line 3: there is no file" in panel._data.fault
    assert named(panel, QLabel, "What is wrong with the data").isVisible()
    path.write_text("".join(f"images/{i}.png,{'ab'[i % 2]}\n" for i in range(6)))
    lab.qtbot.mouseClick(panel._data._get, Qt.MouseButton.LeftButton, pos=QPoint(10, 5))
    loaded(lab, "list")
    assert panel._data.fault == ""


def test_options_are_typed_and_wrong_ones_are_told_there(lab, panel):
    panel._data.choose("shapes")
    enter_options(lab, panel, "size=16, count=60, test=12")
    assert loaded(lab, "shapes:size=16,count=60,test=12").image_shape == (16, 16, 3)
    assert caption(panel).startswith("60 training and 12 test images of 16×16×3")
    assert caption(panel).endswith("6 classes, with boxes")
    enter_options(lab, panel, "size=16, cont=9")
    lab.until(lambda: "there is no option 'cont'" in panel._data.fault)
    panel._data.choose("digits")
    loaded(lab, "digits")
    assert named(panel, QLineEdit, "Options of the data").text() == ""
    assert panel._data.fault == ""


def test_a_set_larger_than_memory_trains_and_leaves_no_thread(lab, panel, tmp_path):
    folder = classes(tmp_path / "pets", "a", "b", each=20, height=8, width=8)
    cut(folder / "a" / "3.png")

    def fitting(network):
        network.input = (28, 28, 3)
        network.set("scores", units=2)

    lab.document.edit("Fit", fitting)
    panel._data.choose(str(folder))
    panel._data.set_options("memory=0")
    data = loaded(lab, "pets")
    assert not isinstance(data.train_images, np.ndarray)
    lab.until(panel._train_button.isEnabled)
    lab.qtbot.mouseClick(panel._train_button, Qt.MouseButton.LeftButton, pos=QPoint(10, 5))
    lab.until(lambda: bool(lab.log.epochs))
    lab.session.stop()
    lab.until_idle()
    assert lab.log.ends[0].reason != "error"
    assert any("a/3.png is damaged" in text for text, _ in lab.log.messages)


def test_data_that_a_run_lost_are_told_in_the_panel_and_can_be_read_again(lab, panel, tmp_path):
    folder = classes(tmp_path / "pets", "cat", "dog")
    panel.choose_data(str(folder))
    loaded(lab, "pets")
    lab.session._take(DataLost("The pictures cannot be read."))
    assert lab.session.dataset is None
    assert panel._data.fault == "The pictures cannot be read."
    lab.qtbot.mouseClick(panel._data._get, Qt.MouseButton.LeftButton, pos=QPoint(10, 5))
    loaded(lab, "pets")
    assert panel._data.fault == ""

"""Drawing for the network: by mouse, by keyboard, by pasting and dropping; classes and activations follow."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest

from convscope.gui.views.sketch import SketchView
from convscope.gui.widgets.sketch_pad import SketchPad

from .gestures import drop
from .laboratory import LONG, SHORT, lab_fixture  # noqa: F401

Key, Left, Right, Ctrl = (
    Qt.Key,
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.KeyboardModifier.ControlModifier,
)


def stroke(pad, *points, button=Left):
    QTest.mousePress(pad, button, pos=QPoint(*points[0]))
    for point in points[1:]:
        QTest.mouseMove(pad, QPoint(*point))
    QTest.mouseRelease(pad, button, pos=QPoint(*points[-1]))


@pytest.fixture
def pad(qtbot):
    pad = SketchPad("Sheet")
    qtbot.addWidget(pad)
    pad.resize(280, 280)
    pad.show()
    qtbot.waitExposed(pad)
    pad.setFocus()
    return pad


def test_the_left_button_draws_the_right_rubs_out_and_ctrl_z_takes_back(qtbot, pad):
    stroke(pad, (60, 60))
    assert pad.ink[60, 60] == 255
    assert pad.ink[200, 200] == 0
    stroke(pad, (60, 60), button=Right)
    assert pad.ink[60, 60] == 0
    qtbot.keyClick(pad, Key.Key_Z, Ctrl)
    assert pad.ink[60, 60] == 255
    qtbot.keyClick(pad, Key.Key_Z, Ctrl)
    assert pad.empty
    stroke(pad, (100, 100))
    qtbot.keyClick(pad, Key.Key_Delete)
    assert pad.empty
    qtbot.keyClick(pad, Key.Key_Z, Ctrl)
    assert pad.ink[100, 100] == 255


def test_arrow_keys_draw_while_the_pen_is_down(qtbot, pad):
    qtbot.keyClick(pad, Key.Key_Up)
    assert pad.empty
    qtbot.keyClick(pad, Key.Key_Space)
    for _ in range(3):
        qtbot.keyClick(pad, Key.Key_Right)
    qtbot.keyClick(pad, Key.Key_Space)
    qtbot.keyClick(pad, Key.Key_Down)
    assert (pad.ink[130, 140:171] == 255).all()
    assert pad.ink[160, 170] == 0


def test_ink_is_the_same_on_a_light_ground(pad):
    stroke(pad, (60, 60))
    ink = pad.ink
    pad.set_dark(True)
    assert np.array_equal(pad.ink, ink)
    assert pad.pixels[60, 60, 0] == 0


def test_a_picture_is_pasted_and_drawn_on(qtbot, pad):
    image = QImage(30, 20, QImage.Format.Format_RGB888)
    image.fill(0x204060)
    QGuiApplication.clipboard().setImage(image)
    qtbot.keyClick(pad, Key.Key_V, Ctrl)
    assert pad.is_picture
    assert pad.pixels.shape == (20, 30, 3)
    assert pad.pixels[3, 5].tolist() == [0x20, 0x40, 0x60]
    pad.brush = 0.4
    stroke(pad, (140, 140))
    assert pad.pixels[10, 15].tolist() == [255, 255, 255]


@pytest.fixture
def view(lab):
    view = lab.see(SketchView(lab.session), 790, 700)
    lab.session.plan(SHORT)
    lab.until(lambda: lab.session.dataset is not None and view.layer == "conv1")
    return view


def test_classes_and_activations_are_those_of_the_drawing(lab, view):
    assert view.image() is None
    stroke(view.pad, (100, 60))
    assert view.image().shape == (8, 8, 1)  # as the data set's, which the network's preprocessing enlarges
    lab.until(lambda: "%" in view.verdict.text())
    image = view.image()[None]
    wanted = lab.ask(lambda model: model.probabilities(image)[0])
    assert np.array_equal(view.bars._values, wanted)
    assert view.maps.grid.count == 6
    lab.qtbot.mouseClick(view.clear, Left)
    assert view.verdict.text() == ""
    lab.qtbot.mouseClick(view.undo, Left)
    lab.until(lambda: "%" in view.verdict.text())


def test_answers_follow_the_training(lab, view):
    stroke(view.pad, (100, 60))
    lab.until(lambda: "%" in view.verdict.text())
    before = view.bars._values.copy()
    lab.train(LONG, 3)
    lab.until(lambda: not np.array_equal(view.bars._values, before))
    before, done = view.bars._values.copy(), len(lab.log.batches)
    stroke(view.pad, (200, 200))
    lab.until(lambda: not np.array_equal(view.bars._values, before) and len(lab.log.batches) > done)
    lab.session.stop()
    lab.until_idle()


def test_a_dropped_file_is_classified_in_its_own_size(lab, view, tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)).save(path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    drop(view.pad, data, QPoint(20, 20))
    lab.until(lambda: view.pad.is_picture)
    assert view.image().shape == (40, 30, 3)
    lab.until(lambda: "%" in view.verdict.text())
    lab.qtbot.mouseClick(view.file.forget, Left)
    assert view.pad.empty

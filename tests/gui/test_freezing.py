"""Layers that do not learn: chosen on the canvas or in the form, shown by locks, taken up by a run that goes on."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QRadioButton

from convscope.engine import load
from convscope.engine.io import trained
from convscope.gui.models import edits
from convscope.gui.panels.training import TrainingPanel

from .laboratory import PATIENCE, Log, lab_fixture  # noqa: F401


@pytest.fixture
def window(make_window):
    return make_window()


def press(qtbot, window, name):
    """Click a card on the canvas."""
    view = window.view
    view.fit()
    place = view.mapFromScene(view.graph.nodes[name].body().center())
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_layer_is_frozen_by_a_key_on_the_canvas_gets_a_lock_and_learns_again_by_the_same_key(qtbot, window):
    press(qtbot, window, "conv1")
    qtbot.keyClick(window.view, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert window.document.frozen.names == ("conv1",)
    assert window.locks.names == {"conv1"}
    assert not window.document.modified
    qtbot.keyClick(window.view, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert window.document.frozen.names == ()
    assert window.locks.names == set()


def test_locks_follow_a_renamed_layer_and_go_with_one_that_is_removed(qtbot, window):
    window.document.frozen.set(["conv1", "conv2"])
    edits.rename(window.document, "conv1", "first")
    assert window.document.frozen.names == ("first", "conv2")
    assert window.locks.names == {"first", "conv2"}
    edits.remove(window.document, ["conv2"])
    assert window.locks.names == {"first"}


def test_layers_without_weights_are_not_frozen(qtbot, window):
    press(qtbot, window, "relu1")
    qtbot.keyClick(window.view, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert window.document.frozen.names == ()


def test_only_the_last_layers_learn_when_the_form_says_so_and_a_run_takes_it_up_as_it_goes(lab):
    panel = lab.see(TrainingPanel(lab.session), 300, 900)
    lab.until(panel._train_button.isEnabled)
    lab.qtbot.mouseClick(panel._train_button, Qt.MouseButton.LeftButton)
    lab.until(lambda: len(lab.log.batches) >= 3)
    box = next(part for part in panel.findChildren(QComboBox) if part.accessibleName() == "Layers that learn")
    assert box.currentText() == "All"
    box.setFocus()
    lab.qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == "Only the last"
    lab.until(lambda: len(lab.log.changes) == 1)
    assert lab.log.changes[0].setting == "frozen"
    weights = lab.ask(lambda model: (model.frozen, model.weights["conv1.weight"].copy(), model.flat_weights.copy()))
    count = len(lab.log.batches)
    lab.until(lambda: len(lab.log.batches) >= count + 3)
    later = lab.ask(lambda model: (model.frozen, model.weights["conv1.weight"].copy(), model.flat_weights.copy()))
    assert weights[0] == later[0] == lab.document.frozen.names
    assert np.array_equal(weights[1], later[1])
    assert not np.array_equal(weights[2], later[2])
    lab.session.stop()
    lab.until_idle()


def test_the_form_says_how_many_are_frozen_where_they_are_not_the_first_ones(lab):
    panel = lab.see(TrainingPanel(lab.session), 300, 900)
    box = next(part for part in panel.findChildren(QComboBox) if part.accessibleName() == "Layers that learn")
    lab.document.frozen.set(["conv2"])
    assert box.currentText() == "All but 1"
    lab.document.frozen.set(["conv1"])
    assert box.currentText() == f"Only the last {box.count() - 1}"


def test_trained_weights_get_a_new_head_for_the_chosen_data_and_only_it_learns(qtbot, window):
    def lab_until(done):
        qtbot.waitUntil(done, timeout=PATIENCE)

    lab_until(lambda: window.session.dataset is not None and window.session.model_info is not None)
    dialog = window.run_actions.ask_transfer()
    texts = [button.text() for button in dialog.findChildren(QRadioButton) if button.isChecked()]
    assert texts == ["Train a linear classifier on the top layer"]  # 1,438 images of ten classes are few
    source = dialog.findChild(QComboBox)
    assert source.currentText().startswith("lenet5_digits")
    found = []
    window.session.transferred.connect(lambda network, frozen: found.append((network, frozen)))
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    lab_until(lambda: bool(found))
    network, frozen = found[0]
    assert window.document.network == network
    assert window.document.path is None
    assert window.document.frozen.names == frozen
    assert [name for name in window.document.frozen.freezable if name not in frozen] == [network.output]
    qtbot.wait(200)  # the window takes up an edited network after a while: the weights must stay
    shared = "conv1.weight"
    results = []
    window.session.request("weights", lambda model: model.weights[shared].copy(), results.append)
    lab_until(lambda: bool(results))
    assert np.array_equal(results[0], load(trained.find("lenet5_digits").path).weights[shared])


def test_layers_are_kept_up_to_the_chosen_one_and_thaw_in_stages_as_the_run_goes_on(qtbot, window):
    def until(done):
        qtbot.waitUntil(done, timeout=PATIENCE)

    until(lambda: window.session.dataset is not None and window.session.model_info is not None)
    dialog = window.run_actions.ask_transfer()
    dialog.cut.setFocus()
    while not dialog.cut.currentText().startswith("pool2"):
        qtbot.keyClick(dialog.cut, Qt.Key.Key_Down)
    assert [dialog.learn.itemText(row) for row in range(3)] == ["Only the new head", "The head and the last", "All"]
    qtbot.mouseClick(dialog.findChildren(QRadioButton)[-1], Qt.MouseButton.LeftButton)
    assert (dialog.learn.currentText(), dialog.stages.isEnabled()) == ("All", False)
    qtbot.mouseClick(dialog.findChildren(QRadioButton)[0], Qt.MouseButton.LeftButton)
    dialog.stages.setFocus()
    qtbot.keyClick(dialog.stages, Qt.Key.Key_Up)
    qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    until(lambda: window.document.frozen.names == ("conv1", "conv2"))
    assert "dense3" not in window.document.network.nodes
    assert window.document.frozen.every == 1
    log = Log.of(window.session)
    window.session.train(replace(window.training._recipe(), epochs=4, keep=False))
    until(lambda: bool(log.ends))
    assert [change.value for change in log.changes if change.setting == "frozen"] == [["conv1"], []]
    assert [change.step for change in log.changes] == [45, 90]  # between two epochs
    assert window.document.frozen.names == ()

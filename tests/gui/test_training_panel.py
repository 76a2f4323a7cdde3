"""The training panel, used by mouse and keyboard as people do, with the real engine."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLabel, QToolButton, QWidget

from convscope.engine import Network, zoo
from convscope.engine import layers as L
from convscope.engine.cost.recomputing import with_and_without
from convscope.engine.cost.units import format_bytes
from convscope.engine.data import DATASETS
from convscope.engine.runtime.cpu import CpuBackend
from convscope.gui.panels.training import TrainingPanel
from convscope.gui.work import toolkit
from convscope.gui.work.recipe import DataChoice

from .laboratory import lab_fixture, scripted_fixture  # noqa: F401


@pytest.fixture
def panel(lab):
    return lab.see(TrainingPanel(lab.session), 300, 760)


def named(panel, kind, name):
    """The part of the panel with an accessible name."""
    return next(part for part in panel.findChildren(kind) if part.accessibleName() == name)


def button(panel, name):
    found = (b for b in panel.findChildren(QToolButton) if b.isVisible() and b.accessibleName() == name)
    return next(found)


def enter(lab, panel, name, text):
    """Type a number into a field."""
    field = named(panel, QAbstractSpinBox, name)
    field.setFocus()
    field.selectAll()
    lab.qtbot.keyClicks(field, text)
    lab.qtbot.keyClick(field, Qt.Key.Key_Return)


def click(lab, widget):
    lab.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=QPoint(widget.width() // 2, widget.height() // 2))


def press_train(lab, panel):
    lab.until(panel._train_button.isEnabled)
    click(lab, panel._train_button)


def status(panel):
    return named(panel, QLabel, "Status").text()


def test_clicking_train_learns_digits_and_shows_how_it_goes(lab, panel):
    enter(lab, panel, "Epochs", "2")
    press_train(lab, panel)
    assert not panel._train_button.isEnabled()
    lab.until(lambda: status(panel).startswith("Epoch 1 of 2, batch"))
    assert button(panel, "Pause").isEnabled()
    lab.until_idle()
    assert status(panel).startswith("Finished after 2 epochs, test accuracy ")
    accuracy = float(panel._figures.text("Test accuracy").removesuffix(" %"))
    assert accuracy == pytest.approx(100 * lab.log.epochs[-1].test_accuracy, abs=0.01)
    assert accuracy > 85
    assert panel._bar.value() == panel._bar.maximum()
    assert panel._train_button.text() == "Train on"


def test_a_batch_too_large_for_the_memory_is_told_with_a_button_that_trains_with_one_that_fits(lab, panel, monkeypatch):
    monkeypatch.setattr(CpuBackend, "available_bytes", lambda self: 12 << 20)
    enter(lab, panel, "Batch size", "1024")
    press_train(lab, panel)
    lab.until(lambda: bool(lab.log.ends))
    [end] = lab.log.ends
    assert status(panel) == end.message
    assert f"batch {end.fits} fits." in end.message
    assert panel._smaller.isVisible()
    assert panel._smaller.text() == f"Train with batch {end.fits:,}"
    click(lab, panel._smaller)
    assert not panel._smaller.isVisible()
    lab.until(lambda: bool(lab.log.batches))
    assert lab.session.recipe.batch_size == end.fits
    click(lab, button(panel, "Stop"))
    lab.until_idle()
    assert lab.log.ends[-1].reason == "cancelled"


def test_a_run_is_paused_stepped_resumed_and_stopped_by_clicks(lab, panel):
    enter(lab, panel, "Epochs", "2000")
    press_train(lab, panel)
    lab.until(lambda: lab.session.state == "running")
    assert panel.train_action.toolTip() == "A run is going on; stop it first."
    assert panel.stop_action.toolTip() == "End the run; what was learned is kept (Shift+F5)"
    click(lab, button(panel, "Pause"))
    assert lab.session.state == "paused"
    lab.rest()
    count = len(lab.log.batches)
    click(lab, button(panel, "Single step"))
    lab.until(lambda: len(lab.log.batches) == count + 1)
    assert status(panel).startswith("Paused at epoch")
    click(lab, button(panel, "Resume"))
    lab.until(lambda: len(lab.log.batches) > count + 10)
    click(lab, button(panel, "Stop"))
    lab.until_idle()
    assert status(panel).startswith("Stopped after")
    assert (panel.train_action.toolTip(), panel.stop_action.toolTip()) == ("Train (F5)", "No run is going on.")


@pytest.mark.parametrize("epochs", ["1", "2000"])
def test_the_keyboard_stays_with_the_buttons_when_a_run_is_over(lab, panel, epochs):
    panel.activateWindow()
    lab.qtbot.waitUntil(panel.isActiveWindow)
    enter(lab, panel, "Epochs", epochs)
    press_train(lab, panel)
    lab.until(lambda: bool(lab.log.batches))
    if epochs == "2000":
        click(lab, button(panel, "Stop"))
    lab.until_idle()
    assert panel._train_button.hasFocus()


def test_a_run_is_started_paused_and_stopped_with_keys(lab, panel):
    lab.until(panel._train_button.isEnabled)
    panel.activateWindow()
    panel.setFocus()
    lab.qtbot.waitUntil(panel.isActiveWindow)
    lab.qtbot.keyClick(panel, Qt.Key.Key_F5)
    lab.until(lambda: lab.session.state == "running")
    lab.qtbot.keyClick(panel, Qt.Key.Key_F6)
    assert lab.session.state == "paused"
    lab.qtbot.keyClick(panel, Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    lab.until_idle()
    assert lab.log.ends[0].reason == "cancelled"


def test_every_part_can_be_reached_with_tab(lab, panel):
    lab.until(panel._train_button.isEnabled)
    reached, part = set(), panel.nextInFocusChain()
    while part is not panel:
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
            reached.add(part)
        part = part.nextInFocusChain()
    for kind in (QComboBox, QAbstractSpinBox, QAbstractButton):
        for wanted in panel.findChildren(kind):
            if wanted.isVisible() and wanted.isEnabled():
                assert wanted in reached, wanted.accessibleName()


def test_every_field_and_button_has_a_name_for_screen_readers(lab, panel):
    for part in panel.findChildren(QWidget):
        if isinstance(part, QComboBox | QAbstractSpinBox | QToolButton):
            assert part.accessibleName(), part


def test_what_is_typed_during_a_run_reaches_it_and_what_it_cannot_take_up_is_locked(lab, panel):
    enter(lab, panel, "Epochs", "2000")
    press_train(lab, panel)
    lab.until(lambda: lab.session.state == "running")
    for name in ("Epochs", "Seed"):
        assert not named(panel, QAbstractSpinBox, name).isEnabled()
    for name, text in (("Learning rate", "5e-3"), ("Momentum", "0.8"), ("Batch size", "16")):
        count = len(lab.log.changes)
        enter(lab, panel, name, text)
        lab.until(lambda: len(lab.log.changes) > count)  # noqa: B023
    assert [(change.setting, change.value) for change in lab.log.changes] == [
        ("learning_rate", pytest.approx(0.005)),
        ("momentum", pytest.approx(0.8)),
        ("batch_size", 16),
    ]


def test_a_fault_of_the_network_is_shown_in_the_panel_and_train_is_disabled(lab, panel):
    lab.until(panel._train_button.isEnabled)
    lab.document.edit("Too large", lambda network: network.set("conv2", kernel=99))
    assert not panel._train_button.isEnabled()
    reason = named(panel, QLabel, "Why training cannot start")
    assert reason.isVisible()
    assert reason.text().startswith("conv2 (Conv2D): ")
    assert panel._train_button.toolTip() == reason.text()
    lab.document.undo_stack.undo()
    assert panel._train_button.isEnabled()
    assert not reason.isVisible()


def test_a_wrong_number_of_classes_is_named_and_fixed_by_one_undoable_click(lab, panel):
    lab.document.edit("Seven", lambda network: network.set("scores", units=7))
    reason = named(panel, QLabel, "Why training cannot start")
    assert reason.text().startswith("scores (Dense): gives 7 scores and Digits has 10 classes")
    assert panel._fix.text() == "Set scores to 10 units"
    click(lab, panel._fix)
    assert lab.document.network["scores"].units == 10
    assert panel._train_button.isEnabled()
    lab.document.undo_stack.undo()
    assert lab.document.network["scores"].units == 7


def test_a_wrong_number_of_channels_is_named_and_fixed_by_one_click(lab, panel):
    def colour(network):
        network.input = (28, 28, 3)

    lab.document.edit("Colour", colour)
    reason = named(panel, QLabel, "Why training cannot start")
    assert "takes colour images (3 channels) and Digits has grey images (1 channel)" in reason.text()
    click(lab, panel._fix)
    assert lab.document.network.input == (28, 28, 1)
    assert panel._train_button.isEnabled()


def test_a_network_that_ends_in_an_image_is_told_what_to_add(lab, panel):
    lab.document.edit("Cut", lambda network: [network.remove(n) for n in list(network.nodes)[1:]])
    reason = named(panel, QLabel, "Why training cannot start").text()
    assert "conv1 (Conv2D): the network ends in an image of 28×28×6" in reason
    assert "GlobalAvgPool or Flatten" in reason
    assert not panel._fix.isVisible()


def test_the_panel_offers_every_data_set_and_says_what_it_holds(lab, panel):
    combo = named(panel, QComboBox, "Data set")
    assert [combo.itemData(i) for i in range(combo.count()) if combo.itemData(i)] == list(DATASETS)
    assert [combo.itemText(i) for i in range(combo.count())][-2:] == ["Your own folder…", "Your own list or archive…"]
    assert combo.currentData() == "digits"
    lab.until(lambda: lab.session.dataset is not None)
    train, test = len(lab.session.dataset.train_images), len(lab.session.dataset.test_images)
    expected = f"{train:,} training and {test:,} test images of 8×8×1, resized to 28×28, 10 classes"
    assert panel._data._caption.text() == expected


def test_files_of_a_folder_are_used_and_what_is_missing_is_said_in_the_panel(lab, panel, tmp_path, monkeypatch):
    monkeypatch.setattr(toolkit, "cache_folder", lambda name: tmp_path / "nothing" / name)  # whatever this user has
    panel._data.choose("mnist")
    assert not lab.session.loading
    panel._data.set_folder(str(tmp_path))
    lab.until(lambda: panel._data.fault != "")
    assert "train-images-idx3-ubyte.gz" in panel._data.fault
    assert panel._data._get.isVisible()
    press_train(lab, panel)
    lab.until_idle()
    assert status(panel) == panel._data.fault
    assert lab.log.ends[0].reason == "error"


def test_mnist_from_a_folder_trains(lab, panel, shared):
    panel._data.choose("mnist")
    panel._data.set_folder(str(shared / "data" / "mnist"))
    lab.until(lambda: lab.session.dataset is not None and lab.session.dataset.name == "mnist")
    assert panel._data._caption.text() == "60,000 training and 10,000 test images of 28×28×1, 10 classes"
    press_train(lab, panel)
    lab.until(lambda: len(lab.log.batches) >= 20)
    losses = [event.loss for event in lab.log.batches]
    assert np.mean(losses[-5:]) < losses[0]


def test_a_download_waits_for_a_click_and_shows_its_progress(scripted):
    scripted.toolkit.gate.clear()
    panel = scripted.see(TrainingPanel(scripted.session), 300, 760)
    panel._data.choose("mnist")
    assert panel._data._caption.text() == "70,000 handwritten digits, 28×28 grey. 11.1 MiB are downloaded once."
    scripted.qtbot.wait(100)
    assert not scripted.session.loading
    click(scripted, panel._data._get)
    scripted.until(lambda: panel._data._caption.text() == "Downloading images.gz: 976.6 KiB of 3.81 MiB")
    assert panel._data._bar.value() == 250


def test_an_edit_after_training_says_that_train_begins_anew(lab, panel):
    enter(lab, panel, "Epochs", "1")
    press_train(lab, panel)
    lab.until_idle()
    assert not panel._hint.isVisible()
    lab.document.edit("Fewer", lambda network: network.set("dense3", units=30))
    assert panel._hint.isVisible()
    assert panel._train_button.text() == "Train"


def test_starting_over_by_a_click_forgets_what_was_learned(lab, panel):
    enter(lab, panel, "Epochs", "1")
    press_train(lab, panel)
    lab.until_idle()
    click(lab, button(panel, "Start over"))
    lab.until(lambda: not lab.session.model_info.trained)
    assert panel._train_button.text() == "Train"
    assert not button(panel, "Start over").isEnabled()


@pytest.mark.parametrize(("typed", "value"), [("1e-3", 1e-3), ("0,05", 0.05), ("0.5", 0.5)])
def test_learning_rates_are_typed_as_people_write_them(lab, panel, typed, value):
    enter(lab, panel, "Learning rate", typed)
    assert panel._form.recipe(DataChoice()).learning_rate == pytest.approx(value)


def test_learning_rates_step_through_one_two_five_ten(lab, panel):
    field = named(panel, QAbstractSpinBox, "Learning rate")
    enter(lab, panel, "Learning rate", "0.02")
    values = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down):
        lab.qtbot.keyClick(field, key)
        values.append(field.value())
    assert values == pytest.approx([0.05, 0.1, 0.05, 0.02, 0.01])


def test_a_learning_rate_of_zero_cannot_be_entered(lab, panel):
    enter(lab, panel, "Learning rate", "0")
    assert panel._form.recipe(DataChoice()).learning_rate > 0


def test_batch_sizes_step_by_doubling(lab, panel):
    field = named(panel, QAbstractSpinBox, "Batch size")
    lab.qtbot.keyClick(field, Qt.Key.Key_Up)
    assert field.value() == 64
    lab.qtbot.keyClick(field, Qt.Key.Key_Down)
    lab.qtbot.keyClick(field, Qt.Key.Key_Down)
    assert field.value() == 16


def test_closing_the_panel_during_a_run_leaves_no_thread(lab, panel):
    press_train(lab, panel)
    lab.until(lambda: lab.session.state == "running")
    panel.close()
    assert lab.session.close()


def test_activations_are_computed_again_if_wished_and_both_choices_show_their_memory(lab, panel):
    def memory():
        return named(panel, QLabel, "Memory for training").text()

    lab.until(lambda: memory().endswith("computing again saves nothing here"))
    lab.document.load(zoo.build("resnet20_cifar"))
    lab.until(lambda: memory().endswith("with activations computed again"))
    kept, again = (part.total for part in with_and_without(zoo.build("resnet20_cifar"), 32))
    assert memory().startswith(f"Memory for training: {format_bytes(kept)}; {format_bytes(again)} with")
    box = panel._form.recompute
    lab.qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert lab.session.recipe.recompute


def test_a_run_computes_activations_again(lab, panel):
    enter(lab, panel, "Epochs", "1")
    panel._form.recompute.setChecked(True)
    press_train(lab, panel)
    lab.until_idle()
    assert lab.log.ends[-1].reason == "completed"
    assert lab.ask(lambda model: model.recompute)


@pytest.mark.parametrize(
    ("ending", "fix"),
    [
        ([L.Conv2D(7, 1), L.ReLU(), L.GlobalAvgPool()], "Set conv1 to 10 filters"),
        ([L.Conv2D(7, 28), L.Flatten()], "Set conv1 to 10 filters"),
        ([L.SeparableConv2D(7, 3), L.GlobalAvgPool(), L.Softmax()], "Set separableconv1 to 10 filters"),
        ([L.Conv2D(10, 3)], "Add GlobalAvgPool"),
        ([L.Flatten(), L.Dense(7), L.Dropout()], "Set dense1 to 10 units"),
    ],
)
def test_any_layer_that_makes_the_scores_can_be_fitted_to_the_classes(lab, panel, ending, fix):
    network = Network((28, 28, 1))
    for layer in ending:
        network.add(layer)
    lab.document.load(network)
    assert panel._fix.isVisible()
    assert panel._fix.text() == fix
    click(lab, panel._fix)
    assert lab.session.faults() == []
    assert lab.document.undo_stack.count() == 1


def test_scores_that_no_number_can_fit_are_explained_without_a_fix(lab, panel):
    network = Network((28, 28, 1))
    network.add(L.Conv2D(7, 3))
    network.add(L.Flatten())
    lab.document.load(network)
    assert not panel._fix.isVisible()
    assert "end with a Dense of 10 units" in panel._reason.text()

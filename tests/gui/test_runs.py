"""Runs that are kept: the list and what is done with it by mouse and keyboard, resuming, and what a crash leaves."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel, QLineEdit, QMessageBox, QToolButton

from convscope.engine.io import FileError
from convscope.engine.runs import RunStore, checkpoint
from convscope.engine.train.schedule import Constant
from convscope.gui.models import edits
from convscope.gui.panels.lengthen import LengthenDialog
from convscope.gui.panels.runs import RunsPanel
from convscope.gui.panels.training import TrainingPanel
from convscope.gui.run_actions import RunActions
from convscope.gui.views.activations import ActivationsView
from convscope.gui.views.comparison import ComparisonView
from convscope.gui.views.curves import CurvesView
from convscope.gui.work.recipe import DataChoice, Recipe

from .laboratory import Laboratory, lab_fixture  # noqa: F401

KEPT = Recipe(epochs=2, keep=True)


def start(lab, recipe=KEPT):
    """Train and wait for the end; the run's id."""
    lab.train(recipe)
    lab.until_idle()
    return RunStore().runs()[0].id


@pytest.fixture
def panel(lab):
    return lab.see(RunsPanel(lab.session), 288, 480)


def listed(lab, panel, count):
    lab.until(lambda: len(panel.list.runs) == count and all(run.status != "running" for run in panel.list.runs))


def click(lab, panel, row, key=Qt.KeyboardModifier.NoModifier):
    place = panel.list.visualRect(panel.list.model().index(row, 0)).center()
    lab.qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, key, place)


def dialog(lab, kind):
    lab.until(lambda: isinstance(QApplication.activeModalWidget(), kind))
    return QApplication.activeModalWidget()


def test_a_run_is_kept_listed_renamed_tagged_searched_and_deleted(lab, panel):
    run = start(lab)
    listed(lab, panel, 1)
    click(lab, panel, 0)
    lab.qtbot.keyClick(panel.list, Qt.Key.Key_F2)
    editor = panel.list.findChild(QLineEdit)
    editor.selectAll()
    lab.qtbot.keyClicks(editor, "baseline")
    lab.qtbot.keyClick(editor, Qt.Key.Key_Return)
    lab.until(lambda: panel.list.runs[0].name == "baseline")

    panel.tags_action.trigger()
    line = dialog(lab, QInputDialog).findChild(QLineEdit)
    lab.qtbot.keyClicks(line, "good, small")
    lab.qtbot.keyClick(line, Qt.Key.Key_Return)
    lab.until(lambda: panel.list.runs[0].tags == ("good", "small"))

    lab.qtbot.keyClicks(panel._search, "tag=bad")
    lab.until(lambda: panel.list.runs == ())
    assert panel._stack.sentence == "No run matches the search."
    panel._search.clear()
    lab.until(lambda: len(panel.list.runs) == 1)

    click(lab, panel, 0)
    lab.qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    box = dialog(lab, QMessageBox)
    assert box.text() == "<b>Delete baseline?</b>"
    lab.qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
    assert (RunStore().path / run).exists()
    lab.qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    box = dialog(lab, QMessageBox)
    lab.qtbot.mouseClick(next(b for b in box.buttons() if b.text() == "Delete"), Qt.MouseButton.LeftButton)
    lab.until(lambda: panel.list.runs == ())
    assert not (RunStore().path / run).exists()


def test_runs_that_are_ticked_are_compared_in_curves_and_in_a_table(lab, panel):
    curves, table = lab.see(CurvesView(lab.session)), lab.see(ComparisonView(lab.session))
    start(lab, Recipe(epochs=2, keep=True))
    start(lab, Recipe(epochs=2, batch_size=64, seed=1, keep=True))
    listed(lab, panel, 2)
    click(lab, panel, 0)
    lab.qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=panel.list.box(1).center())
    lab.until(lambda: table.table.columnCount() == 2)
    assert [run.id for run in panel.list.selected] == [run.id for run in RunStore().runs()]
    rows = [table.table.verticalHeaderItem(row).text() for row in range(table.table.rowCount())]
    assert {"Best accuracy", "Batch size", "Seed"} <= set(rows)
    assert "Momentum" not in rows
    assert [table.table.item(rows.index("Batch size"), column).text() for column in (0, 1)] == ["64", "32"]
    assert len(curves.loss._others._runs) == 2
    assert all(run.id in curves._names.text() for run in panel.list.selected)
    path = RunStore().path / "curves.csv"
    curves.save_table(str(path))
    lab.until(path.exists)
    head, *lines = path.read_text().splitlines()
    assert head == "run,curve,epoch,value"
    assert {line.split(",")[1] for line in lines} >= {"training loss of the batch", "test loss", "test accuracy"}


def test_two_runs_of_different_networks_are_compared_layer_by_layer(lab, panel):
    table = lab.see(ComparisonView(lab.session))
    start(lab, Recipe(epochs=1, keep=True))
    lab.document.edit("fewer filters", lambda network: network.set("conv1", filters=4))
    start(lab, Recipe(epochs=1, keep=True))
    listed(lab, panel, 2)
    panel.list.setFocus()
    lab.qtbot.keyClick(panel.list, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    lab.until(lambda: table.table.columnCount() == 2)
    rows = {
        table.table.verticalHeaderItem(row).text(): [table.table.item(row, column).text() for column in (0, 1)]
        for row in range(table.table.rowCount())
    }
    assert rows["Layer conv1"] == ["Conv2D 4 · 5×5 · pad 2", "Conv2D 6 · 5×5 · pad 2"]
    assert "Layer conv2" not in rows


def test_a_stopped_run_goes_on_by_its_button_with_the_bits_of_one_that_was_not_stopped(lab, panel):
    whole = start(lab, Recipe(epochs=3, keep=True))
    expected = lab.ask(lambda model: model.flat_weights.copy())
    lab.session.start_over()
    lab.train(Recipe(epochs=3, keep=True), batches=5)
    lab.session.stop()
    lab.until_idle()
    listed(lab, panel, 2)
    stopped = next(row for row, run in enumerate(panel.list.runs) if run.id != whole)
    assert panel.list.runs[stopped].status == "cancelled"
    click(lab, panel, stopped)
    assert panel.resume.isEnabled()
    panel.resume_wanted.connect(lab.session.resume_kept)
    curves = lab.see(CurvesView(lab.session))
    lab.qtbot.mouseClick(panel.resume, Qt.MouseButton.LeftButton)
    lab.until(lambda: lab.log.ends[-1].reason == "completed" and len(lab.log.ends) == 3)
    assert np.array_equal(lab.ask(lambda model: model.flat_weights.copy()), expected)
    steps = [batch.step for batch in lab.log.batches]
    assert len(curves.loss.batches) == steps[-1]  # what came before the stop is in the curve as well
    assert len(curves.loss.markers) == 1
    assert RunStore().run(panel.list.runs[stopped].id).status in {"completed", "running"}


def test_a_complete_run_is_made_longer_from_the_list_with_a_word_on_its_bits(lab, panel):
    actions = RunActions(panel, lab.session, lab.document, Files(True), panel)
    run = start(lab, Recipe(epochs=2, schedule=Constant(), keep=True))
    listed(lab, panel, 1)
    click(lab, panel, 0)
    assert panel.resume.text() == "Train on…"
    lab.qtbot.mouseClick(panel.resume, Qt.MouseButton.LeftButton)
    box = dialog(lab, LengthenDialog)
    assert "those of a run begun with 3 epochs, bit for bit" in box.note.text()
    lab.qtbot.keyClick(box.more, Qt.Key.Key_Up)
    assert "with 4 epochs" in box.note.text()
    restored = []
    lab.session.restored.connect(restored.append)
    lab.qtbot.mouseClick(box.start, Qt.MouseButton.LeftButton)
    lab.until(lambda: len(lab.log.ends) == 2)
    assert restored[0].recipe.epochs == 4
    assert (lab.log.ends[-1].reason, lab.log.ends[-1].epoch) == ("completed", 4)
    assert [text for text, _ in lab.log.messages if "bits" in text or "spread" in text] == []
    lab.session.runs.refresh()
    lab.until(lambda: panel.list.runs[0].epoch == 4)
    assert (panel.list.runs[0].id, actions.transfer.isEnabled()) == (run, True)


class Files:
    """Stands in for the window's files: notes how often the user was asked about changes, and gives the answer."""

    def __init__(self, answer):
        self.answer, self.asked = answer, 0

    def may_discard(self):
        self.asked += 1
        return self.answer


def stages(lab):
    """After how many epochs what was frozen anew in a run."""
    per_epoch = lab.log.batches[0].batches
    return [(change.step / per_epoch, change.value) for change in lab.log.changes if change.setting == "frozen"]


def test_a_resumed_run_goes_through_the_stages_that_are_still_to_come(lab, panel, qtbot):
    RunActions(panel, lab.session, lab.document, Files(True), panel)
    training = lab.see(TrainingPanel(lab.session), 300, 760)
    lab.document.frozen.learn_last(3)
    lab.document.frozen.every = 3
    lab.session.changed.connect(lambda _change: lab.session.stop())
    lab.train(replace(training._recipe(), epochs=9, keep=True))
    lab.until_idle()
    assert stages(lab) == [(3, ["conv1"])]
    run = RunStore().runs()[0]
    assert (run.status, run.epoch < 6) == ("cancelled", True)
    other = Laboratory(qtbot)  # another window, in which another network is shown
    edits.set_parameter(other.document, "conv1", "filters", 5)
    other.see(TrainingPanel(other.session), 300, 760)
    runs = other.see(RunsPanel(other.session))
    RunActions(runs, other.session, other.document, Files(True), runs)
    runs.resume_wanted.emit(run.id)
    other.until(lambda: bool(other.log.batches))
    assert (other.document.frozen.names, other.document.frozen.every) == (("conv1",), 3)
    other.until_idle()
    assert stages(other) == [(6, [])]
    assert other.session.close()


def test_going_on_with_the_network_that_is_shown_asks_nothing_about_its_changes(lab, panel):
    files = Files(False)
    RunActions(panel, lab.session, lab.document, files, panel)
    edits.set_parameter(lab.document, "conv1", "filters", 4)
    run = start(lab, replace(KEPT, epochs=1))
    assert lab.document.modified
    panel.lengthen_wanted.emit(run, 2)
    lab.until(lambda: len(lab.log.ends) == 2)
    assert (files.asked, lab.log.ends[-1].epoch) == (0, 2)
    edits.set_parameter(lab.document, "conv1", "filters", 5)
    panel.lengthen_wanted.emit(run, 3)
    lab.until(lambda: files.asked == 1)
    assert lab.session.state == "idle"


def test_closing_the_window_in_a_run_keeps_it_up_to_the_last_batch(qtbot):
    lab = Laboratory(qtbot)
    lab.train(Recipe(epochs=2000, keep=True), batches=3)
    assert lab.session.close()
    run = RunStore().runs()[0]
    assert run.status == "cancelled"
    state = json.loads((RunStore().path / run.id / "events.jsonl").read_text().splitlines()[-1])
    assert (state["event"], state["step"]) == ("ended", run.step)


def test_after_a_crash_the_run_is_offered_once_and_a_refusal_is_remembered(lab, panel):
    run = start(lab)
    events = RunStore().path / run / "events.jsonl"
    listed(lab, panel, 1)
    assert not panel._offer.isVisible()
    lines = events.read_text().splitlines(keepends=True)
    events.write_text("".join(line for line in lines if '"ended"' not in line))  # as kill −9 leaves it
    lab.session.runs.refresh()
    lab.until(panel._offer.isVisible)
    assert panel._offer_text.text().startswith(f"{run} was interrupted after 2 of 2 epochs")
    wanted = []
    panel.resume_wanted.connect(wanted.append)
    lab.qtbot.mouseClick(panel._offer_yes, Qt.MouseButton.LeftButton)
    assert wanted == [run]
    lab.session.runs.refresh()
    lab.until(panel._offer.isVisible)
    lab.qtbot.mouseClick(panel._offer_no, Qt.MouseButton.LeftButton)
    answers = []
    lab.session.runs.listed.connect(answers.append)
    lab.session.runs.refresh()
    lab.until(lambda: bool(answers))
    assert not panel._offer.isVisible()


def test_where_runs_cannot_be_kept_training_goes_on_and_says_so(lab, tmp_path):
    (tmp_path / "runs").write_text("no folder")
    lab.train(KEPT)
    lab.until_idle()
    assert lab.log.ends[-1].reason == "completed"
    assert [text for text, _ in lab.log.messages if text.startswith("This run is not kept: ")]


def test_a_disk_that_fills_up_during_a_run_is_told_and_the_run_goes_on(lab, monkeypatch):
    real, calls = checkpoint.save, []

    def full(model, path, **more):
        calls.append(path)
        if len(calls) == 2:
            raise FileError(path, ["was not written (No space left on device)"])
        real(model, path, **more)

    monkeypatch.setattr(checkpoint, "save", full)
    run = start(lab)
    assert lab.log.ends[-1].reason == "completed"
    assert any("No space left on device" in text and "Training goes on" in text for text, _ in lab.log.messages)
    assert RunStore().run(run).status == "completed"
    assert len(calls) > 2


def test_a_run_whose_pictures_vanish_says_so_at_the_data_and_goes_on_when_they_are_back(lab, tmp_path):
    folder = tmp_path / "pictures"
    for label in "ab":
        (folder / label).mkdir(parents=True)
        for number in range(24):
            pixels = np.random.default_rng(number).integers(0, 256, (28, 28), np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number}.png")
    lab.document.edit("two classes", lambda network: network.set("scores", units=2))
    panel, view = lab.see(TrainingPanel(lab.session), 300, 900), lab.see(ActivationsView(lab.session), 760, 520)
    lab.train(Recipe(DataChoice(str(folder), "", "memory=0"), epochs=2000, batch_size=8, keep=True), batches=8)
    away = folder.rename(tmp_path / "away")
    lab.until_idle()
    assert lab.log.ends[-1].reason == "error"
    assert "can be read" in panel._data.fault
    assert view.images.image is not None  # what is shown was read before
    lab.qtbot.mouseClick(view.images.findChildren(QToolButton)[1], Qt.MouseButton.LeftButton)
    assert view.images.image is None
    assert any(label.text() == "This image cannot be read." for label in view.images.findChildren(QLabel))
    away.rename(folder)
    run = RunStore().runs()[0]
    assert run.status == "error"
    done = len(lab.log.batches)
    lab.session.resume_kept(run.id)
    lab.until(lambda: len(lab.log.batches) > done)
    lab.session.stop()
    lab.until_idle()
    assert lab.log.ends[-1].reason == "cancelled"


def test_the_card_of_a_run_that_goes_on_follows_its_epochs(lab, panel):
    lab.train(Recipe(epochs=2000, keep=True))
    lab.until(lambda: len(panel.list.runs) == 1 and panel.list.runs[0].epoch >= 2)
    assert panel.list.runs[0].status == "running"
    assert panel.list.runs[0].best_accuracy == max(epoch.test_accuracy for epoch in lab.log.epochs)
    assert not panel.resume.isEnabled()
    lab.session.stop()
    lab.until_idle()


def test_settings_changed_in_a_run_are_marked_and_written_down(lab):
    curves = lab.see(CurvesView(lab.session))
    lab.train(Recipe(epochs=2000, keep=True), batches=3)
    lab.session.change("momentum", 0.5)
    lab.until(lambda: len(lab.log.changes) == 1)
    lab.session.change("batch_size", 64)
    lab.until(lambda: len(lab.log.changes) == 2)
    assert len(curves.loss.markers) == 2
    lab.session.stop()
    lab.until_idle()
    story = RunStore().folder(RunStore().runs()[0].id).story()
    assert [line["setting"] for line in story if line["event"] == "changed"] == ["momentum", "batch_size"]


def test_a_setting_that_is_illegal_is_refused_with_its_reason_and_the_run_goes_on(lab):
    lab.train(Recipe(epochs=2000), batches=3)
    lab.session.change("frozen", ["nowhere"])
    lab.until(lambda: any("nowhere" in text for text, error in lab.log.messages if error))
    assert lab.session.state == "running"


def test_a_click_beside_the_box_of_a_card_chooses_it_alone(lab, panel):
    start(lab)
    start(lab)
    listed(lab, panel, 2)
    lab.qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=panel.list.box(0).center())
    lab.qtbot.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=panel.list.box(1).center())
    assert len(panel.list.selected) == 2
    lab.qtbot.mouseClick(
        panel.list.viewport(), Qt.MouseButton.LeftButton, pos=panel.list.box(1).center() + QPoint(100, 0)
    )
    assert len(panel.list.selected) == 1

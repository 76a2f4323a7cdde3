"""The session: runs, their control, and models, with the real engine on digits."""

from typing import ClassVar

import numpy as np
import pytest
from PySide6.QtCore import QObject

from convscope.engine import layers as L
from convscope.engine import zoo
from convscope.gui.work.recipe import DataChoice, Recipe

from .laboratory import (  # noqa: F401
    LONG,
    PATIENCE,
    SHORT,
    Laboratory,
    convscope_threads,
    lab_fixture,
    scripted_fixture,
)


def test_a_run_learns_digits_and_says_everything_in_order(lab):
    lab.train(SHORT)
    lab.until_idle()
    assert lab.log.states == ["preparing", "running", "idle"]
    assert [e.step for e in lab.log.batches] == list(range(1, 2 * lab.log.batches[0].batches + 1))
    assert [e.epoch for e in lab.log.epochs] == [1, 2]
    assert lab.log.epochs[-1].test_accuracy > 0.85
    assert lab.log.ends[0].reason == "completed"


def test_no_batch_is_done_while_a_run_is_paused(lab):
    lab.train(LONG)
    lab.session.pause()
    assert lab.session.state == "paused"
    lab.rest()
    count = len(lab.log.batches)
    lab.qtbot.wait(400)
    assert len(lab.log.batches) == count
    lab.session.resume()
    lab.until(lambda: len(lab.log.batches) > count + 5)


def test_a_single_step_is_one_batch(lab):
    lab.train(LONG)
    lab.session.pause()
    lab.rest()
    for _ in range(3):
        count = len(lab.log.batches)
        lab.session.single_step()
        lab.until(lambda count=count: len(lab.log.batches) > count)
        lab.rest()
        assert len(lab.log.batches) == count + 1


def test_single_steps_go_across_the_end_of_an_epoch_one_batch_at_a_time(scripted):
    scripted.session.plan(Recipe())
    scripted.session.single_step()
    for step in range(1, 11):
        scripted.until(lambda step=step: len(scripted.log.batches) == step)
        assert scripted.session.state == "paused"
        assert len(scripted.log.epochs) == (step - 1) // 5
        scripted.session.single_step()
    scripted.until_idle()
    assert len(scripted.log.epochs) == 2
    assert scripted.log.ends[0].reason == "completed"


def test_a_run_can_follow_one_that_was_stepped_to_its_end(scripted):
    scripted.session.plan(Recipe())
    scripted.session.single_step()
    for step in range(1, 11):
        scripted.until(lambda step=step: len(scripted.log.batches) == step)
        scripted.session.single_step()
    scripted.until_idle()
    scripted.train(Recipe())
    scripted.until_idle()
    assert [end.reason for end in scripted.log.ends] == ["completed", "completed"]


def test_stop_ends_a_run_as_cancelled_and_keeps_what_it_learned(lab):
    lab.train(LONG, batches=10)
    lab.session.stop()
    assert lab.session.state == "stopping"
    lab.until_idle()
    assert lab.log.ends[0].reason == "cancelled"
    assert lab.session.model_info.steps == len(lab.log.batches)
    assert lab.session.continues()


def test_a_paused_run_can_be_stopped(lab):
    lab.train(LONG)
    lab.session.pause()
    lab.session.stop()
    lab.until_idle()
    assert lab.log.ends[0].reason == "cancelled"


def test_a_run_stopped_while_it_is_prepared_does_no_batch(lab):
    lab.session.train(LONG)
    lab.session.stop()
    lab.until_idle()
    assert lab.log.batches == []
    assert lab.log.ends[0].reason == "cancelled"


def test_the_learning_rate_can_be_changed_while_a_run_goes_on(lab):
    lab.train(LONG)
    lab.session.change("learning_rate", 0.001)
    lab.until(lambda: bool(lab.log.changes))
    change = lab.log.changes[0]
    assert (change.setting, change.value) == ("learning_rate", 0.001)
    lab.until(lambda: lab.log.batches[-1].step > change.step)
    following = next(event for event in lab.log.batches if event.step == change.step + 1)
    assert following.learning_rate == pytest.approx(0.001, rel=0.05)


def test_editing_the_network_does_not_disturb_a_run(lab):
    lab.train(LONG)
    before = lab.session.model_info.serial
    lab.document.edit("Remove conv2", lambda network: network.remove("conv2", reconnect=True))
    count = len(lab.log.batches)
    lab.until(lambda: len(lab.log.batches) > count + 20)
    assert lab.session.state == "running"
    assert lab.session.model_info.serial == before
    assert lab.ask(lambda model: "conv2.weight" in model.weights)
    lab.session.stop()
    lab.until_idle()
    assert not lab.session.continues()


def test_a_run_with_an_edited_network_begins_with_new_weights(lab):
    lab.train(SHORT)
    lab.until_idle()
    serial = lab.session.model_info.serial
    lab.document.edit("Fewer units", lambda network: network.set("dense3", units=30))
    lab.train(SHORT)
    lab.until_idle()
    assert lab.session.model_info.serial != serial
    assert lab.ask(lambda model: model.weights["dense3.weight"].shape) == (400, 30)


def test_training_again_goes_on_with_the_weights_and_starting_over_forgets_them(lab):
    lab.train(SHORT)
    lab.until_idle()
    serial, steps = lab.session.model_info.serial, lab.session.model_info.steps
    runs = []
    lab.session.run_started.connect(runs.append)
    lab.train(SHORT)
    lab.until_idle()
    assert not runs[0].fresh
    assert (lab.session.model_info.serial, lab.session.model_info.steps) == (serial, 2 * steps)
    lab.session.start_over()
    lab.until(lambda: lab.session.model_info.serial != serial)
    assert not lab.session.model_info.trained


def test_the_same_recipe_gives_the_same_losses(lab):
    for _ in range(2):
        lab.train(SHORT)
        lab.until_idle()
        lab.session.start_over()
    losses = [event.loss for event in lab.log.batches]
    half = len(losses) // 2
    assert losses[:half] == losses[half:]


def test_before_training_the_model_follows_the_document(lab):
    lab.session.plan(SHORT)
    lab.until(lambda: lab.session.model_info is not None and lab.session.model_info.data == "digits")
    lab.document.edit("More filters", lambda network: network.set("conv1", filters=9))
    lab.until(lambda: lab.session.model_info.network["conv1"].filters == 9)
    assert lab.ask(lambda model: model.weights["conv1.weight"].shape[3]) == 9


def test_another_document_gets_another_model_even_after_training(lab):
    lab.train(SHORT)
    lab.until_idle()
    lab.document.load(zoo.lenet5(input=(28, 28, 1), classes=7))
    lab.until(lambda: lab.session.model_info.network["scores"].units == 7)
    assert not lab.session.model_info.trained


def test_closing_during_a_run_ends_it_and_all_threads(qtbot):
    lab = Laboratory(qtbot)
    lab.train(LONG)
    assert lab.session.close()
    assert convscope_threads() == []
    count = len(lab.log.batches)
    qtbot.wait(100)
    assert len(lab.log.batches) == count


def test_a_model_survives_saving_and_opening_and_can_be_trained_on(lab, tmp_path):
    lab.train(SHORT)
    lab.until_idle()
    weights = lab.ask(lambda model: model.weights["conv1.weight"].copy())
    path = str(tmp_path / "digits.safetensors")
    with lab.qtbot.waitSignal(lab.session.saved, timeout=PATIENCE):
        lab.session.save_model(path)
    lab.session.start_over()
    with lab.qtbot.waitSignal(lab.session.opened, timeout=PATIENCE) as opened:
        lab.session.open_model(path)
    assert opened.args[0] == lab.document.network
    lab.document.load(opened.args[0])
    assert np.array_equal(lab.ask(lambda model: model.weights["conv1.weight"].copy()), weights)
    assert lab.session.continues()
    lab.train(SHORT)
    assert lab.log.batches[-1].loss < 1.0


def test_a_model_can_be_saved_while_it_is_trained(lab, tmp_path):
    lab.train(LONG)
    path = tmp_path / "running.safetensors"
    with lab.qtbot.waitSignal(lab.session.saved, timeout=PATIENCE):
        lab.session.save_model(str(path))
    assert path.stat().st_size > 0
    assert lab.session.state == "running"


def test_a_model_file_that_cannot_be_read_is_an_error_message(lab, tmp_path):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"no model")
    lab.session.open_model(str(path))
    lab.until(lambda: bool(lab.log.messages))
    text, error = lab.log.messages[0]
    assert error
    assert "broken.safetensors" in text


def test_a_network_with_faults_is_not_trained_and_the_fault_is_named(lab):
    lab.document.edit("Too large", lambda network: network.set("conv2", kernel=99))
    lab.session.train(SHORT)
    lab.until_idle()
    assert lab.log.ends[0].reason == "error"
    assert lab.log.ends[0].message.startswith("conv2 (Conv2D): ")
    assert lab.log.batches == []


def test_data_that_cannot_be_loaded_end_the_run_with_the_reason(scripted):
    scripted.toolkit.failing_data = "train-images.gz is cut short; download it again."
    scripted.session.train(Recipe())
    scripted.until_idle()
    assert scripted.log.ends[0].reason == "error"
    assert scripted.log.messages == [("train-images.gz is cut short; download it again.", True)]


def test_an_abandoned_download_says_nothing_and_the_newest_choice_wins(scripted):
    script, session = scripted.toolkit, scripted.session
    script.gate.clear()
    session.plan(Recipe(data=DataChoice("mnist")))
    assert not session.loading
    session.load_data()
    with scripted.qtbot.waitSignal(session.data_progress, timeout=PATIENCE) as progress:
        pass
    assert (progress.args[0].done, progress.args[0].total) == (1_000_000, 4_000_000)
    session.plan(Recipe(data=DataChoice("fashion-mnist")))
    script.gate.set()
    scripted.until(lambda: session.dataset is not None)
    scripted.qtbot.wait(100)
    assert session.dataset.name == "fashion-mnist"


def test_a_run_that_waits_for_its_data_can_be_stopped(scripted):
    scripted.toolkit.gate.clear()
    scripted.session.train(Recipe(data=DataChoice("mnist")))
    assert scripted.session.state == "preparing"
    scripted.session.stop()
    assert scripted.session.state == "idle"
    assert scripted.log.ends[0].reason == "cancelled"


def test_a_run_that_raises_ends_with_an_error_and_the_next_one_works(scripted):
    script = scripted.toolkit
    script.failing_run = MemoryError()
    scripted.session.train(Recipe())
    scripted.until(lambda: bool(scripted.log.ends))
    assert scripted.log.ends[0].reason == "error"
    assert "not enough memory" in scripted.log.ends[0].message
    script.failing_run = None
    scripted.train(Recipe())
    scripted.until_idle()
    assert scripted.log.ends[1].reason == "completed"


def test_a_file_that_cannot_be_written_is_an_error_message(scripted, caplog):
    scripted.session.plan(Recipe())
    scripted.until(lambda: scripted.session.model_info is not None)
    scripted.session.save_model("model.safetensors")
    scripted.until(lambda: bool(scripted.log.messages))
    assert scripted.log.messages[0][1]
    assert "disk is full" in scripted.log.messages[0][0]


def test_a_newer_request_replaces_one_that_waits(lab):
    lab.train(LONG)
    results = []
    for number in range(50):
        lab.session.request("view", lambda model, number=number: number, results.append)
    lab.until(lambda: 49 in results)
    assert results == sorted(results)


def test_the_failure_of_a_request_reaches_its_own_view(lab):
    lab.session.plan(SHORT)
    lab.until(lambda: lab.session.model_info is not None)
    assert isinstance(lab.ask(lambda model: model.weights["nothing"]), KeyError)
    assert lab.log.messages == []


def test_a_result_for_a_view_that_is_gone_is_dropped(lab):
    class View(QObject):
        results: ClassVar[list] = []

        def take(self, result):
            self.results.append(result)

    lab.session.plan(SHORT)
    lab.until(lambda: lab.session.model_info is not None)
    view = View()
    lab.session.request("gone", lambda model: 1, view.take)
    view.deleteLater()
    lab.qtbot.wait(200)
    assert View.results == []


def test_the_last_snapshot_of_a_run_is_of_its_last_weights(lab):
    snapshots = []
    lab.session.snapshot.connect(snapshots.append)
    lab.train(SHORT)
    lab.until_idle()
    assert snapshots[-1].steps == len(lab.log.batches)


def test_moving_a_layer_keeps_the_weights_and_renaming_it_does_not(lab):
    lab.train(SHORT)
    lab.until_idle()
    lab.document.move("Move", {"conv1": (500.0, 500.0)})
    assert lab.session.continues()
    lab.document.edit("Rename", lambda network: network.rename("conv1", "first"))
    assert not lab.session.continues()


def test_a_network_of_new_layers_can_be_trained(lab):
    def rebuild(network):
        for name in list(network.nodes):
            network.remove(name)
        network.add(L.Flatten(), "flat")
        network.add(L.Dense(10), "scores")

    lab.document.edit("Rebuild", rebuild)
    lab.train(SHORT)
    lab.until_idle()
    assert lab.log.epochs[-1].test_accuracy > 0.85

"""Runs that are interrupted, at any moment and in any way, end with the bits of those that are not."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convscope.engine import load, load_dataset
from convscope.engine.runs import Interval, Keeping, RunError, RunStore
from convscope.engine.runs.lengthening import Lengthening
from convscope.engine.train import Batch, Changed, Ended, Event, Settings, Started, TrainingError, Warned
from convscope.engine.train.schedule import Constant, Cosine, OneCycle, Plateau, Schedule, Step
from convscope.engine.train.state import Progress

from .run_cases import BATCHES, DATA, EVERY_TWO, SETTINGS, advance, again, begin, weights, whole
from .training_cases import bits, blobs, model_for


def last(events: list[Event]) -> Ended:
    assert isinstance(events[-1], Ended)
    return events[-1]


@pytest.mark.parametrize("done", [0, 1, 4, BATCHES, 3 * BATCHES])
def test_a_run_dropped_after_any_batch_goes_on_to_the_same_bits(tmp_path: Path, done: int) -> None:
    first = begin(tmp_path)
    next(first)
    advance(first, done)
    first.close()
    second = again(tmp_path)
    events = list(second)
    assert last(events).reason == "completed"
    assert isinstance(events[0], Started)
    assert events[0].step <= done
    assert weights(second) == whole()
    assert bits(load(second.folder.checkpoints.path("last"))) == whole()


def test_every_earlier_checkpoint_leads_to_the_same_bits(tmp_path: Path) -> None:
    expected = weights_of_complete(tmp_path)
    for step, _ in RunStore(tmp_path).folder("everything").checkpoints.earlier():
        if step in {2, 8, 14}:
            second = again(tmp_path, checkpoint=step)
            assert next(second).step == step
            list(second)
            assert weights(second) == expected


def weights_of_complete(folder: Path) -> dict[str, bytes]:
    run = begin(folder)
    list(run)
    return weights(run)


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "adam", "learning_rate": 0.01, "schedule": "constant"},
        {"augment": "flip,crop:padding=1", "mixup": 0.2},
        {"early_stopping": "patience=1,improvement=0.9", "epochs": 6},
        {"schedule": "plateau", "freeze": ["conv1"]},
    ],
)
def test_every_kind_of_setting_goes_on_from_a_checkpoint(tmp_path: Path, settings: dict[str, Any]) -> None:
    run = begin(tmp_path, **settings)
    list(run)
    expected = weights(run)
    for step in (4, 8):
        second = again(tmp_path, checkpoint=step)
        list(second)
        assert weights(second) == expected == whole(**settings)


def test_changes_are_replayed_from_an_earlier_checkpoint(tmp_path: Path) -> None:
    run = begin(tmp_path)
    advance(run, 3)
    run.training.learning_rate = 0.2
    run.training.batch_size = 24
    advance(run, 4)
    run.training.change("frozen", ["conv1"])
    run.training.momentum = 0.5
    events = list(run)
    expected = weights(run)
    assert sum(isinstance(e, Changed) for e in events) == 2
    second = again(tmp_path, checkpoint=2)
    changes = {(e.step, e.setting) for e in second if isinstance(e, Changed)}
    assert changes == {(3, "learning_rate"), (BATCHES, "batch_size"), (7, "momentum"), (7, "frozen")}
    assert weights(second) == expected


def test_changes_are_replayed_even_after_a_second_interruption_before_them(tmp_path: Path) -> None:
    run = begin(tmp_path)
    advance(run, 7)
    run.training.learning_rate = 0.2
    list(run)
    expected = weights(run)
    second = again(tmp_path, checkpoint=2)
    advance(second, 2)
    second.close()
    third = again(tmp_path)
    list(third)
    assert weights(third) == expected


def test_without_replay_later_changes_are_left_out_for_good(tmp_path: Path) -> None:
    run = begin(tmp_path)
    advance(run, 7)
    run.training.learning_rate = 0.2
    list(run)
    second = again(tmp_path, checkpoint=4, replay=False)
    advance(second, 1)
    second.close()
    third = again(tmp_path)
    assert not any(isinstance(e, Changed) for e in third)
    assert weights(third) == whole()


def test_values_given_on_resuming_count_from_there_and_are_replayed_themselves(tmp_path: Path) -> None:
    run = begin(tmp_path)
    advance(run, 7)
    run.training.learning_rate = 0.2
    advance(run, 2)
    run.close()
    second = again(tmp_path, checkpoint=4, learning_rate=0.01)
    changes = [e for e in second if isinstance(e, Changed)]
    assert changes == [Changed(4, "learning_rate", 0.01)]
    third = again(tmp_path, checkpoint=2)
    list(third)
    assert weights(third) == weights(second)


def test_a_story_has_every_step_once_however_often_the_run_was_resumed(tmp_path: Path) -> None:
    for turn in range(4):
        run = again(tmp_path) if turn else begin(tmp_path)
        advance(run, 3)
        run.close()
    list(again(tmp_path))
    told = RunStore(tmp_path).folder("everything").story()
    assert [line["step"] for line in told if line["event"] == "batch"] == list(range(1, 3 * BATCHES + 1))
    assert [line["epoch"] for line in told if line["event"] == "epoch"] == [1, 2, 3]
    assert [line["event"] for line in told][-1] == "ended"


def test_a_complete_run_is_only_resumed_with_more_epochs(tmp_path: Path) -> None:
    list(begin(tmp_path))
    with pytest.raises(RunError, match="is complete; give more epochs"):
        again(tmp_path)
    longer = again(tmp_path, epochs=4)
    events = list(longer)
    assert last(events).epoch == 4
    assert RunStore(tmp_path).run("everything").epoch == 4
    told = next(event.message for event in events if isinstance(event, Warned))
    assert "“Cosine” is spread over the whole run: the 3 epochs that are done had the learning rates of a run" in told
    rate = next(event.learning_rate for event in events if isinstance(event, Batch))
    assert told.endswith(f"It goes on at {rate:.3g}.")
    assert weights(longer) != whole(epochs=4)


def test_a_run_whose_schedule_does_not_look_ahead_is_lengthened_to_the_bits_of_a_longer_one(tmp_path: Path) -> None:
    list(begin(tmp_path, schedule="constant"))
    longer = again(tmp_path, epochs=4)
    assert not [event for event in longer if isinstance(event, Warned)]
    assert weights(longer) == whole(epochs=4, schedule="constant")


@pytest.mark.parametrize(
    ("schedule", "exact"),
    [
        (Constant(), True), (Plateau(), False), (Plateau(warm_up=0), True), (Step(every=2), False),
        (Step(every=2, warm_up=3), True), (Step(), False), (Cosine(), False), (OneCycle(), False),
    ],
)  # fmt: skip
def test_whether_a_longer_run_has_the_rates_of_one_begun_so_long(schedule: Schedule, exact: bool) -> None:
    settings = Settings(epochs=4, batch_size=10, schedule=schedule)
    run = Lengthening(settings, Progress(epoch=4, step=40), 10)
    assert (run.why_not(9) == "") == exact
    assert run.why_not(4) == ""


def test_a_run_killed_before_it_could_say_that_it_ended_only_ends(tmp_path: Path) -> None:
    run = begin(tmp_path)
    list(run)
    path = run.folder.events_path
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    events = list(again(tmp_path))
    assert [type(e) for e in events] == [Started, Ended]
    assert RunStore(tmp_path).run("everything").status == "completed"


# ---- damage


def test_a_half_written_line_is_dropped(tmp_path: Path) -> None:
    run = begin(tmp_path)
    advance(run, 5)
    run.close()
    path = run.folder.events_path
    with open(path, "ab") as file:
        file.write(b'{"event": "batch", "step": 6, "lo')
    assert RunStore(tmp_path).run("everything").step == 5
    list(again(tmp_path))
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert lines[-1]["event"] == "ended"


def test_a_damaged_line_in_the_middle_is_left_out(tmp_path: Path) -> None:
    run = begin(tmp_path)
    list(run)
    path = run.folder.events_path
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = b"\x00" * (len(lines[3]) - 1) + b"\n"
    path.write_bytes(b"".join(lines))
    assert len(run.folder.lines()) == len(lines) - 1


def damaged(path: Path) -> None:
    """Cut a file in half where it stands, under all its names."""
    os.truncate(path, path.stat().st_size // 2)


def test_a_damaged_last_checkpoint_gives_way_to_the_one_before(tmp_path: Path) -> None:
    run = begin(tmp_path)
    advance(run, 9)
    run.close()
    damaged(run.folder.checkpoints.path("last"))
    second = again(tmp_path)
    events = list(second)
    assert isinstance(events[0], Started)
    assert events[0].step == 6
    assert any("damaged" in e.message and "goes on from previous" in e.message for e in events if isinstance(e, Warned))
    assert weights(second) == whole()


def test_without_any_checkpoint_a_run_of_fresh_weights_begins_anew(tmp_path: Path) -> None:
    run = begin(tmp_path)
    advance(run, 3)
    run.training.learning_rate = 0.02
    advance(run, 4)
    run.close()
    for path in run.folder.checkpoints.folder.iterdir():
        damaged(path)
    second = again(tmp_path)
    assert next(second).step == 0
    list(second)
    model = model_for(DATA)
    other = model.fit(DATA, **SETTINGS)
    for event in other:
        if getattr(event, "step", 0) == 3:
            other.learning_rate = 0.02
            break
    list(other)
    assert weights(second) == bits(model)


def test_a_run_of_given_weights_without_checkpoints_cannot_go_on(tmp_path: Path) -> None:
    model = model_for(DATA)
    model.weights["scores.bias"][...] = 1
    model.weights_changed()
    run = RunStore(tmp_path).start(model, DATA, **SETTINGS)
    run.close()
    for path in run.folder.checkpoints.folder.iterdir():
        path.unlink()
    with pytest.raises(RunError, match="No checkpoint of everything can be read"):
        again(tmp_path)


def test_what_a_crash_left_half_written_is_swept(tmp_path: Path) -> None:
    run = begin(tmp_path)
    advance(run, 3)
    run.close()
    litter = run.folder.checkpoints.folder / ".convscope-0123456789ab.part"
    litter.write_bytes(b"half")
    list(again(tmp_path))
    assert not litter.exists()


# ---- what cannot be


def test_other_images_are_refused(tmp_path: Path) -> None:
    begin(tmp_path).close()
    other = blobs(seed=1)
    with pytest.raises(RunError, match="begun on other images of blobs"):
        RunStore(tmp_path).resume("everything", dataset=other)
    with pytest.raises(RunError, match="data set of the run is not there"):
        RunStore(tmp_path).resume("everything")
    assert last(list(again(tmp_path))).reason == "completed"


def test_a_run_that_is_going_on_cannot_be_resumed_or_removed(tmp_path: Path) -> None:
    run = begin(tmp_path)
    advance(run, 1)
    store = RunStore(tmp_path)
    assert store.run("everything").status == "running"
    with pytest.raises(RunError, match="going on in another process"):
        again(tmp_path)
    with pytest.raises(RunError, match="going on in another process"):
        store.remove("everything")
    run.close()
    assert store.run("everything").status == "interrupted"


def test_illegal_settings_leave_no_run_behind(tmp_path: Path) -> None:
    with pytest.raises(TrainingError):
        begin(tmp_path, epochs=0)
    with pytest.raises(RunError, match="no filters in nobody"):
        begin(tmp_path, keeping=Keeping(layers=("nobody",)))
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    run = begin(tmp_path)
    advance(run, 3)
    run.close()
    with pytest.raises(RunError, match="no checkpoint 'step-000000077'; there are: last, previous, step-000000002"):
        again(tmp_path, checkpoint=77)


# ---- kill -9

CHILD = """
import sys
from convscope.engine.runs import RunStore
from tests.engine.run_cases import again, begin
folder, how = sys.argv[1:]
run = begin(folder, epochs=12) if how == "begin" else again(folder)
for event in run: pass
"""


def killed(folder: Path, how: str, size: int) -> None:
    """Let a process train until its log has this size, and kill it."""
    log = folder / "everything" / "events.jsonl"
    process = subprocess.Popen([sys.executable, "-c", CHILD, str(folder), how], cwd=Path(__file__).parents[2])
    while process.poll() is None and not (log.exists() and log.stat().st_size >= size):
        time.sleep(0.0005)
    process.send_signal(signal.SIGKILL)
    process.wait()


def survives(folder: Path, sizes: list[int]) -> None:
    for how, size in zip(["begin", *("again" for _ in sizes)], sizes):
        killed(folder, how, size)
    run = again(folder)
    assert last(list(run)).reason == "completed"
    assert weights(run) == whole(epochs=12)


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_a_run_that_is_killed_twice_ends_with_the_same_bits(tmp_path: Path) -> None:
    survives(tmp_path, [2500, 9000])


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
@pytest.mark.parametrize("turn", range(20))
def test_a_run_killed_at_twenty_moments_ends_with_the_same_bits(tmp_path: Path, turn: int) -> None:
    survives(tmp_path, sorted(np.random.default_rng(turn).integers(100, 14000, 2).tolist()))


def test_a_run_by_name_finds_its_data_again(tmp_path: Path) -> None:
    digits = load_dataset("digits")
    store = RunStore(tmp_path)
    run = store.start(model_for(digits), digits, epochs=1, keeping=EVERY_TWO, name="one")
    advance(run, 3)
    run.close()
    second = store.resume("one")
    assert next(second).step == 2
    second.close()
    assert Interval.parse("2 steps") == EVERY_TWO.checkpoints[0]

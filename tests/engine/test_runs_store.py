"""A store of runs: what it lists, finds, compares, keeps when the disk fails, and forgets."""

import dataclasses
import errno
import json
import os
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from convscope.engine import ConvscopeError, load
from convscope.engine.io import atomic
from convscope.engine.runs import Interval, Keeping, RunError, RunStore, default_folder, replay
from convscope.engine.runs.intervals import Clock
from convscope.engine.runs.keeping import FILM_BYTES, filmed
from convscope.engine.train import Batch, Ended, Epoch, Warned

from .run_cases import BATCHES, DATA, advance, begin, weights, whole
from .training_cases import bits, model_for, without_times


def two_runs(folder: Path) -> RunStore:
    list(begin(folder, name="slow", learning_rate=0.01, tags=("good",), notes="the first try"))
    list(begin(folder, name="fast", epochs=2))
    return RunStore(folder)


# ---- keeping


def test_a_run_that_is_kept_is_the_run_that_is_not(tmp_path: Path) -> None:
    model = model_for(DATA)
    plain = list(model.fit(DATA, epochs=3, batch_size=16, learning_rate=0.05))
    run = begin(tmp_path)
    events = list(run)
    assert without_times([dataclasses.replace(events[0], run=None), *events[1:]]) == without_times(plain)
    assert events[0].run == run.id == "everything"
    assert weights(run) == bits(model) == whole()


def test_who_hears_of_the_end_finds_the_run_ended(tmp_path: Path) -> None:
    found = [RunStore(tmp_path).run("everything").status for event in begin(tmp_path) if isinstance(event, Ended)]
    assert found == ["completed"]


def test_the_log_holds_every_event_but_the_tests_batches(tmp_path: Path) -> None:
    run = begin(tmp_path)
    events = [event.to_dict()["event"] for event in run]
    assert [line["event"] for line in run.folder.lines()] == [name for name in events if name != "evaluated"]


def test_last_best_and_earlier_checkpoints_are_models(tmp_path: Path) -> None:
    run = begin(tmp_path)
    epochs = [(event.test_accuracy, -event.test_loss, bits(run.training.model)) for event in run
              if isinstance(event, Epoch)]  # fmt: skip
    checkpoints = run.folder.checkpoints
    assert bits(load(checkpoints.path("last"))) == whole()
    assert bits(load(checkpoints.path("best"))) == max(epochs, key=lambda e: e[:2])[2]
    assert {2, 4, 6, 8, 10, 12, 14} <= {step for step, _ in checkpoints.earlier()}


@pytest.mark.parametrize(("earlier", "kept"), [(0, []), (2, [14, 12]), (None, [14, 12, 10, 8, 6, 4, 2])])
def test_of_the_earlier_checkpoints_the_newest_stay(tmp_path: Path, earlier: int | None, kept: list[int]) -> None:
    run = begin(tmp_path, keeping=Keeping((Interval(2, "steps"),), earlier=earlier))
    for event in run:
        if isinstance(event, Batch) and event.step == 14:
            break
    run.close()
    every_two = [step for step, _ in run.folder.checkpoints.earlier() if step % 2 == 0]
    assert every_two[: len(kept)] == kept
    assert earlier is None or len(run.folder.checkpoints.earlier()) <= earlier


def test_snapshots_are_the_filters_and_activations_of_their_step(tmp_path: Path) -> None:
    pinned = DATA.test_images[:2]
    keeping = Keeping(snapshots=(Interval(4, "steps"),), layers=("conv1",))
    run = begin(tmp_path, keeping=keeping, pinned=pinned)
    seen = {}
    for event in run:
        if isinstance(event, Batch) and event.step % 4 == 0:
            seen[event.step] = run.training.model.weights["conv1.weight"].copy()
    moments = RunStore(tmp_path).moments("everything")
    assert [moment.step for moment in moments] == [0, 4, 8, 12, 15]
    for moment in moments[1:4]:
        np.testing.assert_array_equal(moment.weights()["conv1"], seen[moment.step])
    model = run.training.model
    model.forward(model.prepare(pinned), keep=["conv1"])
    np.testing.assert_allclose(moments[-1].activations()["conv1"], model.activations["conv1"], rtol=1e-5, atol=1e-6)
    assert weights(run) == whole()


def test_intervals_are_read_as_people_write_them() -> None:
    assert str(Interval.parse("1 epoch")) == "1 epoch"
    assert Interval.parse("200steps") == Interval(200, "steps")
    assert Interval.parse("2.5 minutes").count == 2.5
    assert str(Interval.parse("1.25 times")) == "1.25 times"
    for wrong in ("often", "0 steps", "1.5 epochs", "3 days", "1 times"):
        with pytest.raises(RunError, match="no interval"):
            Interval.parse(wrong)


def test_moments_ever_further_apart_are_as_many_as_the_logarithm_of_the_steps() -> None:
    clock = Clock(Interval(2, "times"))
    due = [step for step in range(1, 1001) if clock.due(Batch(1, step, 1000, step, 0.0, 0.0, 0.1, 1.0))]
    assert due == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    for size, steps in ((250_000, 37_500), (5_000_000, 1_000_000), (400_000_000, 90)):
        found = filmed(Keeping(snapshot_bytes=1 << 20), size, steps)
        clock = Clock(*found.snapshots)
        taken = 2 + sum(clock.due(Batch(1, step, steps, step, 0.0, 0.0, 0.1, 1.0)) for step in range(1, steps + 1))
        assert taken * (size if found.whole else 1 << 20) <= FILM_BYTES
        assert found.whole == (size < 10_000_000)
        assert taken >= 10


def test_a_run_is_replayed_with_what_its_network_was_and_made_of_an_image(tmp_path: Path) -> None:
    run = begin(tmp_path, keeping=Keeping((), snapshots=(Interval(2, "times"),), whole=True))
    image, seen = DATA.test_images[0], {}
    first = run.training.model.weights["conv1.weight"].copy()
    for event in run:
        if isinstance(event, Batch) and event.step in (1, 8):
            model = run.training.model
            seen[event.step] = model.weights["conv1.weight"].copy(), model.probabilities(image[None])[0]
    found = {frame.step: frame for frame in replay.frames(run.folder, {7: image})}
    assert list(found) == [0, 1, 2, 4, 8, 10, 15]  # the best epoch's checkpoint is among them
    assert replay.reel(run.folder).steps == tuple(found)
    np.testing.assert_array_equal(found[0].weights["conv1.weight"], first)
    for step, (filters, chances) in seen.items():
        np.testing.assert_array_equal(found[step].weights["conv1.weight"], filters)
        np.testing.assert_allclose(found[step].probabilities[7], chances, rtol=1e-5)
        assert found[step].activations[7]["conv1"].shape[:2] == image.shape[:2]
    (run.folder.snapshots_path / "step-000000002.safetensors").write_bytes(b"damaged")
    assert [frame.step for frame in replay.frames(run.folder, {})] == [0, 1, 4, 8, 10, 15]


def test_a_run_without_snapshots_is_replayed_from_its_checkpoints(tmp_path: Path) -> None:
    run = begin(tmp_path, keeping=Keeping((Interval(5, "steps"),), earlier=None))
    for _ in run:
        pass
    assert [frame.step for frame in replay.frames(run.folder, {})] == [0, 5, 10, 15]


# ---- finding


def test_runs_are_listed_with_their_figures(tmp_path: Path) -> None:
    store = two_runs(tmp_path)
    runs = {run.name: run for run in store.runs()}
    assert set(runs) == {"slow", "fast"}
    slow = runs["slow"]
    assert (slow.status, slow.epoch, slow.step) == ("completed", 3, 3 * BATCHES)
    assert (slow.settings["learning_rate"], slow.settings["epochs"]) == (0.01, 3)
    assert (slow.tags, slow.notes, slow.dataset) == (("good",), "the first try", "blobs")
    assert slow.best_accuracy >= slow.figures["test_accuracy"]
    assert json.loads(json.dumps(slow.to_dict()))["id"] == "slow"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"slow", "fast"}),
        ("slow", {"slow"}),
        ("first", {"slow"}),
        ("'first try'", {"slow"}),
        ("everything blobs", {"slow", "fast"}),
        ("tag=good", {"slow"}),
        ("tag!=good", {"fast"}),
        ("tag:nothing", set()),
        ("learning_rate<0.02", {"slow"}),
        ("learning_rate=0.05 epochs>=2", {"fast"}),
        ("status=completed optimizer=SGD", {"slow", "fast"}),
        ("status=interrupted", set()),
        ("epochs!=2", {"slow"}),
        ("'; DROP TABLE runs; --'", set()),
    ],
)
def test_searching_finds_words_and_compares_values(store: RunStore, query: str, names: set[str]) -> None:
    assert {run.name for run in store.runs(query)} == names


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return two_runs(tmp_path_factory.mktemp("store"))


def test_a_search_that_makes_no_sense_says_what_does(store: RunStore) -> None:
    with pytest.raises(RunError, match="No run has 'sharpness'; what can be compared: .*learning_rate"):
        store.runs("sharpness=3")
    with pytest.raises(RunError, match="give a number"):
        store.runs("epochs>many")
    with pytest.raises(RunError, match="cannot be understood"):
        store.runs("'half")


def test_comparing_shows_what_differs_and_what_does_not(store: RunStore) -> None:
    found = store.compare(["slow", "fast"])
    assert found.differing == {"epochs": (3, 2), "learning_rate": (0.01, 0.05)}
    assert found.common["batch_size"] == 16
    assert [len(values) for values in found.curves["test_loss"]] == [3, 2]
    assert json.dumps(found.to_dict())


def test_a_run_is_found_by_id_name_and_the_beginning_of_its_id(tmp_path: Path) -> None:
    begin(tmp_path, name="Größe & Co").close()
    begin(tmp_path, name="baseline").close()
    begin(tmp_path, name="baseline").close()
    store = RunStore(tmp_path)
    assert store.folder("Größe & Co").id == "Gr-e-Co"
    assert store.folder("Gr").id == "Gr-e-Co"
    assert store.folder("baseline").id == "baseline"
    with pytest.raises(RunError, match="may be baseline, baseline-2"):
        store.folder("base")
    with pytest.raises(RunError, match="no run 'nobody'"):
        store.folder("nobody")
    with pytest.raises(RunError, match="no run '../other'"):
        store.folder("../other")


def test_tags_names_and_notes_change_and_are_found(tmp_path: Path) -> None:
    begin(tmp_path).close()
    store = RunStore(tmp_path)
    store.runs()
    assert store.tag("everything", "a", "b", "a").tags == ("a", "b")
    assert store.tag("everything", "a", remove=True).tags == ("b",)
    store.describe("everything", notes="looks odd", name="second")
    assert [run.id for run in store.runs("tag=b odd")] == ["everything"]
    assert store.run("second").tags == ("b",)


def test_a_removed_run_is_gone(tmp_path: Path) -> None:
    store = two_runs(tmp_path)
    assert store.remove("slow") == "slow"
    assert [run.name for run in store.runs()] == ["fast"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["fast"]


# ---- the index


@pytest.mark.parametrize("damage", ["missing", "garbage", "old", "cut"])
def test_the_index_is_made_anew_when_it_cannot_be_used(tmp_path: Path, damage: str) -> None:
    begin(tmp_path).close()
    store = RunStore(tmp_path)
    before = store.runs()
    index = tmp_path / "runs.sqlite"
    if damage == "missing":
        index.unlink()
    elif damage == "garbage":
        index.write_bytes(b"no database at all" * 500)
    elif damage == "cut":
        os.truncate(index, index.stat().st_size // 2)
    else:
        base = sqlite3.connect(index)
        base.execute("PRAGMA user_version = 99")
        base.close()
    assert store.runs() == before
    assert store.runs("blobs") == before


def test_without_a_folder_to_write_in_the_index_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(tmp_path).close()
    connect = sqlite3.connect

    def refuse(name: str, **options: float) -> sqlite3.Connection:
        if name != ":memory:":
            raise sqlite3.OperationalError("unable to open database file")
        return connect(name, **options)

    monkeypatch.setattr(sqlite3, "connect", refuse)
    assert len(RunStore(tmp_path).runs()) == 1


def test_a_run_whose_recipe_is_damaged_is_left_out_and_told(tmp_path: Path) -> None:
    store = two_runs(tmp_path)
    (tmp_path / "slow" / "run.json").write_text("{")
    assert [run.name for run in store.runs()] == ["fast"]
    assert "damaged" in store.faults[0]


def test_a_copied_run_is_a_run(tmp_path: Path) -> None:
    run = begin(tmp_path / "here")
    advance(run, 5)
    run.close()
    shutil.copytree(tmp_path / "here" / "everything", tmp_path / "there" / "moved")
    second = RunStore(tmp_path / "there").resume("moved", dataset=DATA)
    list(second)
    assert weights(second) == whole()


def test_no_store_is_an_empty_one(tmp_path: Path) -> None:
    assert RunStore(tmp_path / "nowhere").runs() == []
    assert not (tmp_path / "nowhere").exists()


def test_the_usual_place_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONVSCOPE_RUNS", str(tmp_path))
    assert RunStore().path == tmp_path
    monkeypatch.delenv("CONVSCOPE_RUNS")
    assert default_folder().parts[-2:] == ("convscope", "runs")


# ---- disks that fail


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_told_once_and_the_model_is_put_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = begin(tmp_path / "store")
    advance(run, 3)
    real = atomic._write_through
    inside = str(tmp_path / "store")

    def write(path: Path, content: bytes) -> None:
        full() if inside in str(path) else real(path, content)

    monkeypatch.setattr(atomic, "_write_through", write)
    events = list(run)
    told = [e.message for e in events if isinstance(e, Warned)]
    assert len(told) == 2
    assert "the disk is full" in told[0]
    assert "Training goes on" in told[0]
    assert isinstance(events[-1], Ended)
    assert events[-1].reason == "completed"
    assert weights(run) == whole()
    assert bits(load(tmp_path / "everything-rescued.safetensors")) == whole()
    monkeypatch.undo()
    second = RunStore(tmp_path / "store").resume("everything", dataset=DATA)
    assert next(second).step == 2
    list(second)
    assert bits(load(second.folder.checkpoints.path("last"))) == whole()


def test_a_log_that_cannot_be_written_is_written_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(tmp_path)
    advance(run, 3)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        events = [next(run) for _ in range(4)]
    assert sum(isinstance(e, Warned) and "events.jsonl" in e.message for e in events) == 1
    list(run)
    steps = [line["step"] for line in run.folder.story() if line["event"] == "batch"]
    assert steps == list(range(1, 3 * BATCHES + 1))


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConvscopeError, match="runs cannot be kept there"):
        RunStore(tmp_path / "file" / "store").start(model_for(DATA), DATA, epochs=1)


def test_a_checkpoint_that_cannot_be_written_at_the_start_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "_write_through", full)
    with pytest.raises(ConvscopeError, match="disk is full"):
        begin(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_diverged_run_keeps_its_last_good_checkpoint(tmp_path: Path) -> None:
    run = begin(tmp_path, keeping=Keeping((Interval(1, "epochs"),)))
    next(e for e in run if isinstance(e, Epoch))
    good = weights(run)
    run.training.model.weights["scores.weight"][...] = np.inf
    run.training.model.weights_changed()
    *_, ended = run
    assert (ended.reason, ended.layer) == ("error", "scores")
    assert bits(load(run.folder.checkpoints.path("last"))) == good
    assert RunStore(tmp_path).run("everything").status == "error"
    second = RunStore(tmp_path).resume("everything", dataset=DATA)
    list(second)
    assert weights(second) == whole()

"""`convscope train` that keeps its runs, and `convscope runs`."""

import json
from pathlib import Path

import pytest

from convscope.engine import Network, load
from convscope.engine import layers as L
from convscope.engine.io import atomic, save_network
from convscope.engine.runs import RunStore

from .test_cli_commands import Outcome, call, fails  # noqa: F401  (a fixture)
from .training_cases import bits


@pytest.fixture
def train(call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    """Train a small network on digits with a store of the test's own."""
    monkeypatch.setenv("CONVSCOPE_RUNS", str(tmp_path / "store"))
    net = Network((8, 8, 1), "small")
    net.add(L.Flatten())
    net.add(L.Dropout(0.2))
    net.add(L.Dense(10), "scores")
    save_network(net, tmp_path / "small.json")

    def run(*options: object) -> Outcome:
        return call("train", tmp_path / "small.json", "--data", "digits", "--epochs", 2, *options)

    return run


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "store")


def test_training_keeps_its_run_and_says_where(train, store: RunStore) -> None:
    outcome = train("--tag", "one", "--tag", "two")
    assert outcome.lines[-1].startswith("The run is kept as small; --out FILE")
    (run,) = store.runs()
    assert (run.id, run.status, run.tags, run.epoch) == ("small", "completed", ("one", "two"), 2)
    assert train("--run", "named", "--json").events()[0]["run"] == "named"


def test_no_run_keeps_nothing(train, store: RunStore) -> None:
    assert "was not kept" in train("--no-run").lines[-1]
    assert store.runs() == []


def test_a_store_that_cannot_be_written_stops_only_who_named_the_run(
    train, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.path.write_text("a file where the folder should be")
    outcome = train()
    assert outcome.status == 0
    assert "runs cannot be kept there" in outcome.errors[0]
    assert "The run is not kept" in outcome.errors[0]
    fails(train("--run", "mine"), "runs cannot be kept there")


def test_a_disk_that_fills_up_is_told_and_training_completes(train, monkeypatch: pytest.MonkeyPatch) -> None:
    real, done = atomic._write_through, []

    def full(path: Path, content: bytes) -> None:
        done.append(path)
        if len(done) > 3:  # the recipe, what is said of it, the first checkpoint
            raise OSError(28, "No space left on device")
        real(path, content)

    monkeypatch.setattr(atomic, "_write_through", full)
    outcome = train()
    assert outcome.status == 2
    assert "Completed 2 epochs" in outcome.out
    assert "the disk is full" in outcome.errors[0]
    assert "could not be kept anywhere else" in outcome.errors[-1]


def test_checkpoints_tables_and_event_files_are_written_as_asked(train, store: RunStore, tmp_path: Path) -> None:
    train("--checkpoint-every", "40 steps", "--keep-checkpoints", "all", "--snapshot-every", "1 epoch",
          "--csv", "f.csv", "--tensorboard", "board")  # fmt: skip
    assert {40, 80} <= {step for step, _ in store.folder("small").checkpoints.earlier()}
    assert (tmp_path / "f.csv").read_text().count("\n") == 3
    assert len(list((tmp_path / "board").iterdir())) == 1


def test_options_that_make_no_sense_are_refused(train, store: RunStore) -> None:
    fails(train("--checkpoint-every", "often"), "'often' is no interval")
    fails(train("--keep-checkpoints", "few"), "--keep-checkpoints is 'few'")
    assert store.runs() == []


def test_a_run_is_lengthened_by_its_name(train, call, store: RunStore) -> None:  # noqa: F811
    train("--run", "part", "--checkpoint-every", "10 steps", "--epochs", 1)
    folder = store.folder("part")
    resumed = call("runs", "resume", "part", "--epochs", 2, "--out", "m.safetensors")
    assert resumed.status == 0
    assert "resumed at epoch 2" in resumed.out
    assert bits(load("m.safetensors")) == bits(load(folder.checkpoints.path("last")))
    fails(call("runs", "resume", "part"), "is complete; give more epochs")


def test_runs_are_listed_shown_compared_tagged_noted_and_removed(train, call, store: RunStore) -> None:  # noqa: F811
    train("--run", "slow", "--lr", 0.001)
    train("--run", "fast", "--lr", 0.1, "--snapshot-every", "1 epoch")
    listed = call("runs", "list")
    assert [line.split()[0] for line in listed.lines[2:]] in (["fast", "slow"], ["slow", "fast"])
    assert "slow" not in call("runs", "list", "learning_rate>0.01").out
    assert [run["name"] for run in json.loads(call("runs", "list", "learning_rate>0.01", "--json").out)] == ["fast"]
    shown = call("runs", "show", "slow")
    assert "learning rate 0.001" in shown.out
    assert "last, previous, best" in shown.out
    document = json.loads(call("runs", "show", "fast", "--json").out)
    assert len(document["epochs"]) == 2
    assert "best" in document["checkpoints"]
    compared = call("runs", "compare", "slow", "fast")
    assert ["learning_rate", "0.001", "0.1"] in [line.split() for line in compared.lines]
    document = json.loads(call("runs", "compare", "slow", "fast", "--json").out)
    assert document["differing"]["learning_rate"] == [0.001, 0.1]
    assert call("runs", "tag", "slow", "dull").lines == ["Tags of slow: dull."]
    assert call("runs", "note", "slow", "--text", "too slow").status == 0
    assert call("runs", "note", "slow").lines == ["too slow"]
    assert call("runs", "list", "tag=dull", "too").lines[2].startswith("slow")
    assert call("runs", "remove", "slow", "fast", "--yes").status == 0
    assert store.runs() == []
    assert "No runs are kept" in call("runs", "list").out


def test_a_run_that_is_not_there_is_one_clear_line(call, train) -> None:  # noqa: F811
    for command in (["show", "gone"], ["resume", "gone"], ["tag", "gone", "x"], ["remove", "gone", "--yes"]):
        fails(call("runs", *command), "no run 'gone'")


def test_help_tells_of_the_commands(call) -> None:  # noqa: F811
    text = call("runs", "--help").out
    for command in ("list", "show", "compare", "tag", "note", "remove", "resume"):
        assert command in text

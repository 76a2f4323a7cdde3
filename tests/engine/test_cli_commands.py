"""The `convscope` command in this process: what it prints, where, and with which status."""

import errno
import importlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convscope.engine import DATASETS, Model, Network, load, load_dataset, save, zoo
from convscope.engine import layers as L
from convscope.engine.cli.main import convscope, main
from convscope.engine.io import atomic, load_training_state, save_network
from convscope.engine.train import RECIPES, Settings, evaluate
from convscope.engine.train.optimizer import Adam

from .training_cases import bits


class Outcome:
    """Status, lines of standard output, lines of standard error."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err
        self.lines, self.errors = out.splitlines(), err.splitlines()

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run the command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Outcome:
        status = main([str(a) for a in arguments])
        return Outcome(status, *capsys.readouterr())

    return run


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A network file that learns digits at their own size in no time."""
    net = Network((8, 8, 1), "small")
    net.add(L.Flatten())
    net.add(L.Dense(24))
    net.add(L.ReLU())
    net.add(L.Dropout(0.2))
    net.add(L.Dense(10), "scores")
    save_network(net, tmp_path / "small.json")
    return tmp_path / "small.json"


def fails(outcome: Outcome, *parts: str, status: int = 2) -> None:
    """One line on standard error that says all of this, nothing on standard output, and no traceback."""
    assert outcome.status == status
    assert outcome.out == ""
    assert len(outcome.errors) == 1
    assert "Traceback" not in outcome.err
    for part in parts:
        assert part in outcome.err


# ---- zoo, summary, doctor


def test_zoo_lists_every_architecture_with_its_costs(call) -> None:
    listed = {row["name"]: row for row in json.loads(call("zoo", "--json").out)}
    assert set(listed) == set(zoo.ARCHITECTURES)
    assert listed["lenet5"]["params"] == 61_706
    assert listed["lenet5"]["macs"] == 416_520
    text = call("zoo").out
    assert all(name in text for name in listed)
    assert "61,706" in text


def test_summary_gives_the_network_as_json(call) -> None:
    found = json.loads(call("summary", "lenet5", "--json").out)
    assert (found["name"], found["input"], found["params"], found["macs"]) == ("lenet5", [28, 28, 1], 61_706, 416_520)
    assert {"activation_bytes", "training_bytes"} <= set(found)
    fields = {
        "name",
        "type",
        "inputs",
        "output",
        "params",
        "macs",
        "activation_bytes",
        "receptive_field",
        "effective_stride",
    }
    assert all(fields <= set(layer) for layer in found["layers"])


@pytest.mark.parametrize("shape", ["32,32,3", "32x32x3", "32×32×3"])
def test_summary_takes_another_input_and_batch(call, shape: str) -> None:
    found = json.loads(call("summary", "lenet5", "--input", shape, "--batch", 7, "--json").out)
    assert found["input"] == [32, 32, 3]
    assert found["layers"][0]["output"] == [32, 32, 6]
    assert found["layers"][0]["activation_bytes"] == 7 * 32 * 32 * 6 * 4


def test_summary_reads_network_and_model_files(call, small: Path, tmp_path: Path) -> None:
    save(Model(zoo.build("lenet5")), tmp_path / "model.safetensors")
    assert json.loads(call("summary", small, "--json").out)["name"] == "small"
    assert json.loads(call("summary", tmp_path / "model.safetensors", "--json").out)["params"] == 61_706


def test_summary_prints_csv(call) -> None:
    lines = call("summary", "lenet5", "--csv").out.splitlines()
    assert lines[0].startswith("name,type,inputs,output,params,")
    assert [line.split(",")[0] for line in lines[1:]] == [*zoo.lenet5().nodes, "total"]


def test_summary_compares_two_networks(call, small: Path) -> None:
    text = call("summary", "lenet5", "--compare", small, "--batch", 2).out
    assert text.splitlines()[0].split() == ["lenet5", "small", "ratio"]
    found = json.loads(call("summary", small, "--compare", "lenet5", "--json").out)
    assert found["totals"]["params"]["second"] == 61_706
    assert call("summary", small, "--compare", "lenet5", "--csv").out.startswith("figure,small,lenet5,ratio\n")


def test_summary_folds_blocks_to_one_line(call, tmp_path: Path) -> None:
    layers = json.loads(call("summary", "resnet20_cifar", "--fold", "--json").out)["layers"]
    assert [layer["name"] for layer in layers[:5]] == ["conv1", "bn1", "relu1", "s1b1", "s1b2"]
    block = layers[3]
    assert (block["type"], block["inputs"], block["output"]) == ("Residual", ["relu1"], [32, 32, 16])
    assert (block["params"], block["macs"]) == (2 * (9 * 16 * 16 + 32), 2 * 9 * 16 * 16 * 32 * 32)
    assert layers[4]["inputs"] == ["s1b1"]
    net = zoo.googlenet_mini()
    for name in list(net.groups):
        net.ungroup(name)
    (tmp_path / "plain.json").write_text(net.to_json(), encoding="utf-8")
    assert "inc2a    Inception" in call("summary", tmp_path / "plain.json", "--fold").out
    assert "s3b3    Residual" in call("summary", "resnet20_cifar", "--fold").out


def test_summary_measures_every_layer(call, small: Path) -> None:
    found = json.loads(call("summary", small, "--measure", "--json").out)
    assert all(layer["forward_ms"] > 0 for layer in found["layers"] if layer["type"] != "Flatten")
    assert found["measured"]["training_ms"] > 0
    assert found["memory"]["training"]["workspace"] > 0
    assert "forward ms" in call("summary", small, "--measure").out


def test_summary_of_an_impossible_shape_names_layer_and_fix(call) -> None:
    fails(
        call("summary", "lenet5", "--input", "2,2,1", "--json"),
        "conv2 (Conv2D)",
        "does not fit input 1×1",
        "use kernel",
    )
    text = call("summary", "lenet5", "--input", "2,2,1")
    assert text.status == 2
    assert "?" in text.out


def test_doctor_reports_every_group(call) -> None:
    facts = json.loads(call("doctor", "--json").out)
    assert set(facts) == {"versions", "processor", "threads", "cuda", "desktop", "caches"}
    assert facts["versions"]["numba"]
    assert facts["threads"]["used"] >= 1
    assert facts["threads"]["layer"] in {"tbb", "omp", "workqueue"}
    assert facts["cuda"]["available"] == (facts["cuda"]["reason"] is None)
    assert facts["cuda"].keys() >= {"driver", "driver_cuda", "numba_cuda", "toolkit", "simulated"}
    assert facts["caches"]["compiled_kernels"] >= 1
    text = call("doctor").out
    for title in ("Versions", "Processor", "Threads", "CUDA", "Desktop", "Caches"):
        assert title in text.splitlines()


def test_doctor_survives_a_part_that_fails(call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such counter")

    monkeypatch.setattr("psutil.virtual_memory", broken)
    facts = json.loads(call("doctor", "--json").out)
    assert "no such counter" in facts["processor"]["reason"]
    assert facts["versions"]["numba"]


# ---- train and evaluate


def test_training_prints_events_and_keeps_the_model(call, small: Path) -> None:
    outcome = call("train", small, "--data", "digits", "--epochs", 2, "--out", "m.safetensors", "--json")
    events = outcome.events()
    assert outcome.status == 0
    assert outcome.err == ""
    assert [events[0]["event"], events[-1]["event"]] == ["started", "ended"]
    epochs = [e for e in events if e["event"] == "epoch"]
    assert [e["epoch"] for e in epochs] == [1, 2]
    wanted = {"epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "images_per_second"}
    assert wanted <= set(epochs[0])
    assert events[-1]["reason"] == "completed"
    assert events[-1]["test_accuracy"] == epochs[-1]["test_accuracy"]
    assert evaluate(load("m.safetensors"), load_dataset("digits")).top1 == epochs[-1]["test_accuracy"]


def test_the_same_seed_trains_the_same_bits(call, small: Path) -> None:
    for name in ("a", "b"):
        call("train", small, "--data", "digits", "--epochs", 2, "--seed", 3, "--out", f"{name}.safetensors")
    assert bits(load("a.safetensors")) == bits(load("b.safetensors"))


def test_every_option_reaches_the_run(call, small: Path) -> None:
    numbers = {"--epochs": 3, "--batch-size": 48, "--lr": 0.07, "--weight-decay": 0.001, "--mixup": 0.2, "--seed": 11}
    names = {"--schedule": "step:every=2", "--optimizer": "adam:beta1=0.8", "--early-stopping": "patience=2"}
    more = {"--loss": "cross-entropy:smoothing=0.1", "--augment": "flip", "--device": "cpu", "--init": "xavier"}
    options = [item for pair in {**numbers, **names, **more}.items() for item in pair]
    text = call("train", small, "--data", "digits", *options, "--out", "m.safetensors").out
    meta = load_training_state("m.safetensors")["meta"]
    settings = Settings(
        3, 48, Adam(0.07, 0.8, weight_decay=0.001), "step:every=2", 11, "cross-entropy:smoothing=0.1", 0.2, 2, "flip"
    )
    assert Settings.from_dict(meta["settings"]) == settings
    assert meta["model_seed"] == 11
    for part in ("adam, learning rate 0.07, beta 1 0.8", "step:every=2 schedule", "label smoothing 0.1", "mixup 0.2"):
        assert part in text


def test_a_recipe_is_followed_where_nothing_else_is_asked(call, small: Path) -> None:
    call(
        "train",
        small,
        "--data",
        "digits",
        "--recipe",
        "alexnet",
        "--epochs",
        1,
        "--augment",
        "",
        "--out",
        "m.safetensors",
    )
    settings = Settings.from_dict(load_training_state("m.safetensors")["meta"]["settings"])
    assert (settings.optimizer, settings.schedule) == (RECIPES["alexnet"].optimizer, RECIPES["alexnet"].schedule)
    assert (settings.epochs, settings.batch_size, settings.augment) == (1, 128, ())


def test_memory_for_training_follows_the_optimiser(call) -> None:
    sgd, adam = (
        json.loads(call("summary", "lenet5", "--optimizer", name, "--json").out)["training_bytes"]
        for name in ("sgd", "adam")
    )
    assert adam - sgd == pytest.approx(4 * 61_706, rel=1e-3)  # each array begins on a cache line
    fails(call("summary", "lenet5", "--optimizer", "adamm"), "did you mean 'adam'")


def test_a_learning_rate_is_suggested_for_people_and_programs(call, small: Path) -> None:
    command = ("lr-range", small, "--data", "digits", "--steps", 40)
    found = json.loads(call(*command, "--json").out)
    assert len(found["rates"]) == len(found["losses"]) <= 40
    assert f"try --lr {found['suggestion']:.2g}" in call(*command).out
    fails(call("lr-range", small, "--data", "digits", "--steps", 3), "3 steps are asked for")


def test_what_a_run_can_be_made_of_is_listed(call) -> None:
    listed = json.loads(call("recipes", "--json").out)
    assert [recipe["name"] for recipe in listed["recipes"]] == list(RECIPES)
    adam = next(kind for kind in listed["optimizers"] if kind["name"] == "adam")
    assert {"name", "default", "minimum", "help"} <= set(adam["parameters"][0])
    text = call("recipes").out
    for part in ("resnet-cifar", "crop:padding=4,flip", "beta1=0.9", "one-cycle", "smooth-l1", "gaussian"):
        assert part in text


def test_the_file_of_a_run_that_stopped_early_holds_its_best_epoch(call, small: Path) -> None:
    options = ("--epochs", 30, "--lr", 0.3, "--early-stopping", "patience=1,improvement=0.5", "--out", "m.safetensors")
    outcome = call("train", small, "--data", "digits", *options, "--json")
    epochs, ended = [e for e in outcome.events() if e["event"] == "epoch"], outcome.events()[-1]
    assert ended["epoch"] == len(epochs) - 1 < 29
    assert evaluate(load("m.safetensors"), load_dataset("digits")).top1 == epochs[-2]["test_accuracy"]


def test_a_resumed_run_ends_with_the_bits_of_an_unbroken_one(
    call, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = ("--data", "digits", "--seed", 5)
    call("train", small, *common, "--epochs", 4, "--out", "whole.safetensors")
    session = importlib.import_module("convscope.engine.cli.session")
    kept = session.TextReport.show

    def stop_soon(report: Any, event: Any) -> None:
        kept(report, event)
        if getattr(event, "step", 0) == 60 and type(event).__name__ == "Batch":
            report._run.cancel()

    with monkeypatch.context() as patch:
        patch.setattr(session.TextReport, "show", stop_soon)
        stopped = call("train", small, *common, "--epochs", 4, "--out", "part.safetensors")
    assert "Stopped on request" in stopped.out
    assert "--resume part.safetensors" in stopped.out
    assert load_training_state("part.safetensors")["meta"]["progress"]["step"] == 60
    rest = call(
        "train", small, "--data", "digits", "--resume", "part.safetensors", "--out", "rest.safetensors", "--json"
    )
    assert rest.events()[0]["epoch"] == 1
    assert bits(load("rest.safetensors")) == bits(load("whole.safetensors"))


def test_a_finished_run_is_lengthened_without_naming_the_network(call, small: Path) -> None:
    call("train", small, "--data", "digits", "--epochs", 1, "--out", "m.safetensors")
    longer = call("train", "--data", "digits", "--resume", "m.safetensors", "--epochs", 2, "--json")
    assert [e["epoch"] for e in longer.events() if e["event"] == "epoch"] == [2]


def test_a_trained_model_can_be_trained_further(call, small: Path) -> None:
    call("train", small, "--data", "digits", "--epochs", 5, "--out", "m.safetensors")
    again = call("train", "m.safetensors", "--data", "digits", "--epochs", 1, "--lr", 0.001, "--json")
    assert next(e for e in again.events() if e["event"] == "batch")["loss"] < 1.0


def test_people_see_aligned_figures_and_no_bar_in_a_pipe(call, small: Path) -> None:
    outcome = call("train", small, "--data", "digits", "--epochs", 2)
    rows = [line for line in outcome.lines if line.strip().startswith(("1/2", "2/2"))]
    head = next(line for line in outcome.lines if "train loss" in line)
    assert len(rows) == 2
    assert {len(row) for row in rows} == {len(head)}
    assert "\x1b" not in outcome.out
    assert "Completed 2 epochs. Test accuracy" in outcome.out
    assert "--out" in outcome.lines[-1]


def test_evaluation_prints_figures_for_people_and_programs(call, small: Path) -> None:
    call("train", small, "--data", "digits", "--epochs", 3, "--out", "m.safetensors")
    found = json.loads(call("evaluate", "m.safetensors", "--data", "digits", "--json").out)
    expected = evaluate(load("m.safetensors"), load_dataset("digits"))
    assert found == expected.to_dict()
    text = call("evaluate", "m.safetensors", "--data", "digits").out
    assert f"{100 * expected.top1:.2f} %" in text
    assert "taken for" in text


def test_evaluation_over_crops_says_so(call, small: Path) -> None:
    call("train", small, "--data", "digits", "--epochs", 1, "--augment", "crop:padding=1", "--out", "m.safetensors")
    expected = evaluate(load("m.safetensors"), load_dataset("digits"), crops=10, scales=5)
    found = call("evaluate", "m.safetensors", "--data", "digits", "--crops", 10, "--scales", 5, "--json").out
    assert json.loads(found) == expected.to_dict()
    assert expected.views == 50
    text = call("evaluate", "m.safetensors", "--data", "digits", "--crops", 10, "--scales", 5).out
    assert "50 crops of each averaged" in text


def test_evaluating_on_other_classes_is_warned_of(call, tmp_path: Path) -> None:
    save(Model(zoo.build("lenet5"), classes=[f"animal {i}" for i in range(10)]), tmp_path / "m.safetensors")
    outcome = call("evaluate", "m.safetensors", "--data", "digits", "--json")
    assert outcome.status == 0
    assert "was not trained on digits" in outcome.err


def test_help_names_every_data_set(call) -> None:
    for command in ("train", "evaluate"):
        text = " ".join(call(command, "--help").out.split())
        assert ", ".join(DATASETS) in text


def test_help_says_the_default_recipe(call) -> None:
    train = importlib.import_module("convscope.engine.train")
    text = " ".join(call("train", "--help").out.split())
    sgd = train.SGD()
    for value in (sgd.learning_rate, sgd.momentum, sgd.weight_decay):
        assert f"[default: {value:g}]" in text


# ---- bad input


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["train", "lenet", "--data", "digits"], ["no architecture 'lenet'", "did you mean lenet5"]),
        (["train", "lenet5", "--data", "digitz"], ["no dataset 'digitz'", "did you mean 'digits'"]),
        (["train", "lenet5"], ["Missing option '--data'"]),
        (["train", "--data", "digits"], ["Name what to train"]),
        (["train", "lenet5", "--data", "mnist", "--data-dir", "nowhere"], ["nowhere"]),
        (["train", "lenet5", "--data", "digits", "--device", "cuda"], ["cuda is not available", "use device cpu"]),
        (["train", "lenet5", "--data", "digits", "--device", "tpu"], ["'tpu' is not one of"]),
        (["train", "lenet5", "--data", "digits", "--optimizer", "adma"], ["no optimiser 'adma', did you mean 'adam'"]),
        (["train", "lenet5", "--data", "digits", "--schedule", "up"], ["no schedule 'up'", "cosine"]),
        (
            ["train", "lenet5", "--data", "digits", "--epochs", "0", "--lr", "-1", "--batch-size", "0"],
            ["epochs is 0", "learning rate", "batch size is 0"],
        ),
        (["train", "lenet5", "--data", "digits", "--seed", "-2"], ["-2 is not in the range"]),
        (["train", "lenet5", "--data", "digits", "--epochs", "many"], ["'many' is not a valid integer"]),
        (["train", "lenet5", "--data", "digits", "--lr", "nan"], ["learning rate"]),
        (["train", "lenet5", "--data", "digits", "--epoch", "3"], ["No such option '--epoch'", "--epochs"]),
        (["train", "lenet5", "--data", "digits", "--out", "no/folder/m.safetensors"], ["there is no folder"]),
        (["train", "lenet5", "--data", "digits", "--out", "."], ["is a folder"]),
        (["train", "gone.json", "--data", "digits"], ["gone.json: there is no such file"]),
        (["train", "lenet5", "--data", "digits", "--resume", "gone.safetensors"], ["there is no such file"]),
        (["evaluate", "gone.safetensors", "--data", "digits"], ["there is no such file"]),
        (["summary", "lenet6"], ["no architecture 'lenet6'"]),
        (["summary", "lenet5", "--input", "28,28"], ["'28,28' is not a shape"]),
        (["summary", "lenet5", "--input", "0,28,1"], ["is not a shape"]),
        (["summary", "lenet5", "--advice", "--compare", "vgg_mini"], ["leave out --compare and --csv"]),
        (["summary", "lenet5", "--compare", "lenet6"], ["no architecture 'lenet6'"]),
        (["summary", "lenet5", "--input", "2,2,1", "--csv", "--measure"], ["kernel 5×5 does not fit"]),
        (["summary", "lenet5", "--batch", "0"], ["0 is not in the range"]),
        (["trian"], ["No such command 'trian'", "train"]),
        (["gone.safetensors"], ["there is no such file"]),
    ],
)
def test_bad_input_is_one_clear_line(call, arguments: list[str], parts: list[str]) -> None:
    fails(call(*arguments), *parts)


def test_a_network_that_does_not_fit_the_images_names_everything(call, tmp_path: Path) -> None:
    net = Network((8, 8, 3), "wrong")
    net.add(L.Flatten())
    net.add(L.Dense(7), "scores")
    save_network(net, tmp_path / "wrong.json")
    fails(call("train", "wrong.json", "--data", "digits"), "3 channels", "7 scores and digits has 10 classes")


def test_an_unfinished_network_names_its_problems(call, tmp_path: Path) -> None:
    net = Network((8, 8, 1), "unfinished")
    net.add(L.Conv2D(4, 9, padding="valid"), "big")
    save_network(net, tmp_path / "unfinished.json")
    fails(call("train", "unfinished.json", "--data", "digits"), "big (Conv2D)", "kernel 9×9 does not fit input 8×8")


@pytest.mark.parametrize("keep", [0, 40, 3000])
def test_a_truncated_model_is_refused(call, tmp_path: Path, keep: int) -> None:
    save(Model(zoo.build("lenet5")), tmp_path / "m.safetensors")
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes((tmp_path / "m.safetensors").read_bytes()[:keep])
    for arguments in (["evaluate", cut], ["train", cut], ["train", "--resume", cut]):
        fails(call(*arguments, "--data", "digits"), "cut.safetensors")


def test_a_model_without_training_state_cannot_be_resumed(call, tmp_path: Path) -> None:
    save(Model(zoo.build("lenet5")), tmp_path / "m.safetensors")
    fails(call("train", "--data", "digits", "--resume", "m.safetensors"), "no training to go on with")


def test_resuming_under_another_architecture_is_refused(call, small: Path) -> None:
    call("train", small, "--data", "digits", "--epochs", 1, "--out", "m.safetensors")
    fails(
        call("train", "lenet5", "--data", "digits", "--resume", "m.safetensors", "--epochs", 2),
        "another network than lenet5",
    )


def test_divergence_is_told_with_its_remedy(call, small: Path) -> None:
    outcome = call("train", small, "--data", "digits", "--epochs", 5, "--lr", 900, "--schedule", "constant", "--json")
    last = outcome.events()[-1]
    assert outcome.status == 1
    assert (last["event"], last["reason"]) == ("ended", "error")
    assert len(outcome.errors) == 1
    assert "use a lower learning rate" in outcome.err


# ---- disks, surprises, the desktop


def test_a_folder_that_cannot_be_written_is_found_before_training(
    call, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    fails(call("train", small, "--data", "digits", "--out", "m.safetensors"), "m.safetensors", "Permission denied")


def test_a_disk_without_room_is_found_before_training(call, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 100}))
    fails(call("train", small, "--data", "digits", "--out", "m.safetensors"), "100 B are free", "free some space")


def test_a_disk_that_fills_up_loses_nothing(call, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file stays, training goes on, and the model ends up in another place that is named."""
    target = tmp_path / "full" / "m.safetensors"
    target.parent.mkdir()
    target.write_bytes(b"precious")
    written = atomic._write_through

    def full_there(path: Path, content: bytes) -> None:
        if path.parent == target.parent:
            raise OSError(errno.ENOSPC, "No space left on device")
        written(path, content)

    monkeypatch.setattr(atomic, "_write_through", full_there)
    outcome = call("train", small, "--data", "digits", "--epochs", 2, "--out", target, "--json")
    events = outcome.events()
    assert outcome.status == 2
    assert target.read_bytes() == b"precious"
    assert sum(e["event"] == "warned" and "disk is full" in e["message"] for e in events) == 1
    assert events[-1]["reason"] == "completed"
    assert len(outcome.errors) == 1
    rescued = tmp_path / "m-rescued.safetensors"
    assert str(rescued) in outcome.err
    assert evaluate(load(rescued), load_dataset("digits")).top1 == events[-1]["test_accuracy"]


def test_a_disk_with_room_again_is_used_at_the_next_epoch(call, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written, attempts = atomic._write_through, []

    def full_once(path: Path, content: bytes) -> None:
        attempts.append(path)
        if len(attempts) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        written(path, content)

    monkeypatch.setattr(atomic, "_write_through", full_once)
    outcome = call("train", small, "--data", "digits", "--epochs", 2, "--out", "m.safetensors")
    assert outcome.status == 0
    assert load_training_state("m.safetensors")["meta"]["progress"]["epoch"] == 2


def test_a_reader_that_goes_away_stops_the_run_and_keeps_the_model(
    call, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = importlib.import_module("convscope.engine.cli.output")
    report = importlib.import_module("convscope.engine.cli.report")
    seen: list[Any] = []

    def gone(document: Any) -> None:
        seen.append(document)
        if len(seen) == 10:
            raise output.PipeClosed

    monkeypatch.setattr(report, "emit", gone)
    monkeypatch.setattr(importlib.import_module("convscope.engine.cli.main"), "silence_stdout", lambda: None)
    assert call("train", small, "--data", "digits", "--out", "m.safetensors", "--json").status == 141
    assert load_training_state("m.safetensors")["meta"]["progress"]["step"] == 9


def test_a_surprise_is_one_line_and_a_traceback_only_on_request(call, monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ouch\nsecond line")

    monkeypatch.setattr("convscope.engine.zoo.ARCHITECTURES", {"odd": type("Odd", (), {"build": surprise})()})
    monkeypatch.delenv("CONVSCOPE_DEBUG", raising=False)
    fails(call("zoo"), "internal error", "ouch second line", "CONVSCOPE_DEBUG=1", status=1)
    monkeypatch.setenv("CONVSCOPE_DEBUG", "1")
    assert "Traceback" in call("zoo").err


def test_a_failure_inside_a_run_is_a_surprise_too(call, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def surprise(*_: object) -> None:
        raise RuntimeError("cosmic ray")

    monkeypatch.setattr("convscope.engine.train.step.Stepper.begin", surprise)
    outcome = call("train", small, "--data", "digits", "--json")
    assert outcome.status == 1
    assert outcome.events()[-1]["reason"] == "error"
    assert "internal error" in outcome.err


@pytest.mark.parametrize("named", [False, True])
def test_the_desktop_opens_without_arguments_or_on_a_file(
    call, small: Path, named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[list[str]] = []
    desktop = importlib.import_module("convscope.engine.cli.desktop")
    stand_in = type("App", (), {"main": staticmethod(lambda argv: opened.append(argv) or 0)})
    monkeypatch.setattr(desktop, "no_screen", lambda: None)
    monkeypatch.setattr(desktop.importlib, "import_module", lambda name: {"convscope.gui.app": stand_in}[name])
    assert call(*([small] if named else [])).status == 0
    assert opened == [[str(small)] if named else []]


def test_a_desktop_without_a_screen_or_libraries_says_so(call, monkeypatch: pytest.MonkeyPatch) -> None:
    desktop = importlib.import_module("convscope.engine.cli.desktop")
    monkeypatch.setattr(desktop, "no_screen", lambda: "there is no screen")
    fails(call(), "there is no screen", "--help")

    def no_library(name: str) -> None:
        raise ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")

    monkeypatch.setattr(desktop, "no_screen", lambda: None)
    monkeypatch.setattr(desktop.importlib, "import_module", no_library)
    fails(call(), "libEGL.so.1", "apt install")


def test_version_and_help_end_well(call) -> None:
    assert call("--version").out.startswith("convscope, version ")
    text = call("--help").out
    assert all(command in text for command in convscope.commands)


def test_arrays_of_a_checkpoint_belong_to_its_step(call, small: Path) -> None:
    call("train", small, "--data", "digits", "--epochs", 1, "--out", "m.safetensors")
    state, model = load_training_state("m.safetensors"), load("m.safetensors")
    assert state["arrays"]["velocity"].shape == model.flat_weights.shape
    assert np.abs(state["arrays"]["velocity"]).max() > 0
    assert set(os.listdir()) == {"m.safetensors", "small.json"}

"""convscope transfer, features, boxes and frozen layers, in process on small sets."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from convscope.engine import Network, load
from convscope.engine import layers as L
from convscope.engine.cli.main import main
from convscope.engine.train.localisation import box_node
from convscope.engine.train.transfer import ADVICE

SHAPES = "shapes:size=12,count=60,test=20,classes=3"


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run the command in an empty folder; its status, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONVSCOPE_RUNS", str(tmp_path / "runs"))

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def net(tmp_path: Path) -> Path:
    network = Network((12, 12, 3), "small")
    network.add(L.Conv2D(4, 3, padding=1), "conv")
    network.add(L.ReLU(), "relu")
    network.add(L.MaxPool2D(4), "pool")
    network.add(L.Flatten(), "flat")
    network.add(L.Dense(3), "scores")
    path = tmp_path / "net.json"
    path.write_text(network.to_json())
    return path


def trained(call, net: Path, *options: object) -> Path:
    status, _, err = call("train", net, "--data", SHAPES, "--epochs", 1, "--out", "m.safetensors", *options)
    assert status == 0, err
    return Path("m.safetensors")


def test_transfer_puts_a_head_on_and_leaves_the_old_layers(call, net: Path) -> None:
    old = load(trained(call, net))
    new_data = "shapes:size=12,count=40,test=10,classes=2"
    status, out, err = call("transfer", "m.safetensors", "--data", new_data, "--epochs", 1, "--out", "n.safetensors")
    assert status == 0, err
    assert "parameters learn; frozen: conv" in out
    new = load("n.safetensors")
    assert new.frozen == ("conv",)
    assert len(new.classes) == 2
    np.testing.assert_array_equal(new.weights["conv.weight"], old.weights["conv.weight"])


def test_advice_needs_no_model_and_names_every_case(call) -> None:
    status, out, _ = call("transfer", "--advice")
    assert status == 0
    assert all(case.what in out for case in ADVICE)
    found = json.loads(call("transfer", "--advice", "--json")[1])
    assert [case["freeze"] for case in found["advice"]] == [case.freeze for case in ADVICE]
    status, _, err = call("transfer")
    assert status == 2
    assert "Name the FILE" in err


def test_training_freezes_by_number_or_name(call, net: Path) -> None:
    assert load(trained(call, net, "--freeze", 1)).frozen == ("conv",)
    assert load(trained(call, net, "--freeze", "scores")).frozen == ("scores",)
    status, _, err = call("train", net, "--data", SHAPES, "--freeze", "relu")
    assert status == 2
    assert "relu (ReLU) has no weights" in err


def test_a_box_is_added_trained_and_measured(call, net: Path) -> None:
    trained(call, net, "--boxes", "--box-per-class")
    model = load("m.safetensors")
    assert box_node(model.network) == "box"
    assert model.network.shapes()["box"] == (12,)
    found = json.loads(call("evaluate", "m.safetensors", "--data", SHAPES, "--json")[1])
    assert set(found["boxes"]) == {"images", "iou", "found", "top1", "located"}
    assert "overlap" in call("evaluate", "m.safetensors", "--data", SHAPES)[1]


def test_a_box_trained_alone_leaves_the_classifier_as_it_is(call, net: Path) -> None:
    old = load(trained(call, net))
    options = ("--epochs", 1, "--boxes", "alone", "--out", "b.safetensors")
    status, out, err = call("train", "m.safetensors", "--data", SHAPES, *options)
    assert status == 0, err
    assert "located" in out
    new = load("b.safetensors")
    assert new.frozen == ("conv", "scores")
    for name, array in old.weights.items():
        np.testing.assert_array_equal(new.weights[name], array)


def test_features_are_classified_and_written(call, net: Path) -> None:
    trained(call, net)
    status, out, err = call("features", "m.safetensors", "--data", SHAPES, "--json")
    assert status == 0, err
    assert [row["layer"] for row in json.loads(out)["layers"]] == ["relu", "pool"]
    options = ("--layer", "pool", "--classifier", "svm", "--npz", "f.npz")
    status, out, err = call("features", "m.safetensors", "--data", SHAPES, *options)
    assert status == 0, err
    assert "svm classifier" in out
    with np.load("f.npz") as arrays:
        assert arrays["train_features"].shape == (60, 100)
        assert arrays["test_labels"].shape == (20,)
    status, _, err = call("features", "m.safetensors", "--data", SHAPES, "--npz", "g.npz")
    assert status == 2
    assert "name it with --layer" in err


def test_several_models_are_evaluated_together(call, net: Path) -> None:
    trained(call, net)
    call("train", net, "--data", SHAPES, "--epochs", 1, "--seed", 1, "--out", "o.safetensors")
    found = json.loads(
        call("evaluate", "m.safetensors", "o.safetensors", "--data", SHAPES, "--hardest", 2, "--json")[1]
    )
    assert found["network"] == "small + small"
    assert len(found["hardest"]) == 2


def test_old_layers_learn_at_a_gentle_rate_unless_another_is_asked_for(call, net: Path) -> None:
    trained(call, net)
    for options, rate in ((("--freeze", "none"), 0.01), (("--freeze", "none", "--lr", 0.2), 0.2), ((), 0.03)):
        out = call("transfer", "m.safetensors", "--data", SHAPES, "--epochs", 1, "--json", *options)[1]
        assert json.loads(out.splitlines()[0])["learning_rate"] == rate

"""The networks that come trained: files are whole, as good as is said, and made by the recipe that is written down."""

import json
import re

import pytest

from convscope.assets.models import make
from convscope.engine import ConvscopeError, Model, evaluate, load, load_dataset, trained, zoo
from convscope.engine.cli.main import main
from convscope.engine.io import load_training_state
from convscope.engine.train import Settings
from convscope.engine.train.localisation import box_node
from convscope.engine.train.localisation_figures import evaluate_boxes

ALL = tuple(trained.TRAINED.values())
KINDS = pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
LARGEST = 1_500_000  # bytes


def cheap(data: str) -> str:
    """The same test images beside as few training images as there can be: neither depends on the other."""
    return re.sub(r"count=\d+", "count=10", data)


@KINDS
def test_the_file_is_small_and_what_it_says_of_itself_agrees(one):
    assert one.path.stat().st_size < LARGEST
    model = trained.load(one.name)
    assert model.network == one.network()
    assert model.network.name == one.name
    dataset = load_dataset(cheap(one.data))
    assert model.classes == dataset.classes
    assert model.preprocessing.mean == dataset.preprocessing.mean


@KINDS
def test_it_is_as_good_on_its_test_images_as_is_said(one):
    model, dataset = trained.load(one.name), load_dataset(cheap(one.data))
    if one.located is None:
        assert evaluate(model, dataset).top1 == pytest.approx(one.accuracy, abs=0.002)
    else:
        found = evaluate_boxes(model, dataset)
        assert (found.top1, found.located) == pytest.approx((one.accuracy, one.located), abs=0.002)


@KINDS
def test_it_was_made_by_the_recipe_that_is_written_down(one):
    run = make.run_of(one.name, cheap(one.data))
    meta = load_training_state(one.path)["meta"]
    assert run.settings == Settings.from_dict(meta["settings"])
    assert run.model.network == one.network()
    assert run.model.seed == meta["model_seed"] == trained.load(one.name).seed
    assert meta["progress"]["epoch"] == run.settings.epochs
    assert meta["progress"]["last"]["test_accuracy"] == pytest.approx(one.accuracy, abs=0.002)
    if "count=" in one.data:
        assert f"count={meta['train_images']}," in one.data
    assert (box_node(run.model.network) is None) == (one.located is None)


def test_every_one_has_a_recipe_and_no_architecture_has_its_name():
    assert set(make.MAKINGS) == set(trained.TRAINED) == {path.stem for path in trained.FOLDER.glob("*.safetensors")}
    assert not set(trained.TRAINED) & set(zoo.ARCHITECTURES)


def test_a_name_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(ConvscopeError, match="did you mean resnet8_shapes"):
        trained.load("resnet_shapes")
    with pytest.raises(ConvscopeError, match="use lenet5_digits, resnet8_shapes"):
        trained.find("?")


def test_files_of_the_program_are_told_from_others(tmp_path):
    assert all(trained.is_own(one.path) for one in ALL)
    assert not trained.is_own(tmp_path / ALL[0].path.name)


def test_its_training_cannot_be_resumed_and_says_so(capsys):
    given = ["train", "--data", "digits", "--resume", str(trained.TRAINED["lenet5_digits"].path), "--no-run"]
    assert main(given) == 2
    assert "Traceback" not in capsys.readouterr().err


# ---- by name in the shell


def test_zoo_lists_them_with_figures_and_sizes(capsys):
    assert main(["zoo", "--trained", "--json"]) == 0
    listed = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert list(listed) == list(trained.TRAINED)
    assert all(row["bytes"] == trained.TRAINED[name].path.stat().st_size for name, row in listed.items())
    assert main(["zoo", "--trained"]) == 0
    told = capsys.readouterr().out
    assert all(one.name in told and one.summary in told for one in ALL)


def test_names_stand_for_files_in_every_command_that_takes_one(capsys, tmp_path):
    name = "lenet5_digits"
    assert main(["summary", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == name
    assert main(["evaluate", name, "--data", "digits", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["top1"] == pytest.approx(trained.TRAINED[name].accuracy, abs=0.002)
    assert main(["explain", "weights", name, "--raw", str(tmp_path / "filters.png")]) == 0
    assert "no trained weights" not in capsys.readouterr().err


def test_a_loaded_one_is_the_model_of_its_file():
    own: Model = trained.load("lenet5_digits")
    read = load(trained.TRAINED["lenet5_digits"].path)
    assert all((own.weights[name] == read.weights[name]).all() for name in read.weights)

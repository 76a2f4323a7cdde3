"""The command `explain`: its lists from the declarations, its files, its errors."""

import json

import numpy as np
import pytest
from PIL import Image

from convscope.engine import Model, explain, load, load_dataset, save, zoo
from convscope.engine.cli.main import main


@pytest.fixture
def files(tmp_path):
    """A model file and a picture that is not of its size, in colour."""
    model = Model(zoo.lenet5(), seed=3)
    save(model, tmp_path / "lenet.safetensors")
    pixels = np.random.default_rng(0).integers(0, 256, (40, 31, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    return tmp_path


def told(capsys):
    return capsys.readouterr()


def test_methods_and_their_parameters_are_listed_from_the_declarations(capsys):
    assert main(["explain"]) == 0
    listed = told(capsys).out
    assert all(name in listed for name in explain.METHODS)
    assert main(["explain", "occlusion", "--json"]) == 0
    described = json.loads(told(capsys).out)
    assert [p["name"] for p in described["parameters"]] == list(explain.METHODS["occlusion"].params())
    assert main(["explain", "guided_backprop"]) == 0
    assert "Adebayo" in told(capsys).out


def test_a_picture_is_explained_into_the_files_asked_for(files, capsys):
    out, raw, npy, meta = (files / name for name in ("o.png", "r.png", "a.npy", "m.json"))
    given = ["--image", str(files / "picture.png"), "--set", "patch=7", "--set", "stride=7", "--target", "4"]
    wanted = ["--out", str(out), "--raw", str(raw), "--npy", str(npy), "--meta", str(meta), "--json"]
    assert main(["explain", "occlusion", str(files / "lenet.safetensors"), *given, *wanted]) == 0
    printed = json.loads(told(capsys).out)
    assert printed == json.loads(meta.read_text())
    assert printed["config"]["patch"] == 7
    assert printed["config"]["target"] == 4
    assert Image.open(out).size == Image.open(raw).size == (28, 28)
    assert np.load(npy).shape == (28, 28)


def test_a_unit_of_a_layer_can_be_asked_for(files, capsys):
    given = ["--image", str(files / "picture.png"), "--layer", "relu2", "--unit", "2,3,5", "--json"]
    assert main(["explain", "deconvnet", str(files / "lenet.safetensors"), *given]) == 0
    scores = json.loads(told(capsys).out)["scores"]
    assert (scores["node"], scores["positions"], scores["channels"]) == ("relu2", [[2, 3]], [5])


def test_a_sequence_becomes_a_film_guided_by_a_second_picture(files):
    picture = str(files / "picture.png")
    given = ["--image", picture, "--second-image", picture, "--layer", "conv2", "--set", "frames=2,iterations=1"]
    assert main(["explain", "dream_zoom", str(files / "lenet.safetensors"), *given, "--out", str(files / "f.gif")]) == 0
    with Image.open(files / "f.gif") as film:
        assert (film.n_frames, film.size) == (2, (31, 40))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["divination", "MODEL"], "There is no method 'divination'; use one of"),
        (["saliency", "MODEL", "--image", "PICTURE"], "Nothing would be kept"),
        (["saliency", "MODEL", "--json"], "saliency needs an image"),
        (["saliency", "MODEL", "--image", "PICTURE", "--out", "heat.jpg"], "ends in .png"),
        (["saliency", "MODEL", "--image", "PICTURE", "--npy", "no/such/a.npy"], "there is no folder"),
        (["saliency", "MODEL", "--image", "PICTURE", "--json", "--unit", "two"], "use a channel such as 5"),
        (["saliency", "MODEL", "--image", "PICTURE", "--json", "--set", "patch"], "write name=value"),
        (["saliency", "MODEL", "--image", "PICTURE", "--json", "--target", "10"], "use 0 to 9"),
        (["saliency", "MODEL", "--image", "nowhere.png", "--json"], "nowhere.png cannot be read"),
    ],
)
def test_bad_input_is_one_line_and_status_2(files, capsys, arguments, text):
    places = {"MODEL": str(files / "lenet.safetensors"), "PICTURE": str(files / "picture.png")}
    assert main(["explain", *(places.get(a, a) for a in arguments)]) == 2
    error = told(capsys).err
    assert text in error
    assert error.count("\n") == 1


def test_a_test_image_is_named_by_its_number(files, capsys):
    model = str(files / "lenet.safetensors")
    given = ["--data", "digits", "--image", "7", "--npy", str(files / "by-number.npy")]
    assert main(["explain", "saliency", model, *given]) == 0
    pixels = load_dataset("digits").test_images[7]
    assert np.array_equal(np.load(files / "by-number.npy"), explain.saliency(load(model), pixels).array)


def test_the_strongest_patches_of_a_data_set_come_as_a_page(files, capsys):
    model, page = str(files / "lenet.safetensors"), files / "page.png"
    given = ["--layer", "conv2", "--unit", "3", "--set", "count=4", "--json", "--out", str(page)]
    assert main(["explain", "strongest_patches", model, "--data", "digits", "--image", "5-44", *given]) == 0
    scores = json.loads(told(capsys).out)["scores"]
    assert {patch["image"] for patch in scores["patches"]} <= set(range(40))
    assert Image.open(page).size[0] > 2 * 3 * 96
    assert main(["explain", "strongest_patches", model, "--data", "digits", *given]) == 0
    assert max(patch["image"] for patch in json.loads(told(capsys).out)["scores"]["patches"]) >= 40


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (["--image", "9-3"], "'9-3' is no number"),
        (["--image", "picture.png"], "'picture.png' is no number"),
        (["--image", "359"], "digits has 0 to 358"),
        ([], "There is no --image"),
    ],
)
def test_with_a_data_set_only_numbers_of_its_test_images_will_do(files, capsys, given, text):
    assert main(["explain", "saliency", str(files / "lenet.safetensors"), "--data", "digits", *given, "--json"]) == 2
    assert text in told(capsys).err

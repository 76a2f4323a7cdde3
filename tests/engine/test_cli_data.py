"""Data sets on the command line: what `convscope data` shows, and training on one's own pictures."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.engine import Network, load
from convscope.engine import layers as L
from convscope.engine.cli.main import main
from convscope.engine.data import DATASETS
from convscope.engine.io import save_network

from .picture_files import classes, cut


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run the command in an empty folder; its status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        status = main([str(a) for a in arguments])
        return (status, *capsys.readouterr())

    return run


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two classes of pictures, an empty one, one damaged file of each kind of damage."""
    folder = classes(tmp_path / "pets", "cat", "dog", each=10, height=8, width=8)
    (folder / "none").mkdir()
    (folder / "cat" / "2.png").write_bytes(b"rubbish")
    cut(folder / "dog" / "3.png")
    return folder


def test_the_list_holds_every_data_set_and_the_options(call) -> None:
    status, out, _ = call("data")
    assert status == 0
    assert all(name in out for name in DATASETS)
    for option in ("per_class", "hold_out", "classes", "fit", "memory"):
        assert option in out
    listed = json.loads(call("data", "--json")[1])
    assert [row["name"] for row in listed] == list(DATASETS)


def test_a_data_set_is_described_with_its_doubts_on_standard_error(call, pets: Path) -> None:
    status, out, err = call("data", "pets")
    assert status == 0
    assert out.startswith("pets: 14 training and 4 test images of 8×8×3, 3 classes")
    told = err.splitlines()
    assert len(told) == 2
    assert told[0].startswith("convscope: warning: 2 pictures left out: cat/2.png is not a picture")
    assert "dog/3.png is damaged" in told[0]
    assert "No training image shows none" in told[1]


def test_the_description_as_json_holds_counts_balance_and_warnings(call, pets: Path) -> None:
    status, out, err = call("data", "pets:test=0,size=4", "--json")
    found = json.loads(out)
    assert (status, err) == (0, "")
    assert found["image_shape"] == [4, 4, 3]
    assert found["classes"][0] == {"class": "cat", "train_images": 9, "test_images": 0}
    assert found["balance"] == 1
    assert found["in_memory"] is True
    assert len(found["warnings"]) == 3


def test_the_mean_image_is_written_as_a_picture(call, pets: Path) -> None:
    assert call("data", "digits", "--mean-image", "mean.png")[0] == 0
    assert np.asarray(Image.open("mean.png")).shape == (8, 8)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("pet", "There is no dataset 'pet'"),
        ("no/pets", "There is no file or folder no/pets"),
        ("pets:size=x", "size 'x': use a whole number"),
        ("list.csv", "it has 2 faults: line 2: there is no file"),
        ("evil.zip", "its member '../x.png' leads out of its folder"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(call, pets: Path, tmp_path: Path, what: str, said: str) -> None:
    (tmp_path / "list.csv").write_text("image,label\nx.png,a\ny.png,b\n")
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../x.png", b"")
    for command in (["data", what], ["train", "lenet5", "--data", what], ["train", "lenet5", "--data", what, "--json"]):
        status, out, err = call(*command)
        assert (status, out) == (2, "")
        assert said in err
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize("memory", ["1024", "0"])
def test_training_on_ones_own_pictures_warns_of_what_was_left_out(
    call, pets: Path, tmp_path: Path, memory: str
) -> None:
    network = Network((8, 8, 3), "small")
    network.add(L.Flatten())
    network.add(L.Dense(3), "scores")
    save_network(network, tmp_path / "small.json")
    what = f"pets:memory={memory}"
    status, out, _ = call("train", "small.json", "--data", what, "--epochs", 2, "--out", "m.safetensors", "--json")
    events = [json.loads(line) for line in out.splitlines()]
    warned = " ".join(event["message"] for event in events if event["event"] == "warned")
    assert status == 0
    assert "cat/2.png is not a picture" in warned
    assert "dog/3.png is damaged" in warned
    assert "No training image shows none" in warned
    assert events[-1]["reason"] == "completed"
    assert load("m.safetensors").classes == ("cat", "dog", "none")
    status, out, err = call("evaluate", "m.safetensors", "--data", what, "--json")
    assert (status, json.loads(out)["images"]) == (0, 4)
    assert "cat/2.png is not a picture" in err


def test_data_dir_names_where_pictures_of_a_list_lie(call, pets: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("".join(f"{name}/{i}.png,{name}\n" for name in ("cat", "dog") for i in range(2)))
    status, out, _ = call("data", "list.csv", "--data-dir", "pets", "--json")
    assert (status, json.loads(out)["train_images"]) == (0, 2)

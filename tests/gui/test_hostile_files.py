"""Files that nobody wrote by hand: the window says what is wrong, and what is shown stays."""

import json

import pytest

from convscope.engine import Network, zoo
from convscope.gui.file_actions import FileActions

_LAYER = {"name": "a", "type": "ReLU", "inputs": ["input"], "params": {}}


def network(**changes):
    whole = {"format": "convscope-network", "version": 1, "name": "n", "input": [8, 8, 1], "layers": [_LAYER]}
    return json.dumps(whole | changes)


_BAD = {
    "another version": network(version=99),
    "version NaN": network(version=float("nan")),
    "truncated": zoo.build("lenet5").to_json()[:-40],
    "deeply nested": "[" * 200_000,
    "deeply nested parameter": network(layers=[{**_LAYER, "params": {"x": None}}]).replace(
        "null", "[" * 900 + "]" * 900
    ),
    "an image of 10^400 rows": network(input=[1, 1, 1]).replace("[1, 1, 1]", "[1" + "0" * 400 + ", 1, 1]"),
    "an image of infinity": network(input=[float("inf"), 8, 1]),
    "a number of 10^5 digits": network(version=1).replace('"version": 1', '"version": ' + "9" * 100_000),
    "the same name twice": network(layers=[_LAYER, _LAYER]),
    "a cycle": network(layers=[{**_LAYER, "inputs": ["b"]}, {**_LAYER, "name": "b", "inputs": ["a"]}]),
    "an unknown source": network(layers=[{**_LAYER, "inputs": ["nobody"]}]),
    "filters NaN": network(layers=[{**_LAYER, "type": "Conv2D", "params": {"filters": float("nan")}}]),
    "filters of 10^30": network(layers=[{**_LAYER, "type": "Conv2D", "params": {"filters": 10**30}}]),
    "layers that are a number": network(layers=3),
    "names with control characters": network(layers=[{**_LAYER, "name": "a\u0000\u202eb"}]),
    "no text": None,
}


@pytest.fixture
def files(view, document):
    files = FileActions(document, view)
    files.told = []
    files.message.connect(lambda text, error: files.told.append((text, error)))
    yield files
    files.guard.release()


@pytest.mark.parametrize("content", _BAD.values(), ids=_BAD)
def test_a_bad_file_is_told_in_a_few_lines_and_nothing_changes(files, document, content, tmp_path):
    path = tmp_path / "bad.convscope.json"
    path.write_bytes(b"\xff\xfe\x00\x81" if content is None else content.encode())
    before = document.network.copy()
    files.open_path(path)
    ((text, error),) = files.told
    assert error
    assert len(text) < 1500
    assert "Traceback" not in text
    assert document.network == before
    assert document.path is None


def test_places_that_are_no_numbers_are_laid_out_anew(files, document, tmp_path):
    path = tmp_path / "n.convscope.json"
    path.write_text(network(layout={"a": [float("nan"), 1e308], "input": ["x", None], "gone": [0, 0]}))
    files.open_path(path)
    assert document.network.name == "n"
    assert all(abs(x) < 1e5 and abs(y) < 1e5 for x, y in document.network.layout.values())


def test_a_name_of_many_letters_and_letters_of_other_scripts_are_shown(files, document, tmp_path):
    path = tmp_path / "n.convscope.json"
    net = Network((8, 8, 1), "Сеть 网络")
    path.write_text(net.to_json())
    files.open_path(path)
    assert document.network.name == "Сеть 网络"

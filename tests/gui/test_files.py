from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from convscope.engine import Network, trained
from convscope.gui.file_actions import FileActions
from convscope.gui.models import edits
from convscope.gui.settings import recent_files


@pytest.fixture
def files(qtbot, document):
    window = QWidget()
    qtbot.addWidget(window)
    files = FileActions(document, window)
    files.told = []
    files.message.connect(lambda text, error: files.told.append((text, error)))
    return files


@pytest.fixture
def answer(monkeypatch):
    """What the user says to "Save the changes?"."""
    given = {}
    monkeypatch.setattr(QMessageBox, "exec", lambda box: given["answer"])
    return given


def test_a_network_is_saved_and_opened_unchanged_with_its_layout(files, document, tmp_path):
    document.move("Move", {"conv1": (12.0, 345.0), "input": (-8.0, 16.0)})
    path = tmp_path / "mine.convscope.json"
    assert files.save_path(path)
    assert not document.modified
    saved, layout = document.network.copy(), dict(document.network.layout)
    document.load(Network((4, 4, 1)))
    files.open_path(path)
    assert document.network == saved
    assert document.network.layout == layout
    assert document.path == path
    assert recent_files() == [path]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("not json", "not JSON"),
        ("{}", "not a Convscope network"),
        ('{"format": "convscope-network", "version": 1}', "'layers'"),
        (None, "no such file"),
    ],
)
def test_a_bad_file_is_explained_and_the_network_stays(files, document, tmp_path, content, says):
    path = tmp_path / "bad.json"
    if content is not None:
        path.write_text(content)
    before = document.network.copy()
    files.open_path(path)
    ((text, error),) = files.told
    assert error
    assert says in text
    assert "\n  File" not in text
    assert document.network == before
    assert document.path is None


def test_all_faults_of_a_file_are_told_together(files, tmp_path):
    path = tmp_path / "bad.json"
    layers = [
        {"name": "a", "type": "Nonsense", "inputs": ["input"]},
        {"name": "b", "type": "Conv2D", "inputs": ["input"], "params": {"filters": -3}},
    ]
    document = {"format": "convscope-network", "version": 1, "input": [8, 8, 1], "layers": layers}
    path.write_text(str(document).replace("'", '"'))
    files.open_path(path)
    text = files.told[0][0]
    assert "Nonsense" in text
    assert "filters" in text
    assert "-3" in text


def test_a_place_that_cannot_be_written_is_explained_and_the_document_stays_modified(files, document, tmp_path):
    edits.set_parameter(document, "conv1", "filters", 9)
    assert not files.save_path(tmp_path / "nowhere" / "x.convscope.json")
    assert files.told[0][1]
    assert "no folder" in files.told[0][0]
    assert document.modified


def test_changes_are_saved_discarded_or_kept_as_the_user_says(files, document, answer, tmp_path):
    buttons = QMessageBox.StandardButton
    path = tmp_path / "n.convscope.json"
    files.save_path(path)
    edits.set_parameter(document, "conv1", "filters", 9)
    answer["answer"] = buttons.Cancel
    files.new_network()
    assert document.network["conv1"].filters == 9
    answer["answer"] = buttons.Save
    files.new_network()
    assert len(document.network) == 0
    files.open_path(path)
    assert document.network["conv1"].filters == 9
    edits.set_parameter(document, "conv1", "filters", 10)
    answer["answer"] = buttons.Discard
    files.open_path(path)
    assert document.network["conv1"].filters == 9


def test_an_unchanged_document_is_replaced_without_a_question(files, document, monkeypatch):
    monkeypatch.setattr(QMessageBox, "exec", lambda box: pytest.fail("asked"))
    files.new_from("lenet5")
    assert document.network.name == "lenet5"


def test_model_files_are_left_to_the_owner_of_the_model(files, qtbot, tmp_path):
    path = tmp_path / "m.safetensors"
    with qtbot.waitSignal(files.model_wanted) as wanted:
        files.open_path(path)
    assert wanted.args == [path]
    with qtbot.waitSignal(files.model_leaves) as leaves:
        assert files.save_path(path) is False
    assert leaves.args == [path]


def test_recent_files_are_newest_first_without_those_that_are_gone(files, tmp_path):
    paths = [tmp_path / f"{i}.convscope.json" for i in range(3)]
    for path in paths:
        files.save_path(path)
    paths[1].unlink()
    assert recent_files() == [paths[2], paths[0]]
    files._fill_recent()
    assert [action.text() for action in files.recent.actions()] == [paths[2].name, paths[0].name]


def test_every_architecture_can_be_started_from_the_menu(files, document):
    for action in files.templates.actions():
        action.trigger()
        assert action.text().startswith(document.network.name)
        assert not document.network.errors()


def test_the_suffix_is_added_where_it_is_missing(files, monkeypatch, tmp_path):
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *args: (str(tmp_path / "mine"), "Network (*.convscope.json)")
    )
    assert files.save_file_as()
    assert (Path(tmp_path) / "mine.convscope.json").is_file()


def test_an_example_opens_like_a_model_but_is_no_place_to_save_to(files, document, qtbot):
    files._fill_examples()
    first, example = files.examples.actions()[0], next(iter(trained.TRAINED.values()))
    assert first.text().startswith(example.name)
    with qtbot.waitSignal(files.model_wanted) as wanted:
        first.trigger()
    assert wanted.args == [example.path]
    before = recent_files()
    with qtbot.waitSignal(files.data_wanted) as data:
        files.opened(example.network(), example.path)
    assert data.args == [example.data]
    assert document.network.name == example.name
    assert document.path is None
    assert recent_files() == before

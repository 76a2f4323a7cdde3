"""ONNX files in the window: opened, dropped, run, and never written over."""

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QUrl

from convscope.engine import Model, export, zoo

from .gestures import drop
from .laboratory import PATIENCE


@pytest.fixture
def written(tmp_path):
    """A model as an ONNX file, and its weights."""
    model, path = Model(zoo.resnet8(), seed=5), tmp_path / "theirs.onnx"
    export(model, path, verify=False)
    return path, model.weights["conv1.weight"].copy()


def test_an_onnx_file_that_is_dropped_is_shown_with_its_weights_and_can_be_run(make_window, qtbot, written):
    path, weights = written
    window = make_window()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    drop(window, data, window.rect().center())
    qtbot.waitUntil(lambda: window.document.network.name == "theirs", timeout=PATIENCE)
    assert [node.name for node in window.document.network.order()] == [node.name for node in zoo.resnet8().order()]
    found = []
    window.session.request("weights", lambda model: model.weights["conv1.weight"].copy(), found.append)
    qtbot.waitUntil(lambda: bool(found), timeout=PATIENCE)
    assert np.array_equal(found[0], weights)


def test_an_onnx_file_is_never_written_over_by_saving(make_window, qtbot, written, monkeypatch):
    path, _ = written
    window = make_window()
    window.files.open_path(path)
    qtbot.waitUntil(lambda: window.document.network.name == "theirs", timeout=PATIENCE)
    before, asked = path.read_bytes(), []
    monkeypatch.setattr(window.files, "save_file_as", lambda: asked.append(True) or False)
    window.files.save.trigger()
    assert asked
    assert path.read_bytes() == before


def test_a_damaged_onnx_file_is_a_message_and_the_network_stays(make_window, qtbot, written):
    path, _ = written
    path.write_bytes(path.read_bytes()[:500])
    window = make_window()
    window.files.open_path(path)
    qtbot.waitUntil(window.messages.isVisible, timeout=PATIENCE)
    assert "theirs.onnx" in window.messages.text.text()
    assert window.document.network == zoo.lenet5()

"""File ▸ Export writes the model aside from the window and tells what running the file found."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMenu

from convscope.engine import zoo
from convscope.engine.io import proof
from convscope.engine.io.proof import Difference
from convscope.gui.export_actions import ExportActions

from .laboratory import Laboratory, lab_fixture  # noqa: F401


@pytest.fixture
def exports(qtbot, lab: Laboratory):
    window = QMenu()
    qtbot.addWidget(window)
    exports = ExportActions(lab.document, lab.session, window)
    exports.told = []
    exports.message.connect(lambda text, error: exports.told.append((text, error)))
    lab.document.load(zoo.lenet5())
    lab.until(lambda: lab.session.model_info is not None)
    return exports


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch):
    """The difference that running a file finds."""
    result = {"difference": Difference("ONNX Runtime", 2e-6, 1e-7)}
    monkeypatch.setattr(proof, "difference", lambda *_: result["difference"])
    monkeypatch.setattr(proof.Runtime, "missing", lambda self: ())
    return result


def test_choosing_a_format_writes_the_model_and_tells_the_difference(
    qtbot, lab, exports, found, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    exports.menu.popup(exports.menu.pos())
    place = exports.menu.actionGeometry(exports.actions["onnx"]).center()
    qtbot.mouseClick(exports.menu, Qt.MouseButton.LeftButton, pos=place)
    lab.until(lambda: len(exports.told) == 2)
    told = "Exported mine.onnx: ONNX Runtime agrees to 2.0e-06, 1.0e-07 of the largest output."
    assert exports.told == [("Exporting mine.onnx …", False), (told, False)]
    assert (tmp_path / "mine.onnx").exists()


def test_a_file_that_computes_something_else_is_an_error_and_not_kept(lab, exports, found, tmp_path) -> None:
    found["difference"] = Difference("PyTorch", 1.0, 0.5)
    exports.export_to(tmp_path / "mine.py", "pytorch")
    lab.until(lambda: len(exports.told) == 2)
    text, error = exports.told[-1]
    assert error
    assert "PyTorch gives other results" in text
    assert not any(tmp_path.glob("mine*"))


def test_weights_of_another_network_are_not_exported(lab, exports, tmp_path) -> None:
    lab.document.edit("Remove conv2", lambda network: network.remove("conv2", reconnect=True))
    exports.export_to(tmp_path / "mine.onnx", "onnx")
    assert exports.told == [("The weights are those of another network; train this one first.", True)]

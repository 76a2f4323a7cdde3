"""Unsaved work survives a crash, and only a crash."""

import errno
import os
import signal
import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from convscope.gui.file_actions import FileActions
from convscope.gui.models import edits
from convscope.gui.models.document import Document
from convscope.gui.models.unsaved import lost
from convscope.gui.recovery import RecoveryPrompt, described
from convscope.gui.settings import state_folder
from convscope.gui.work.swap import Swap

_EDITOR = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from convscope.engine import Network, layers
from convscope.gui.models import edits
from convscope.gui.models.document import Document
from convscope.gui.work.swap import Swap
app = QCoreApplication([])
network = Network((8, 8, 1), "victim")
network.add(layers.Conv2D(4, 3), "conv1")
document = Document(network)
swap = Swap(document, Path(sys.argv[1]))
for filters in (5, 6, 7):
    edits.set_parameter(document, "conv1", "filters", filters)
while not (swap.place.exists() and '"filters": 7' in swap.place.read_text()):
    time.sleep(0.01)
print("edited", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder():
    return state_folder() / "unsaved"


@pytest.fixture
def swap(qtbot, document, folder):
    swap = Swap(document, folder)
    yield swap
    swap.close()


def kept(swap, qtbot):
    qtbot.waitUntil(swap.place.exists)


def crash(swap, qtbot):
    """Leave the copy as a killed process does: the system has freed its lock."""
    kept(swap, qtbot)
    swap._worker.close()
    swap._worker = None
    swap._copy._lock.release()
    swap._copy.remove = lambda: None


def test_a_killed_process_leaves_its_last_edit(folder):
    process = subprocess.Popen([sys.executable, "-c", _EDITOR, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().strip() == "edited"
        assert lost(folder) == []
    finally:
        process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()
        process.stdout.close()
    (one,) = lost(folder)
    assert one.unsaved.network["conv1"].filters == 7
    assert one.unsaved.edits == 3
    assert one.unsaved.file is None
    assert described(one).startswith("victim:  3 unsaved edits\n")
    one.forget()
    assert lost(folder) == []
    assert list(folder.iterdir()) == []


def test_undoing_all_edits_and_saving_remove_the_copy(swap, document, qtbot, tmp_path):
    edits.set_parameter(document, "conv1", "filters", 9)
    kept(swap, qtbot)
    document.undo_stack.undo()
    qtbot.waitUntil(lambda: not swap.place.exists())
    document.undo_stack.redo()
    kept(swap, qtbot)
    document.saved_as(tmp_path / "n.convscope.json")
    qtbot.waitUntil(lambda: not swap.place.exists())


def test_a_window_that_closes_leaves_nothing_behind(make_window, qtbot, folder):
    window = make_window()
    edits.set_parameter(window.document, "conv1", "filters", 9)
    kept(window.swap, qtbot)
    window.document.undo_stack.setClean()
    window.close()
    assert list(folder.iterdir()) == []
    assert lost(folder) == []


def test_the_prompt_tells_what_was_lost_and_recovers_it(swap, document, qtbot, folder, make_window, tmp_path):
    document.saved_as(tmp_path / "n.convscope.json")
    edits.set_parameter(document, "conv1", "filters", 9)
    edits.rename(document, "relu1", "first")
    qtbot.waitUntil(lambda: swap.place.exists() and '"first"' in swap.place.read_text())
    crash(swap, qtbot)
    window = make_window()
    prompt = window.offer_recovery()
    text = prompt.list.item(0).text()
    assert "small:  2 unsaved edits" in text
    assert str(tmp_path / "n.convscope.json") in text
    qtbot.mouseClick(prompt.recover, Qt.MouseButton.LeftButton)
    assert window.document.network == document.network
    assert window.document.path == tmp_path / "n.convscope.json"
    assert window.document.modified
    assert window.document.unsaved_edits == 2
    qtbot.waitUntil(lambda: not swap.place.exists())
    qtbot.waitUntil(window.swap.place.exists)
    edits.set_parameter(window.document, "conv1", "filters", 10)
    assert window.document.unsaved_edits == 3


def test_discarded_work_is_not_offered_again(swap, document, qtbot, folder):
    edits.set_parameter(document, "conv1", "filters", 9)
    crash(swap, qtbot)
    parent = QWidget()
    qtbot.addWidget(parent)
    prompt = RecoveryPrompt(lost(folder), parent)
    prompt.open()
    qtbot.mouseClick(prompt.discard, Qt.MouseButton.LeftButton)
    assert not prompt.isVisible()
    assert lost(folder) == []


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, '{"format": "convscope-unsaved", "version": 9}'])
def test_copies_that_cannot_be_read_are_passed_over(folder, content):
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(content)
    assert lost(folder) == []


def test_a_full_disk_is_told_once_and_edits_go_on(swap, document, qtbot, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    told = []
    swap.failed.connect(told.append)
    for filters in (9, 10):
        edits.set_parameter(document, "conv1", "filters", filters)
        qtbot.wait(80)
    (text,) = told
    assert "disk is full" in text
    assert document.network["conv1"].filters == 10


@pytest.fixture
def open_in(qtbot):
    """Makes the file actions of a window of its own."""

    def make(document):
        window = QWidget()
        qtbot.addWidget(window)
        files = FileActions(document, window)
        files.told = []
        files.message.connect(lambda text, error: files.told.append((text, error)))
        return files

    return make


def test_a_file_that_another_window_has_open_is_warned_of(open_in, document, tmp_path):
    path = tmp_path / "n.convscope.json"
    first, other = open_in(document), open_in(Document(document.network))
    first.save_path(path)
    other.open_path(path)
    assert other.told == [
        (
            "n.convscope.json is open in another window, too. Whoever saves last wins: "
            "save under another name, or close one of the windows.",
            True,
        )
    ]
    first.guard.release()
    other.new_network()
    third = open_in(Document(document.network))
    third.open_path(path)
    assert third.told == []
    third.guard.release()


def test_a_file_changed_by_others_is_replaced_only_if_the_user_says_so(open_in, document, tmp_path, monkeypatch):
    path = tmp_path / "n.convscope.json"
    files = open_in(document)
    files.save_path(path)
    path.write_text("theirs")
    asked = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: asked.append(box.text()))
    edits.set_parameter(document, "conv1", "filters", 9)
    assert not files.save_path(path)
    assert path.read_text() == "theirs"
    assert "n.convscope.json was changed by another window or program" in asked[0]
    assert document.modified
    assert files.save_path(tmp_path / "other.convscope.json")
    files.guard.release()


def test_a_full_disk_keeps_the_old_file_and_the_document_modified(open_in, document, tmp_path, monkeypatch):
    path = tmp_path / "n.convscope.json"
    files = open_in(document)
    files.save_path(path)
    before = path.read_bytes()
    edits.set_parameter(document, "conv1", "filters", 9)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert not files.save_path(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.glob("*.json")] == [path.name]
    assert document.modified
    assert "disk is full" in files.told[-1][0]
    files.guard.release()


def test_the_last_file_is_opened_again(open_in, document, tmp_path):
    files = open_in(document)
    paths = [tmp_path / f"{i}.convscope.json" for i in range(2)]
    for path in paths:
        files.save_path(path)
    files.reopen.trigger()
    assert document.path == paths[0]
    files.guard.release()

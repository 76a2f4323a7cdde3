"""Kernels are compiled by a process of its own: what waits for it, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from convscope.engine import zoo
from convscope.engine.explain.saliency import Saliency
from convscope.gui.look import LookRoom
from convscope.gui.models import edits
from convscope.gui.status import Status
from convscope.gui.work import compiler
from convscope.gui.work.kernels import WAITING, KernelProgress
from convscope.gui.work.looking import KIND, Explanation, Wish

from .laboratory import LONG, SHORT, Laboratory, lab_fixture, scripted_fixture  # noqa: F401

# Stands in for `convscope warm-up`: notes its arguments and number, then does as the file "todo" says, line by line.
_STAND_IN = """
import os, sys, time
from pathlib import Path
here = Path(__file__).parent
(here / "arguments").write_text("\\n".join(sys.argv[1:]))
(here / "pid").write_text(str(os.getpid()))
done = 0
while True:
    lines = (here / "todo").read_text().split("\\n")[:-1]
    for line in lines[done:]:
        if line.startswith("exit"):
            print("convscope:", line[7:], file=sys.stderr)
            sys.exit(int(line[5]))
        print(line, flush=True)
    done = len(lines)
    time.sleep(0.01)
"""


class Stand:
    """The process that stands in for the compiling one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "todo").write_text("")

    def say(self, **event: Any) -> None:
        self._add(json.dumps(event))

    def prepare(self, done: int, left: int) -> None:
        self.say(event="prepared", done=done, total=9, left=left)

    def end(self, status: int = 0, complaint: str = "") -> None:
        self._add(f"exit {status} {complaint}")

    def _add(self, line: str) -> None:
        with open(self.folder / "todo", "a", encoding="utf-8") as file:
            file.write(line + "\n")

    @property
    def pid(self) -> int | None:
        """The number of the process that was started last, None before it runs."""
        path = self.folder / "pid"
        text = path.read_text() if path.exists() else ""
        return int(text) if text else None

    @property
    def arguments(self) -> list[str]:
        return (self.folder / "arguments").read_text().split("\n")


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    script = tmp_path / "stand_in.py"
    script.write_text(_STAND_IN)
    monkeypatch.setattr(compiler, "COMMAND", (sys.executable, str(script)))
    return Stand(tmp_path)


@pytest.fixture
def cold(scripted: Laboratory, stand: Stand) -> Laboratory:
    """A laboratory whose network lacks three kernels, which are being compiled."""
    scripted.toolkit.kernels_lacking = 3
    scripted.session.prepare_kernels()
    scripted.session.plan(SHORT)
    scripted.until(lambda: stand.pid is not None)
    return scripted


def phases_of(lab: Laboratory) -> list[str]:
    phases: list[str] = []
    lab.session.phase.connect(phases.append)
    return phases


def test_a_run_waits_for_its_kernels_and_says_how_many_are_to_come(cold: Laboratory, stand: Stand) -> None:
    phases = phases_of(cold)
    cold.session.train(SHORT)
    cold.until(lambda: phases == ["Preparing kernels…"])
    stand.prepare(1, left=2)
    cold.until(lambda: phases[-1] == "Preparing kernels, 2 to go…")
    assert cold.session.state == "preparing"
    assert not cold.log.batches
    stand.say(event="ready", network="lenet5")
    cold.until(lambda: bool(cold.log.ends))
    assert [end.reason for end in cold.log.ends] == ["completed"]


def test_the_canvas_comes_first_and_the_compact_architectures_after_it(cold: Laboratory, stand: Stand) -> None:
    size, _, optimizer, path, *others = stand.arguments[1:]
    assert optimizer == "sgd"
    assert int(size) == SHORT.batch_size
    assert json.loads(Path(path).read_text(encoding="utf-8"))["name"] == cold.document.network.name
    assert others == [name for name, entry in zoo.ARCHITECTURES.items() if entry.compact]


def test_views_that_compute_wait_and_those_that_read_do_not(cold: Laboratory, stand: Stand) -> None:
    replies: list[str] = []
    cold.session.request("computing", lambda model: "computed", replies.append)
    cold.session.request("reading", lambda model: "read", replies.append, computes=False)
    cold.until(lambda: bool(replies))
    assert replies == ["read"]
    stand.say(event="ready", network="lenet5")
    cold.until(lambda: len(replies) == 2)
    assert replies == ["read", "computed"]


def test_a_run_that_waits_for_kernels_can_be_stopped(cold: Laboratory, stand: Stand) -> None:
    cold.session.train(SHORT)
    cold.until(lambda: cold.session.kernels.holds("run"))
    cold.session.stop()
    assert [end.reason for end in cold.log.ends] == ["cancelled"]
    assert cold.session.state == "idle"
    stand.say(event="ready", network="lenet5")
    cold.until(lambda: not cold.session.kernels.busy)
    assert not cold.log.batches


def waiting_room(lab: Laboratory) -> LookRoom:
    """The Look room, where an explanation that does nothing waits for its kernels."""
    room = lab.see(LookRoom(lab.session))

    def explain(wish: Any, callback: Any) -> Explanation:
        explanation = Explanation(wish, None, None, callback)  # type: ignore[arg-type]
        lab.session.kernels.then(KIND, lambda: None)
        return explanation

    lab.session.explain = explain  # type: ignore[method-assign]
    room._begin(Wish(Saliency()), None, ())
    assert room.form.state.text() == WAITING
    return room


def test_an_explanation_says_how_many_kernels_it_waits_for_and_then_begins(cold: Laboratory, stand: Stand) -> None:
    room = waiting_room(cold)
    stand.prepare(1, left=2)
    cold.until(lambda: room.form.state.text().startswith("2 to go"))
    stand.prepare(2, left=1)
    cold.until(lambda: room.form.state.text().startswith("1 to go"))
    assert (room.form.bar.value(), room.form.bar.maximum()) == (1, 2)
    stand.say(event="ready", network="lenet5")
    cold.until(lambda: room.form.state.text() == "Starting…")


def test_one_that_is_cancelled_while_it_waits_says_no_more_of_kernels(cold: Laboratory, stand: Stand) -> None:
    room = waiting_room(cold)
    room.cancel()
    told: list[KernelProgress] = []
    cold.session.kernels.progressed.connect(told.append)
    stand.prepare(1, left=2)
    cold.until(lambda: bool(told))
    stand.say(event="ready", network="lenet5")
    cold.until(lambda: not cold.session.kernels.busy)
    assert room.form.state.text() == "Cancelled."
    assert room.form.button.text() == "Run"


def test_the_architectures_that_come_later_keep_nothing_waiting(cold: Laboratory, stand: Stand) -> None:
    seen: list[KernelProgress] = []
    rested: list[bool] = []
    cold.session.kernels.progressed.connect(seen.append)
    cold.session.kernels.rested.connect(lambda: rested.append(True))
    stand.say(event="ready", network="lenet5")
    stand.prepare(7, left=2)
    cold.until(lambda: bool(seen))
    assert not cold.session.kernels.busy
    assert rested == []
    stand.end()
    cold.until(lambda: bool(rested))
    assert cold.log.messages == []


def test_kernels_of_an_edited_network_are_compiled_in_place_of_the_former(cold: Laboratory, stand: Stand) -> None:
    first = stand.pid
    edits.set_parameter(cold.document, "conv1", "filters", 7)
    cold.until(lambda: stand.pid not in (None, first))
    assert not psutil.pid_exists(first)
    assert cold.session.kernels.busy
    stand.say(event="ready", network="lenet5")
    cold.until(lambda: not cold.session.kernels.busy)


@pytest.mark.parametrize("complaint", ["the disk is full", ""])
def test_a_failure_is_told_once_and_training_goes_on_without(cold: Laboratory, stand: Stand, complaint: str) -> None:
    cold.session.train(SHORT)
    stand.end(1, complaint)
    cold.until(lambda: bool(cold.log.ends))
    assert [end.reason for end in cold.log.ends] == ["completed"]
    assert [error for _, error in cold.log.messages] == [False]
    assert complaint in cold.log.messages[0][0]
    stand.folder.joinpath("pid").unlink()
    cold.train(LONG)
    cold.until_idle()
    assert stand.pid is None
    assert len(cold.log.messages) == 1


def test_training_goes_on_where_no_process_can_be_started(scripted: Laboratory, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiler, "COMMAND", (str(tmp_path / "missing"),))
    scripted.toolkit.kernels_lacking = 3
    scripted.session.prepare_kernels()
    scripted.train(SHORT)
    scripted.until_idle()
    assert [error for _, error in scripted.log.messages] == [False]


@pytest.mark.parametrize("lacking", [0, RuntimeError("no plan")])
def test_nothing_is_started_where_nothing_lacks_or_nobody_knows(scripted: Laboratory, stand: Stand, lacking) -> None:
    scripted.toolkit.kernels_lacking = lacking
    scripted.session.prepare_kernels()
    scripted.train(SHORT)
    scripted.until_idle()
    assert stand.pid is None
    assert scripted.log.messages == []


def test_nothing_is_started_unless_it_was_asked_for(scripted: Laboratory, stand: Stand) -> None:
    scripted.toolkit.kernels_lacking = 3
    scripted.train(SHORT)
    scripted.until_idle()
    assert stand.pid is None


def test_the_process_ends_with_the_session(cold: Laboratory, stand: Stand) -> None:
    pid = stand.pid
    assert pid is not None
    cold.session.train(SHORT)
    assert cold.session.close()
    assert not psutil.pid_exists(pid)


def test_the_status_bar_counts_kernels_while_they_are_prepared(qtbot, document) -> None:
    status = Status(document)
    qtbot.addWidget(status)
    status.show()
    label = status._kernels
    assert not label.isVisible()
    status.show_kernels(KernelProgress(12, 60, 3))
    assert label.isVisible()
    assert label.text() == "Preparing kernels 12 of 60"
    assert "background" in label.toolTip()
    status.end_kernels()
    assert not label.isVisible()


# A session with an empty cache: the compiler passes run in its own process, and the processes it leaves behind.
_WINDOW = """
import json, sys, threading
import psutil
from numba.core import event
from PySide6.QtCore import QEventLoop
from convscope.engine import Network, layers as L
from convscope.gui.app import create_application
from convscope.gui.models.document import Document
from convscope.gui.work.recipe import Recipe
from convscope.gui.work.session import Session

application = create_application()
network = Network((8, 8, 1), "tiny")
network.add(L.Flatten())
network.add(L.Dense(10), "scores")
session = Session(Document(network))
said, loop = [], QEventLoop()
session.phase.connect(said.append)
session.ended.connect(lambda end: (said.append(end.reason), loop.quit()))
session.prepare_kernels()
with event.install_recorder("numba:run_pass") as passes:
    session.train(Recipe(epochs=1))
    loop.exec()
children = psutil.Process().children(recursive=True)
closed = session.close()
_, left = psutil.wait_procs(children, timeout=10)
print(json.dumps({
    "said": said, "passes": len(passes.buffer), "closed": closed, "children": len(children), "left": len(left),
}))
"""


def test_a_window_with_an_empty_cache_trains_without_compiling_anything_itself(tmp_path: Path) -> None:
    environment = {**os.environ, "CONVSCOPE_CACHE_DIR": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", _WINDOW], env=environment, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert any("to go" in phase for phase in found["said"])
    assert found["said"][-1] == "completed"
    assert found["passes"] == 0
    assert found["children"] >= 1
    assert found["left"] == 0
    assert found["closed"]

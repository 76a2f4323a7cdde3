"""The installed `convscope` command as a process of its own: signals, pipes, imports."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from convscope.engine import Network, load
from convscope.engine import layers as L
from convscope.engine.io import load_training_state, save_network

COMMAND = [sys.executable, "-c", "import sys; from convscope.engine.cli.main import main; sys.exit(main())"]
posix = pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture
def small(tmp_path: Path) -> Path:
    net = Network((8, 8, 1), "small")
    net.add(L.Flatten())
    net.add(L.Dense(10), "scores")
    save_network(net, tmp_path / "small.json")
    return tmp_path / "small.json"


def test_help_loads_neither_kernels_nor_numpy_nor_qt(tmp_path: Path) -> None:
    code = (
        "import sys; from convscope.engine.cli.main import main; main(['--help']);"
        "print([m for m in ('numba', 'numpy', 'PySide6', 'rich', 'PIL', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_bad_input_ends_with_status_2_and_one_line(tmp_path: Path) -> None:
    done = run("train", "lenet", "--data", "digits", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "convscope: There is no architecture 'lenet'; did you mean lenet5?\n"


def test_a_terminal_without_unicode_shows_question_marks_instead_of_failing(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([*COMMAND, "zoo"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "28?28?1" in done.stdout


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_cleanly_and_keeps_its_model(small: Path, tmp_path: Path, number: int) -> None:
    arguments = ["train", str(small), "--data", "digits", "--epochs", "100000", "--out", "m.safetensors", "--json"]
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    events = []
    for line in process.stdout:
        events.append(json.loads(line))
        if len(events) == 100:
            process.send_signal(number)
    _, complaints = process.communicate()
    assert process.returncode == 128 + number
    assert (events[-1]["event"], events[-1]["reason"]) == ("ended", "cancelled")
    assert "Traceback" not in complaints
    assert load_training_state(tmp_path / "m.safetensors")["meta"]["progress"]["step"] == events[-1]["step"]
    assert load(tmp_path / "m.safetensors").network.name == "small"


@posix
def test_a_closed_pipe_ends_the_command_quietly(small: Path, tmp_path: Path) -> None:
    arguments = ["train", str(small), "--data", "digits", "--epochs", "100000", "--json"]
    process = subprocess.Popen([*COMMAND, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    complaints = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 141
    assert complaints == b""


@posix
def test_a_device_is_not_taken_for_a_file(tmp_path: Path) -> None:
    done = run("train", "lenet5", "--data", "digits", "--out", "/dev/null", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "not an ordinary file" in done.stderr
    assert done.stderr.count("\n") == 1

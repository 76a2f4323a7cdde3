"""What the README shows is run: its script, its shell lines, and the form of its commands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from convscope.engine.cli import device_option
from convscope.engine.cli.bench import bench

README = Path(__file__).parents[2] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_the_script_runs_and_writes_its_model(tmp_path: Path) -> None:
    (script,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[]" in done.stdout
    assert "reason='completed'" in done.stdout
    assert (tmp_path / "mine.safetensors").stat().st_size > 1000


def shell_lines() -> list[str]:
    """The plain `convscope …` lines."""
    lines = [line.split("#")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("convscope ")]


def takes_minutes(line: str) -> bool:
    return line.startswith("convscope bench ")


@pytest.mark.parametrize("line", [line for line in shell_lines() if takes_minutes(line)])
def test_benchmark_line_is_understood(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_option, "require", lambda name: None)  # there may be no GPU here
    name, *options = shlex.split(line)[2:]
    assert bench.commands[name].make_context(name, options).params["rounds"] >= 1


# Lines that download are left to the tests of data.
@pytest.mark.parametrize("line", [line for line in shell_lines() if "mnist" not in line and not takes_minutes(line)])
def test_shell_line_succeeds(line: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "convscope.engine.cli", *shlex.split(line)[1:]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("name", ["desktop-command", "headless-command", "test-command"])
def test_command_stands_in_a_block_of_its_own_behind_its_marker(name: str) -> None:
    assert re.search(rf"<!-- {name} -->\n```sh\n[^`]+```", README.read_text(encoding="utf-8"))


def test_pictures_exist() -> None:
    for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / path).is_file(), path

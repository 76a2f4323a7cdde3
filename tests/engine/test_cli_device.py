"""A device that is not there is refused before anything else is looked at, by every command that computes."""

from pathlib import Path

import click
import pytest

from convscope.engine import ConvscopeError
from convscope.engine.cli.main import convscope, main
from convscope.engine.runtime import cuda, cuda_math, devices

REASON = "The device cuda is not available: it stayed at home; or use device cpu."
LINES = {
    "bench explain": "--method saliency",
    "bench infer": "",
    "bench kernels": "train",
    "bench train": "--json x",
    "evaluate": "nothing.safetensors --data nowhere",
    "explain": "saliency nothing.safetensors --json",
    "features": "nothing.safetensors --data nowhere",
    "lr-range": "nothing.json --data nowhere",
    "runs resume": "nothing",
    "summary": "nothing.json --measure",
    "train": "nothing.json --data nowhere",
    "transfer": "nothing.safetensors --data nowhere",
}

WITHOUT = {
    "data": "reads pictures",
    "doctor": "tells of all devices",
    "export": "writes a file, and compares one small batch with the CPU's exact answers",
    "import": "reads a file",
    "recipes": "lists what there is",
    "runs compare": "reads records",
    "runs list": "reads records",
    "runs note": "writes records",
    "runs remove": "removes records",
    "runs show": "reads records",
    "runs tag": "writes records",
    "warm-up": "compiles the CPU's kernels; a GPU's are compiled for the one that is there, when they are launched",
    "weights": "reads a file and writes another",
    "zoo": "lists what there is",
}
"""Commands that leave a GPU nothing to do, and why."""


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One without a GPU."""

    def refuse() -> None:
        raise ConvscopeError(REASON)

    monkeypatch.setattr(cuda, "chip", refuse)
    monkeypatch.chdir(tmp_path)


def with_device(command: click.Command, name: str = "") -> list[str]:
    """The commands that can be told where to compute, by name."""
    found = [name] if any(option.name == "device" for option in command.params) else []
    parts = command.commands if isinstance(command, click.Group) else {}
    return found + [one for part, inner in parts.items() for one in with_device(inner, f"{name} {part}".strip())]


def all_commands(command: click.Command, name: str = "") -> list[str]:
    """Those that do something, by name."""
    parts = command.commands if isinstance(command, click.Group) else {}
    return [one for part, inner in parts.items() for one in all_commands(inner, f"{name} {part}".strip())] or [name]


def test_every_command_computes_where_it_is_told_or_has_a_reason_not_to() -> None:
    assert sorted(with_device(convscope)) == sorted(LINES)
    assert sorted(all_commands(convscope)) == sorted({**LINES, **WITHOUT})


@pytest.mark.parametrize("command", LINES)
def test_a_device_that_is_not_there_is_refused_in_one_line(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), *LINES[command].split(), "--device", "cuda"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.splitlines()) == ("", [f"convscope: {REASON}"])


def test_devices_are_listed_with_the_reason_against_them() -> None:
    cpu, gpu = devices.devices()
    assert (cpu.name, cpu.available, cpu.reason) == ("cpu", True, "")
    assert (gpu.name, gpu.available, gpu.reason) == ("cuda", False, REASON)


def test_a_way_to_multiply_is_for_gpus(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "lenet5", "--math", "tf32"]) == 2
    assert "--math tf32 is for a GPU; use it with --device cuda" in capsys.readouterr().err


def test_a_way_to_multiply_that_the_gpu_lacks_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []
    monkeypatch.setattr(cuda_math, "_mode", [])
    monkeypatch.setattr("convscope.engine.cli.device_option.require", lambda name: asked.append(cuda_math._mode[:]))
    assert main(["summary", "nothing.json", "--measure", "--math", "3xtf32", "--device", "cuda"]) == 2
    assert asked == [[], ["3xtf32"]]
    assert "there is no such file" in capsys.readouterr().err

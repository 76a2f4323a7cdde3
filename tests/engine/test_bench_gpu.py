"""A GPU's measurement: it ends in time, survives what it measures, and its file is whole after every stage."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convscope.engine import ConvscopeError
from convscope.engine.bench.cases import ConvCase, NetworkCase
from convscope.engine.bench.gpu.budget import Budget
from convscope.engine.bench.gpu.checks import Check, checks, results, worst
from convscope.engine.bench.gpu.report import Report
from convscope.engine.bench.gpu.stages import Work, measure
from convscope.engine.bench.party import OverdueError, Ready
from convscope.engine.cli.bench_gpu_tables import text
from convscope.engine.cli.main import main
from convscope.engine.runtime import cuda

CONVOLUTION = ConvCase(1, 2, 4, 4, 3, 1, 1)
OUTPUT = np.ones((2, 3), np.float32)


class Side:
    """A party whose answers are made up; what a question is answered with may be an error."""

    title = "PyTorch"

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.seconds: dict[str, float] = {}
        self._asked = ""

    def ask(self, question: str, *_: Any, patience: float | None = None) -> Any:
        self.begin(question)
        return self.answer(patience)

    def begin(self, question: str, *_: Any) -> None:
        self._asked = question

    def answer(self, patience: float | None = None) -> Any:
        found = self.answers[self._asked]
        if isinstance(found, Exception):
            raise found
        return found

    def measure(self, step: str, patience: Any = None) -> Any:
        """Half as fast as ours in TF32, a quarter in float32."""
        return lambda seconds: self.seconds.get(step.split()[1] if " " in step else "", 1.0)


GPU = {"name": "GPU", "compute_capability": "9.0", "driver": "580.1", "numba_cuda": "0.30", "toolkit": "13.0"}


def ours(**changes: Any) -> Side:
    passes = {f"{name} {mode}": OUTPUT for name in ("forward", "weights") for mode in ("float32", "tf32")}
    return Side(**{
        "facts": GPU, "smoke": True, "check": {"output": OUTPUT}, "repeats": {"same_bits_again": True},
        "launches": {"host_seconds": 1e-5, "eager_seconds": 2e-5, "graphed_seconds": 1e-6},
        "tile_seconds": {"chosen": 2.0, "64×64": 2.0, "128×64": 1.5},
        "prepare_convolution": Ready(passes), "pass_kernels": dict.fromkeys(passes, ("slide",)), "weights": {},
        "prepare_training": Ready({"graphed": OUTPUT}), "prepare_inference": Ready({"pass": OUTPUT}, ("a note",)),
        **changes,
    })  # fmt: skip


def torch() -> Side:
    configurations = [f"{math} {layout}" for math in ("float32", "tf32") for layout in ("NCHW", "channels_last")]
    passes = {f"{name} {one}": OUTPUT for name in ("forward", "weights") for one in configurations}
    steps = Ready({f"graphed {one}": OUTPUT for one in configurations})
    facts = {"torch": "2", "torch_cuda": "13.0", "cudnn": 9}
    prepared = {"prepare_training": steps, "prepare_inference": steps}
    side = Side(facts=facts, prepare_convolution=Ready(passes), **prepared)
    side.seconds = {"tf32": 2.0, "float32": 4.0}
    return side


class Sides:
    """In this process."""

    def __init__(self, own: Side, peer: Side | None = None) -> None:
        self.ours, self.peer, self.reference = own, peer, Side(check={"output": OUTPUT})
        self.renewed = 0

    def renew(self) -> None:
        self.renewed += 1


def work(**changes: Any) -> Work:
    network = NetworkCase("lenet5", 4)
    given: dict[str, Any] = {
        "subjects": ("kernels", "train", "infer"), "convolutions": (CONVOLUTION,), "tiled": (CONVOLUTION,),
        "training": (network,), "inference": (network,), "checks": (Check("ReLU", 0, False), Check("Add", 0, True)),
        "math": "float32", "rounds": 2, "seconds": {"kernels": 0.0, "train": 0.0, "infer": 0.0},
    }  # fmt: skip
    return Work(**{**given, **changes})


def measured(sides: Sides, seconds: float = 60.0, file: Path | None = None, **changes: Any) -> Report:
    return measure(work(**changes), Report({}, file), sides, seconds, lambda note: None)  # type: ignore[arg-type]


def test_all_stages_are_reported_beside_the_peer(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    report = measured(Sides(ours(), torch()), file=file)
    assert (report.failures, report.left_out, report.complete) == ([], [], True)
    assert json.loads(file.read_text()) == json.loads(json.dumps(report.to_dict()))
    passes = report.stages["passes"]
    assert [(row["pass"], row["math"]) for row in passes[:2]] == [("forward", "float32"), ("forward", "tf32")]
    assert {(row["ratio_float32"], row["ratio_fastest"]) for row in passes} == {(4.0, 2.0)}
    assert report.stages["training"][0]["graphed_images_per_second"] == 4
    assert report.stages["tiles"][0]["fastest"] == "128×64"
    assert report.notes == ["lenet5, batch 4: a note"]
    shown = text(report.to_dict())
    assert "2 examples of layers compared with the CPU, 0 wrong" in shown
    assert "graphed tf32 NCHW" in shown


def test_subjects_choose_their_stages() -> None:
    assert list(measured(Sides(ours()), subjects=("infer",)).stages) == [
        "machine", "conformance", "launches", "inference",
    ]  # fmt: skip


def test_a_layer_that_computes_something_else_is_named() -> None:
    report = measured(Sides(ours(check={"output": OUTPUT + np.eye(3)[2]})), subjects=("train",))
    [first, _] = report.stages["conformance"]["wrong"]
    assert (first["layer"], first["what"]) == ("ReLU", "output")
    assert first["relative_error"] == pytest.approx(3**-0.5)
    assert "ReLU 0: output is off by 5.8e-01" in text(report.to_dict())


def test_what_breaks_a_process_is_noted_and_the_next_has_a_new_one() -> None:
    sides = Sides(ours(prepare_training=RuntimeError("CUDA_ERROR_ILLEGAL_ADDRESS")))
    report = measured(sides)
    assert report.failures == ["training, lenet5, batch 4: CUDA_ERROR_ILLEGAL_ADDRESS"]
    assert (sides.renewed, report.complete, len(report.stages["inference"])) == (1, True, 1)


def test_another_function_than_the_peers_is_no_ratio() -> None:
    passes = {"forward float32": OUTPUT * 2, "weights float32": OUTPUT}
    report = measured(Sides(ours(prepare_convolution=Ready(passes)), torch()), subjects=("kernels",))
    assert report.stages["passes"] == []
    assert "compute different functions" in report.failures[0]


def test_what_never_ends_costs_its_stage_alone() -> None:
    sides = Sides(ours(launches=OverdueError("Convscope took longer than 20 s")))
    report = measured(sides)
    assert report.left_out == ["launches: Convscope took longer than 20 s"]
    assert sides.renewed == 1
    assert "passes" in report.stages


def test_cases_there_is_no_time_for_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "left", 0.5)
    report = measured(Sides(ours()), subjects=("train",))
    assert report.left_out == ["conformance: no time for 1 of 2 (Add 0 in training)"]


def test_stages_share_what_is_left() -> None:
    clock = [0.0]
    budget = Budget(100, {"a": 1, "b": 3, "c": 1}, lambda: clock[0])
    budget.begin("a")
    assert budget.left == 20
    clock[0] = 60
    budget.begin("b")
    assert budget.left == 30
    clock[0] = 70
    budget.begin("c")
    assert (budget.left, budget.rest, budget.spent) == (30, 30, 70)


def test_nothing_is_measured_after_the_end() -> None:
    report = measured(Sides(ours()), seconds=0)
    assert report.stages == {}
    assert report.left_out[0] == "machine: no time"


def test_a_gpu_that_cannot_add_is_refused() -> None:
    with pytest.raises(ConvscopeError, match="nothing was measured"):
        measured(Sides(ours(smoke=False)))


def test_every_layer_type_is_checked_and_the_cpu_agrees_with_itself() -> None:
    from convscope.engine import layers  # noqa: PLC0415

    assert {check.layer for check in checks()} == set(layers.TYPES)
    found = results(Check("Add", 0, False), "cpu")
    assert worst(found, found)[1] == 0
    name = next(name for name in found if name.startswith("gradient of the input"))
    assert worst({**found, name: found[name] * np.nan}, found) == (name, float("inf"))


def test_several_subjects_need_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "kernels", "train"]) == 2
    assert "several subjects at a time need --device cuda" in capsys.readouterr().err


def test_a_peer_that_is_not_measured_on_gpus_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cuda, "chip", lambda: cuda._SIMULATED_CHIP)
    monkeypatch.setattr("convscope.engine.cli.device_option.require", lambda name: None)
    assert main(["bench", "infer", "--device", "cuda", "--vs", "onnxruntime"]) == 2
    assert "is not measured on a GPU; compare with: torch" in capsys.readouterr().err


def test_without_a_gpu_the_command_for_everything_says_so_in_one_line(tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / ".ci" / "gpu.py"
    hidden = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "NUMBA_ENABLE_CUDASIM": "0"}
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=hidden, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("The device cuda is not available: ")
    assert not list(tmp_path.iterdir())

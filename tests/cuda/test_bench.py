"""The measurement of a GPU goes through its stages on tiny cases; its figures are the simulator's.

Tiles are left out: every one takes a pass, and a simulated pass takes seconds.
"""

from typing import Any

import pytest

from convscope.engine.bench.gpu import ours, reference
from convscope.engine.bench.gpu.cases import TRIAL_CONVOLUTION, TRIAL_NETWORK
from convscope.engine.bench.gpu.checks import Check
from convscope.engine.bench.gpu.report import Report
from convscope.engine.bench.gpu.stages import Work, measure
from convscope.engine.cli.bench_gpu_tables import text
from convscope.engine.kernels.cuda_jit import SIMULATED


class Here:
    """A side's worker in this process."""

    title = "Convscope"

    def __init__(self, worker: Any) -> None:
        self.worker, self.answered = worker, None

    def ask(self, method: str, *arguments: Any, patience: float | None = None) -> Any:
        return getattr(self.worker, method)(*arguments)

    def begin(self, method: str, *arguments: Any) -> None:
        self.answered = self.ask(method, *arguments)

    def answer(self, patience: float | None = None) -> Any:
        return self.answered

    def measure(self, step: str, patience: Any = None) -> Any:
        return lambda seconds: self.worker.run(step, seconds)


class Sides:
    """Ours alone."""

    def __init__(self) -> None:
        self.ours, self.reference, self.peer = Here(ours.Worker()), Here(reference.Worker()), None

    def renew(self) -> None:
        pytest.fail("a side was given up")


def test_every_stage_has_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "_LAUNCHES", 2)
    monkeypatch.setattr(ours, "_MOST_SETS", 2 if not SIMULATED else 1)
    work = Work(
        subjects=("kernels", "train", "infer"), convolutions=(TRIAL_CONVOLUTION,), tiled=(),
        training=(TRIAL_NETWORK,), inference=(TRIAL_NETWORK,), checks=(Check("ReLU", 0, False),),
        math="float32", rounds=1,
        seconds={"kernels": 1e-6, "train": 1e-6, "infer": 1e-6},
    )  # fmt: skip
    report = measure(work, Report({}), Sides(), 600, lambda note: None)  # type: ignore[arg-type]
    assert (report.failures, report.left_out) == ([], [])
    found = report.stages
    assert found["conformance"] == {
        "tolerance": 1e-5, "checked": 1, "wrong": [],
        "repeats": {"same_bits_again": True, "same_bits_without_graph": True},
    }  # fmt: skip
    assert found["launches"]["eager_seconds"] > 0
    assert [row["pass"] for row in found["passes"]] == ["forward", "weights"]
    assert all(row["seconds"] > 0 for row in found["passes"])
    assert found["training"][0]["graphed_images_per_second"] > 0
    assert found["inference"][0]["pass_images_per_second"] > 0
    assert "same seed gives the same bits: yes" in text(report.to_dict())

"""`convscope bench … --device cuda`: what was ordered, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..runtime.devices import CUDA
from . import facts
from .bench_gpu_tables import text
from .device_option import hand_on_math_mode
from .output import complain, emit, say
from .progress import Bar

_SECONDS = {"kernels": 0.02, "train": 0.1, "infer": 0.05}  # of a turn: a GPU's clock is fine
FAILED = 1


@dataclass(frozen=True)
class Order:
    """The options; () and None where none was given. `minutes` is what all stages may take."""

    subjects: tuple[str, ...]
    peers: tuple[str, ...]
    rounds: int
    seconds: float | None
    minutes: float
    printed: bool
    file: Path | None
    names: tuple[str, ...] = ()
    batches: tuple[int, ...] = ()
    shapes: tuple[str, ...] = ()


def run(order: Order) -> int:
    """Measure; the exit status: 1 if a layer computes something else than on the CPU, or a stage failed."""
    from ..bench import peers  # noqa: PLC0415
    from ..bench.gpu.report import Report  # noqa: PLC0415
    from ..bench.gpu.sides import Sides  # noqa: PLC0415
    from ..bench.gpu.stages import measure  # noqa: PLC0415

    [*chosen] = peers.chosen(order.peers, on_gpu=True)
    work = _work(order)
    packages = ("numba-cuda", "cuda-toolkit", *(package for peer in chosen for package in peer.packages))
    about = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": facts.processor(),
        "versions": facts.versions(*packages),
        "subjects": list(order.subjects),
        "math": work.math,
        "stages_wanted": list(work.stages),
    }
    report = Report(about, order.file)
    report.save()  # a place that cannot be written to is told before the work
    hand_on_math_mode(CUDA)
    with Bar(order.printed) as bar, Sides(next(iter(chosen), None)) as sides:
        measure(work, report, sides, 60 * order.minutes, bar.advance)
    if order.printed:
        emit(report.to_dict())
    else:
        say(text(report.to_dict()))
    return _verdict(report)


def _work(order: Order) -> Any:
    from ..bench.cases import INFERENCE_BATCHES, ConvCase  # noqa: PLC0415
    from ..bench.gpu import cases  # noqa: PLC0415
    from ..bench.gpu.checks import checks  # noqa: PLC0415
    from ..bench.gpu.stages import Work  # noqa: PLC0415
    from ..runtime.cuda_math import math_mode  # noqa: PLC0415

    asked = tuple(ConvCase.parse(shape) for shape in order.shapes)
    seconds = _SECONDS if order.seconds is None else dict.fromkeys(_SECONDS, order.seconds)
    return Work(
        subjects=order.subjects,
        convolutions=cases.convolutions(asked),
        tiled=cases.tiled(asked),
        training=cases.whole(order.names, order.batches),
        inference=cases.whole(order.names, order.batches or INFERENCE_BATCHES),
        checks=tuple(checks(cases.examples_up_to())),
        math=math_mode(),
        rounds=order.rounds,
        seconds=seconds,
    )


def _verdict(report: Any) -> int:
    wrong = len(report.stages.get("conformance", {}).get("wrong", ()))
    for note in (*report.left_out, *report.notes, *report.failures):
        complain(note)
    if wrong:
        complain(f"{wrong} of the layers' examples computed something else than the CPU; see `wrong` in the JSON.")
    return FAILED if wrong or report.failures else 0

"""Our side on the GPU: its facts, checks, launches, tiles, passes of convolutions and whole steps."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...kernels import cuda_elementwise, cuda_tiles
from ...kernels.cuda_jit import SIMULATED
from ...kernels.modes import FLOAT32
from ...runtime import cuda_facts, cuda_graph
from ...runtime.compute import exclusive
from ...runtime.cuda import CudaBackend
from ...runtime.cuda_math import math_mode, set_math_mode
from ...runtime.description import kernel_name
from ...runtime.plan import Plan
from .. import ours, party
from ..cases import Arrays, ConvCase, NetworkCase, convolution, images, pixels
from ..party import Ready
from .checks import Check, results
from .clock import Clock

ROTATED = 128 << 20
"""Bytes of operands that a pass goes through before it meets the same again: more than caches hold."""

_MOST_SETS, _LAUNCHES = 8, 200
_STEPS = 1 if SIMULATED else 4  # of a run before anything is timed: kernels are compiled, and steps captured


class Worker(party.Worker):
    """Runs this engine on the GPU. A step may do a thing several times; `run` gives the seconds of one."""

    def __init__(self) -> None:
        super().__init__()
        self._backend = CudaBackend()
        self._clock = Clock(self._backend)
        self._times: dict[str, int] = {}
        self._kept: dict[str, Any] = {}  # buffers that graphs go on working on
        self._weights: Arrays = {}

    def run(self, name: str, seconds: float) -> float:
        with exclusive:
            return self._clock.seconds(self.steps[name], seconds) / self._times.get(name, 1)

    def weights(self) -> Arrays:
        """Those of the network made ready last, before any training."""
        return self._weights

    # ---- before anything is timed

    def facts(self) -> dict[str, Any]:
        """The GPU and what drives it."""
        return cuda_facts.facts()

    def smoke(self) -> bool:
        """Whether a kernel runs, and does what it should."""
        there: Any = self._backend.zeros(1000)
        part: Any = self._backend.zeros(1000)
        part.copy_to_device(np.arange(1000, dtype=np.float32))
        for _ in range(2):
            self._backend.build(self._backend.add_into, 1)(part, there, 1000, 1)
        self._backend.finish()
        return bool((there.copy_to_host() == 2 * np.arange(1000)).all())

    def check(self, check: Check) -> Arrays:
        """The results of an example."""
        return results(check, "cuda")

    def repeats(self, case: NetworkCase) -> dict[str, bool]:
        """Whether the same seed gives the same bits again, and whether it does when steps are launched one by one."""
        first, again = self._trained(case), self._trained(case)
        with _graphs(False):
            plain = self._trained(case)
        return {"same_bits_again": first == again, "same_bits_without_graph": first == plain}

    def _trained(self, case: NetworkCase) -> bytes:
        model = ours.model_of(case, "cuda")
        step = ours.steps_of_training(model, case, pixels(case))
        for _ in range(_STEPS):
            step()
        return b"".join(array.tobytes() for array in model.weights.values())

    # ---- launches

    def launches(self, seconds: float) -> dict[str, float | None]:
        """Seconds of the smallest launch: until the host goes on, until the GPU is done, and within a graph."""
        there = self._backend.zeros(1)
        call = self._backend.build(cuda_elementwise.fill_zero, 1)

        def several() -> None:
            for _ in range(_LAUNCHES):
                call(there, 1, 1)

        several()
        self._backend.finish()
        start = time.perf_counter()
        several()
        host = (time.perf_counter() - start) / _LAUNCHES
        eager = self._clock.seconds(several, seconds) / _LAUNCHES
        graph = self._clock.graph(several)
        within = None if graph is None else self._clock.seconds(graph, seconds) / _LAUNCHES
        return {"host_seconds": host, "eager_seconds": eager, "graphed_seconds": within}

    # ---- convolutions

    def tile_seconds(self, case: ConvCase, name: str, seconds: float) -> dict[str, Any]:
        """Seconds of a pass with each tile there is, and with the one that the engine chooses."""
        found = {"chosen": self._pass_seconds(case, name, seconds)}
        columns = case.channels if name == "input" else case.filters
        for tile in cuda_tiles.candidates(self._backend.means, columns):
            with cuda_tiles.forced(tile.rows, tile.columns):
                found[f"{tile.rows}×{tile.columns}"] = self._pass_seconds(case, name, seconds)
        return found

    def _pass_seconds(self, case: ConvCase, name: str, seconds: float) -> float:
        self._ready_pass(name, name, self._plans(case))
        return self.run(name, seconds)

    def modes(self) -> tuple[str, ...]:
        """The ways to multiply that the GPU has. The simulator would take minutes for others than the usual one."""
        return (FLOAT32,) if SIMULATED else cuda_facts.modes(self._backend.chip)

    def prepare_convolution(self, case: ConvCase) -> Ready:
        """Steps such as `forward 3xtf32` for each of the case's passes; the results are theirs."""
        self.steps, self._kept = {}, {}
        results: Arrays = {}
        notes: list[str] = []
        for mode in self.modes():
            with _math(mode):
                plans = self._plans(case)
                found = ours.convolution_results(case, "cuda")
                for name in case.passes:
                    step = f"{name} {mode}"
                    results[step] = found[name]
                    notes += [note for note in [self._ready_pass(step, name, plans)] if note]
        return Ready(results, tuple(notes))

    def pass_kernels(self, case: ConvCase) -> dict[str, tuple[str, ...]]:
        """The kernels of every step of the convolution."""
        found: dict[str, tuple[str, ...]] = {}
        for mode in self.modes():
            with _math(mode), exclusive:
                [plan] = self._plans(case, most=1)
                calls = plan.calls("conv")
            found |= {f"{name} {mode}": tuple(kernel_name(call) for call in calls[name]) for name in case.passes}
        return found

    def _plans(self, case: ConvCase, most: int = _MOST_SETS) -> list[Plan]:
        """The convolution with its operands, so often that they do not stay in caches; each has been run."""
        operands = convolution(case)
        nbytes = 2 * (operands["x"].nbytes + operands["dy"].nbytes)
        model = ours.convolution_model(case, "cuda")
        made = []
        with exclusive:
            for number in range(max(1, min(-(-ROTATED // nbytes), most))):
                plan = Plan(model.network, model._store, model.backend, case.batch, "gradient")
                plan.input[...] = np.roll(operands["x"], number, axis=0)
                plan.forward()
                plan.seed("conv")[...] = np.roll(operands["dy"], number, axis=0)
                plan.backward("conv")
                made.append(plan)
        return made

    def _ready_pass(self, step: str, name: str, plans: list[Plan]) -> str:
        """Make a step of a pass through all plans, as a graph where that works; why it does not, or ""."""
        calls = [call for plan in plans for call in plan.calls("conv")[name]]

        def work() -> None:
            for call in calls:
                call()

        self._times[step] = len(plans)
        graph, note = self._graph_of(work)
        self.steps[step] = graph or work
        self._kept[step] = plans
        return f"{step} is launched kernel by kernel ({note})" if note else ""

    def _graph_of(self, work: Callable[[], None]) -> tuple[Callable[[], None] | None, str]:
        try:
            with exclusive:
                work()
                self._backend.finish()
                return self._clock.graph(work), ""
        except Exception as error:  # whatever the driver says to it
            return None, f"{type(error).__name__}: {error}"

    # ---- whole steps

    def prepare_training(self, case: NetworkCase) -> Ready:
        """The steps `eager` and `graphed` of a run as `fit` makes it; the result is the output before any training."""
        self._times, self._kept = {}, {}
        model = ours.model_of(case, "cuda")
        self._weights = {name: array.copy() for name, array in model.weights.items()}
        result = model.predict(images(case), case.batch)
        self.steps = {}
        for name, graphs in _KINDS.items():
            with _graphs(graphs):
                run = ours.model_of(case, "cuda")
                step = ours.steps_of_training(run, case, pixels(case))
                for _ in range(_STEPS):
                    step()
            self.steps[name] = step
        return Ready({"graphed": result})

    def prepare_inference(self, case: NetworkCase) -> Ready:
        """The step `predict`, which copies images in and scores out, and `pass`, of images that are there."""
        self._times = {}
        model, x = ours.model_of(case, "cuda"), images(case)
        self._weights = {name: array.copy() for name, array in model.weights.items()}
        result = model.predict(x, case.batch)
        with exclusive:
            plan = model.plan(case.batch, "inference")
            plan.input[...] = x
            plan.forward()

        self.steps = {"predict": lambda: model.predict(x, case.batch)}
        graph, note = self._graph_of(lambda: _all(plan))
        self.steps["pass"] = graph or (lambda: _all(plan))
        return Ready({"pass": result}, (f"the pass is launched kernel by kernel ({note})",) if note else ())


_KINDS = {"eager": False, "graphed": True}


def _all(plan: Plan) -> None:
    """The kernels of a pass, on what is in the GPU's memory."""
    for step in plan.schedule.steps:
        for call in plan.calls(step.name)["forward"]:
            call()


@contextmanager
def _math(mode: str) -> Iterator[None]:
    """Let models that are made here multiply in this way."""
    before = math_mode()
    set_math_mode(mode)
    try:
        yield
    finally:
        set_math_mode(before)


@contextmanager
def _graphs(wanted: bool) -> Iterator[None]:
    """Let models that are made and first run here make graphs, or not."""
    before = os.environ.get(cuda_graph.SETTING)
    os.environ[cuda_graph.SETTING] = "1" if wanted else "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[cuda_graph.SETTING]
        else:
            os.environ[cuda_graph.SETTING] = before

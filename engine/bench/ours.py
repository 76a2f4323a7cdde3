"""Our side: whole training steps, predictions, and single passes of a convolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ..data import Dataset
from ..runtime.binding import Call
from ..runtime.compute import exclusive
from ..runtime.description import StepFacts, kernel_name
from ..runtime.model import Model
from ..runtime.plan import Plan
from ..runtime.threads import set_threads, threads
from ..train.events import Batch, Event
from . import party, roofline
from .cases import (
    MOMENTUM,
    RATE,
    WEIGHT_DECAY,
    Arrays,
    ConvCase,
    NetworkCase,
    Pixels,
    convolution,
    images,
    lively,
    pixels,
)
from .explaining import ExplainCase
from .party import PassFacts, Ready

_LONG = 1000  # epochs that no benchmark gets to the end of


class Worker(party.Worker):
    """Runs this engine."""

    def __init__(self) -> None:
        super().__init__()
        self._weights: Arrays = {}
        self._facts: dict[str, PassFacts] = {}
        self._while_running: AbstractContextManager[Any] = nullcontext()

    def run(self, name: str, seconds: float) -> float:
        with self._while_running:
            return super().run(name, seconds)

    def threads(self, wanted: int | None) -> int:
        """How many threads kernels use from now on: those wanted, or the engine's own choice."""
        if wanted is not None:
            set_threads(wanted)
        return threads()

    def weights(self) -> Arrays:
        """Those of the network made ready last, before any training."""
        return self._weights

    def prepare_training(self, case: NetworkCase) -> Ready:
        """The step `train`; its result is the network's output before any training."""
        ready = self.prepare_inference(case)
        self.steps = {"train": _training_step(_model(case), case, pixels(case))}
        return Ready({"train": ready.results["infer"]})

    def prepare_inference(self, case: NetworkCase) -> Ready:
        """The step `infer`: the public `predict`, which copies the input in and the output out."""
        model, x = _model(case), images(case)
        self._weights = {name: array.copy() for name, array in model.weights.items()}
        self._while_running = nullcontext()
        self.steps = {"infer": lambda: model.predict(x, case.batch)}
        return Ready({"infer": model.predict(x, case.batch)})

    def prepare_explaining(self, case: ExplainCase) -> Ready:
        """The step `explain`: the method as a script calls it, from pixels to the finished result."""
        from .. import explain  # no other benchmark needs it  # noqa: PLC0415

        model, image, method = Model(case.network()), case.image(), getattr(explain, case.method)
        lively(model.weights)
        self._weights = {name: array.copy() for name, array in model.weights.items()}
        self._while_running = nullcontext()
        self.steps = {"explain": lambda: method(model, image, **case.asked)}
        return Ready({"explain": method(model, image, **case.compared.asked).array})

    def repeats(self, case: NetworkCase, steps: int = 4) -> bool:
        """Whether two models of one seed hold the same bits after the same training steps."""
        return len({_trained(case, steps) for _ in range(2)}) == 1

    def prepare_convolution(self, case: ConvCase) -> Ready:
        """Steps named after the case's passes, each also `… alone` on one thread, `packing` of weights, and `tile`.

        The results are those of the passes.
        """
        self._while_running = exclusive
        shared, alone = _plan(case), _plan(case, alone=True)
        calls, alone_calls = shared.calls("conv"), alone.calls("conv")
        [step] = shared.describe().rows
        self._facts = {name: _facts(step, calls[name]) for name in case.passes}
        self.steps = {name: _all(calls[name]) for name in (*case.passes, "packing")}
        self.steps |= {f"{name} alone": _all(alone_calls[name]) for name in case.passes}
        self.steps["tile"] = roofline.tile_step(threads())
        return Ready(_results(case))

    def pass_facts(self) -> dict[str, PassFacts]:
        """About the passes of the convolution made ready last."""
        return self._facts

    def tile_flops(self) -> int:
        """Operations of the step `tile`."""
        return roofline.tile_flops(threads())


def training_step(case: NetworkCase, data: Pixels, count: int) -> Callable[[], object]:
    """One whole step of a new model's `fit` on so many threads: batch gathered, forward, loss, backward, optimiser."""
    set_threads(count)
    return _training_step(Model(case.network()), case, data)


def _model(case: NetworkCase) -> Model:
    model = Model(case.network())
    lively(model.weights)
    return model


def _training_step(model: Model, case: NetworkCase, data: Pixels) -> Callable[[], object]:
    shots, labels = data
    classes = tuple(f"{number}" for number in range(case.classes))
    dataset = Dataset("random", shots, labels, shots[:1], labels[:1], classes)
    recipe = {"learning_rate": RATE, "momentum": MOMENTUM, "weight_decay": WEIGHT_DECAY}
    events = model.fit(dataset, epochs=_LONG, batch_size=case.batch, **recipe)
    steps: Iterator[Event] = (event for event in events if isinstance(event, Batch))
    return lambda: next(steps)


def _trained(case: NetworkCase, steps: int) -> bytes:
    model = Model(case.network())
    step = _training_step(model, case, pixels(case))
    for _ in range(steps):
        step()
    return b"".join(array.tobytes() for array in model.weights.values())


# ---- one convolution


def _model_of(case: ConvCase) -> Model:
    operands, model = convolution(case), Model(case.network())
    for name in ("weight", "bias"):
        model.weights[f"conv.{name}"] = operands[name]
    return model


def _plan(case: ConvCase, alone: bool = False) -> Plan:
    """The convolution alone, with all activations kept, run once forward and back; `alone` gives it one thread."""
    operands, usual = convolution(case), threads()
    set_threads(1 if alone else usual)
    try:
        with exclusive:
            plan = _model_of(case).plan(case.batch, "gradient")
            plan.input[...] = operands["x"]
            plan.forward()
            plan.seed("conv")[...] = operands["dy"]
            plan.backward("conv")
    finally:
        set_threads(usual)
    return plan


def _results(case: ConvCase) -> Arrays:
    operands, model = convolution(case), _model_of(case)
    forward = model.forward(operands["x"])
    dx = model.backward(operands["dy"])
    results = {"forward": forward, "weights": model.gradients["conv.weight"], "input": dx}
    return {name: results[name] for name in case.passes}


def _all(calls: tuple[Call, ...]) -> Callable[[], None]:
    def step() -> None:
        for call in calls:
            call()

    return step


def _facts(step: StepFacts, calls: tuple[Call, ...]) -> PassFacts:
    fewer = step.algorithm.startswith("winograd")
    return PassFacts(step.algorithm, fewer, step.threads, tuple(kernel_name(call) for call in calls))

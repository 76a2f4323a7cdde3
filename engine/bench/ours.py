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
from ..spec import ConvscopeError
from ..train.events import Batch, Ended, Event
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
        self.steps = {"train": steps_of_training(model_of(case), case, pixels(case))}
        return Ready({"train": ready.results["infer"]})

    def prepare_inference(self, case: NetworkCase) -> Ready:
        """The step `infer`: the public `predict`, which copies the input in and the output out."""
        model, x = model_of(case), images(case)
        self._weights = {name: array.copy() for name, array in model.weights.items()}
        self._while_running = nullcontext()
        self.steps = {"infer": lambda: model.predict(x, case.batch)}
        return Ready({"infer": model.predict(x, case.batch)})

    def prepare_explaining(self, case: ExplainCase) -> Ready:
        """The step `explain`: the method as a script calls it, from pixels to the finished result."""
        from .. import explain  # no other benchmark needs it  # noqa: PLC0415

        model, image, method = Model(case.network(), case.device), case.image(), getattr(explain, case.method)
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
        return Ready(convolution_results(case))

    def pass_facts(self) -> dict[str, PassFacts]:
        """About the passes of the convolution made ready last."""
        return self._facts

    def tile_flops(self) -> int:
        """Operations of the step `tile`."""
        return roofline.tile_flops(threads())


def training_step(case: NetworkCase, data: Pixels, count: int) -> Callable[[], object]:
    """One whole step of a new model's `fit` on so many threads: batch gathered, forward, loss, backward, optimiser."""
    set_threads(count)
    return steps_of_training(Model(case.network()), case, data)


def model_of(case: NetworkCase, device: str = "cpu") -> Model:
    """The network with weights none of which is 0 or 1."""
    model = Model(case.network(), device)
    lively(model.weights)
    return model


def steps_of_training(model: Model, case: NetworkCase, data: Pixels) -> Callable[[], object]:
    """What makes the next step of a run of this model: batch gathered, forward, loss, backward, optimiser."""
    shots, labels = data
    classes = tuple(f"{number}" for number in range(case.classes))
    dataset = Dataset("random", shots, labels, shots[:1], labels[:1], classes)
    recipe = {"learning_rate": RATE, "momentum": MOMENTUM, "weight_decay": WEIGHT_DECAY}
    events = model.fit(dataset, epochs=_LONG, batch_size=case.batch, **recipe)
    steps = _batches(events)
    return lambda: next(steps)


def _batches(events: Iterator[Event]) -> Iterator[Event]:
    """Those of a run that ends only if it cannot go on: ConvscopeError then says why."""
    for event in events:
        if isinstance(event, Ended):
            raise ConvscopeError(event.message)
        if isinstance(event, Batch):
            yield event


def _trained(case: NetworkCase, steps: int) -> bytes:
    model = Model(case.network())
    step = steps_of_training(model, case, pixels(case))
    for _ in range(steps):
        step()
    return b"".join(array.tobytes() for array in model.weights.values())


# ---- one convolution


def convolution_model(case: ConvCase, device: str = "cpu") -> Model:
    """The convolution with the weights of the case."""
    operands, model = convolution(case), Model(case.network(), device)
    for name in ("weight", "bias"):
        model.weights[f"conv.{name}"] = operands[name]
    return model


def _plan(case: ConvCase, alone: bool = False) -> Plan:
    """The convolution alone, with all activations kept, run once forward and back; `alone` gives it one thread."""
    operands, usual = convolution(case), threads()
    set_threads(1 if alone else usual)
    try:
        with exclusive:
            plan = convolution_model(case).plan(case.batch, "gradient")
            plan.input[...] = operands["x"]
            plan.forward()
            plan.seed("conv")[...] = operands["dy"]
            plan.backward("conv")
    finally:
        set_threads(usual)
    return plan


def convolution_results(case: ConvCase, device: str = "cpu") -> Arrays:
    """What every pass of the case gives."""
    operands, model = convolution(case), convolution_model(case, device)
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

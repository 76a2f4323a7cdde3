"""A plan: a network made ready to run for one batch size, with every buffer and every kernel call fixed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np

from ..graph import INPUT, Network
from ..graph.schedule import build
from ..graph.step import Mode, Step
from ..spec import ConvscopeError, Shape, size
from .backend import Backend, declare_steps, require_memory
from .binding import Array, Binding, Call, Scratch
from .buffers import Buffers
from .description import Description, step_facts
from .glimpse import Glimpse
from .ledger import Ledger
from .measuring import Measurements
from .mirror import Inlet, Mirror
from .program import BackwardProgram
from .weights import WeightStore

T = TypeVar("T")
ReluRule = Literal["plain", "deconvnet", "guided"]
RELU_RULES: tuple[ReluRule, ...] = ("plain", "deconvnet", "guided")


class Plan:
    """Buffers and steps of a network for one (batch, mode, device). Running it allocates nothing.

    `mode` is "inference" (activations share memory), "gradient" (all activations kept for `value` and `backward`;
    layers act as at inference) or "training". Nodes in `keep` stay readable in any mode. With `fused`, layers are
    computed together where nobody wants the values between them (never in mode "gradient"). With `recompute`, training
    keeps few activations and computes the others again for backward, where that saves memory.
    """

    def __init__(
        self,
        network: Network,
        store: WeightStore,
        backend: Backend,
        batch: int,
        mode: Mode,
        keep: Iterable[str] = (),
        fused: bool = True,
        recompute: bool = False,
    ) -> None:
        self.schedule = build(network, batch, mode, keep, fused, recompute, store.frozen)
        self.network, self.batch, self.mode = network, batch, mode
        self._output = network.output
        self._store, self._backend = store, backend
        self._state = Mirror(backend.zeros(3, "int64"), backend)
        self._state.outgoing[:] = 0, store.seed, 0
        buffers = f"The buffers of {network.name} for batch {batch} ({mode})"
        if self.schedule.arena_bytes > backend.available_bytes():

            def needed(smaller: int) -> int:
                ledger: Any = Ledger(backend)
                weights = WeightStore(network, store.seed, ledger, filled=False)
                weights.freeze(store.frozen)
                before = ledger.total
                Plan(network, weights, ledger, smaller, mode, keep, fused, recompute)
                return int(ledger.total - before)

            remedy = _remedy(needed, batch, backend.available_bytes())
            require_memory(backend, needed(batch), buffers, remedy)
        self._buffers = Buffers(self.schedule, backend)
        measurements = Measurements(self._buffers, backend, self._threads, self._affine)
        clock = self.schedule.clock
        self._bindings = [self._bind(step, measurements) for step in self.schedule.steps]
        repeated = [step for step in self.schedule.steps if clock.is_repeated(step.index)]
        self._again = {step.index: self._bind(step, measurements, again=True) for step in repeated}
        self._scratch = self._place_scratch()
        self._forward = [call for binding in self._bindings for call in binding.forward_calls]
        packed = (packed for b in (*self._bindings, *self._again.values()) for packed in b.packed)
        self._packed = tuple({id(one): one for one in packed}.values())
        self._programs: dict[tuple[tuple[str, ...], bool, str | None], list[Call]] = {}
        self._mirrors: dict[str, Mirror] = {}
        self._views: dict[str, tuple[Mirror, Array]] = {}
        self._given: set[str] = set()  # gradients that Python was given to write

    # ---- buffers

    @property
    def nbytes(self) -> int:
        """Bytes this plan holds: activations, gradients and what backward needs, plus the kernels' scratch."""
        return self._buffers.arena.nbytes + sum(area.nbytes for area in self._scratch.values())

    @property
    def workspace_bytes(self) -> int:
        """Bytes for kernels alone: their scratch, and the weights packed for them, which plans of a model share."""
        bound = (*self._bindings, *self._again.values())
        packed = {entry.key: entry.array.nbytes for binding in bound for entry in binding.packed}
        return sum(packed.values()) + sum(area.nbytes for area in self._scratch.values())

    @property
    def input(self) -> Array:
        """Where the batch goes: (batch, H, W, C) float32, to be written as a whole."""
        mirror, view = self._view("value", INPUT)
        mirror.outgoing  # noqa: B018  what was sent from there has arrived
        return view

    def value(self, name: str) -> Array:
        """A node's output, (batch, *shape) float32. In inference mode only the output and kept nodes last.

        On a GPU it is a copy, brought up to date by this call: ask again after the next pass.
        """
        mirror, view = self._view("value", name)
        mirror.host  # noqa: B018  is now up to date
        return view

    def seed(self, name: str) -> Array:
        """Where the gradient with respect to a node's output is written before `backward(name)`, or read after one.

        As with `value` it is a copy on a GPU; what is written to it goes there with `backward`.
        """
        mirror, view = self._view("grad", name)
        self._given.add(f"grad:{self._value(name)}")
        mirror.host  # noqa: B018  is now up to date
        return view

    def saved(self, name: str, which: str) -> Array:
        """An array that a layer keeps for backward, such as ("pool1", "switches"), (batch, *shape)."""
        step = next(s for s in self.schedule.steps if s.name == name)
        record = next(r for r in step.layer.saved(step.input_shapes, step.output_shape) if r.name == which)
        shape = (self.batch, *record.shape) if record.per_sample else record.shape
        return Mirror(self._buffers.saved(name, record, again=True), self._backend).host.reshape(shape)

    # ---- running

    def forward(self, step: int = 0) -> Array:
        """Run all layers on `input` and return the output (a view). `step` selects dropout's random numbers."""
        self.compute(step)
        return self.value(self._output)

    def compute(self, step: int = 0) -> None:
        """As `forward`, without waiting for the output."""
        self._send(step)
        self._store.refresh(self._packed)
        self._run(self._forward)
        self._say_written("value")
        if self.mode == "training":
            self._store.tracked.written()

    def backward(
        self, name: str | tuple[str, ...], relu: ReluRule = "plain", weights: bool = True, until: str | None = None
    ) -> None:
        """Run the gradient written to `seed(name)` back to the input; with `weights`, fill the model's gradients too.

        Of several names, none of which may depend on another, the gradients go back together. `relu` is the rule at
        every ReLU: plain, deconvnet (Zeiler & Fergus 2013) or guided (Springenberg et al. 2014). It goes no further
        than the node `until`, where one is named: the gradient there can then be read from `seed(until)`; the memory
        of those on the way serves again.
        """
        if relu not in RELU_RULES:
            raise ConvscopeError(f"There is no ReLU rule {relu!r}; use one of: {', '.join(RELU_RULES)}.")
        if relu != "plain" and self.schedule.rectified:
            raise ConvscopeError(f"The ReLU rule {relu!r} needs a pass with training=False; this one was for training.")
        self._state.outgoing[0] = RELU_RULES.index(relu)
        self._state.send()
        names = (name,) if isinstance(name, str) else name
        program = self._program(names, weights, until)
        for one in names:
            if (key := f"grad:{self._value(one)}") in self._given:
                self._mirrors[key].send()
        self._given.clear()
        self._run(program)
        self._say_written("grad")
        if weights:
            self._store.slopes.written()

    # ---- running again and again

    def begin_step(self, step: int, given: bool = True) -> None:
        """Have everything there that a step of training reads and `launch` does not make: input, step, weights.

        Unless it was `given` in `input`, the input is written by calls that follow: to `array("value", "input")`.
        """
        self._send(step, given)
        self._store.refresh(packed for packed in self._packed if packed.fixed)

    def launch(self) -> None:
        """The calls of a whole forward pass, and nothing beside them: the same ones each time."""
        for packed in self._packed:
            if not packed.fixed:
                packed.call()
        self._run(self._forward)

    def launch_backward(self, names: tuple[str, ...]) -> None:
        """The calls that take gradients, which lie in `array("grad", name)`, back through the plan, likewise."""
        self._run(self._program(names, True, None))

    def end_step(self) -> None:
        """Take note that both have been called, or what was captured of them launched."""
        self._store.note_packed(packed for packed in self._packed if not packed.fixed)
        self._say_written("value")
        self._say_written("grad")
        self._store.tracked.written()
        self._store.slopes.written()
        self._given.clear()

    def array(self, what: Literal["value", "grad"], name: str) -> Array:
        """The device's own array, flat, of a node's value or gradient."""
        return self._buffers.array(f"{what}:{self._value(name)}")

    def glimpse(self, name: str, take: Callable[[Array], T]) -> Glimpse[T]:
        """What `take` makes of a node's output, as `value` gives it, for which nothing waits; it must copy."""
        mirror, view = self._view("value", name)
        return mirror.glimpse(lambda flat: take(flat.reshape(view.shape)))

    def finish(self) -> None:
        """Return once all calls made are done, as they are at once on the CPU."""
        self._backend.finish()

    def calls(self, name: str) -> dict[str, tuple[Call, ...]]:
        """One node's kernel calls by pass: "packing" of weights, "forward", "weights" and "input" (all ports).

        They are there to be timed after a whole pass. Calls that both gradients need count with "weights". The caller
        holds `compute.exclusive`.
        """
        bound = next(binding for binding in self._bindings if binding.name == name)
        later = self._again.get(bound.index, bound)
        return {
            "packing": tuple(packed.call for packed in bound.packed),
            "forward": tuple(bound.forward_calls),
            "weights": (*later.backward_calls, *later.weight_calls),
            "input": tuple(call for calls in later.input_calls.values() for call in calls),
        }

    def describe(self) -> Description:
        """What is computed together, by which algorithm, on how many threads; printable."""
        types = {name: node.layer.type_name() for name, node in self.network.nodes.items()}
        bound = (self._again.get(binding.index, binding) for binding in self._bindings)
        rows = tuple(
            step_facts(step, b, types, step.index in self.schedule.again) for step, b in zip(self.schedule.steps, bound)
        )
        return Description(self.network.name, self.batch, self.mode, self.nbytes, rows)

    # ---- construction

    def _send(self, step: int, given: bool = True) -> None:
        """What the host gives for a pass: plain ReLUs, the seed, the step, the input, and weights that it wrote to."""
        self._state.outgoing[:] = 0, self._store.seed, step
        self._state.send()
        self._store.send()
        if given:
            self._view("value", INPUT)[0].send()

    @staticmethod
    def _run(calls: Iterable[Call]) -> None:
        for call in calls:
            call()

    def _program(self, names: tuple[str, ...], weights: bool, until: str | None) -> list[Call]:
        """The calls from the nodes named back to the input, or to the node `until`."""
        end = None if until is None else self._value(until)
        key = (tuple(self._value(one) for one in names), weights, end)
        if key not in self._programs:
            program = BackwardProgram(self._buffers, self._backend, self._bindings, self._again, key[0], end)
            self._programs[key] = program.calls(weights)
        return self._programs[key]

    def _value(self, name: str) -> str:
        """The value a node stands for; ConvscopeError if it is computed together with the next layer."""
        if name not in self.schedule.value_of:
            raise ConvscopeError(f"{name} is computed together with the layer after it; name it in `keep`.")
        return self.schedule.value_of[name]

    def _shape(self, name: str) -> Shape:
        shape = self.network.shapes()[name]
        assert shape is not None  # the schedule was built, so all shapes are known
        return (self.batch, *shape)

    def _view(self, what: str, name: str) -> tuple[Mirror, Array]:
        """A node's value or gradient: its mirror, and the host's side of it in the node's shape.

        Both are made once, since small networks run in microseconds.
        """
        key = f"{what}:{name}"
        if key not in self._views:
            buffer = f"{what}:{self._value(name)}"
            if buffer not in self._buffers:
                raise ConvscopeError(f"A plan for {self.mode} has no {buffer.replace(':', ' of ')}; use another mode.")
            if buffer not in self._mirrors:
                kind = Inlet if name == INPUT and what == "value" and self.mode == "training" else Mirror
                self._mirrors[buffer] = kind(self._buffers.array(buffer), self._backend)
            mirror = self._mirrors[buffer]
            self._views[key] = mirror, mirror.copy.reshape(self._shape(name))
        return self._views[key]

    def _say_written(self, what: str) -> None:
        """A pass has written the values, or the gradients."""
        for key, mirror in self._mirrors.items():
            if key.startswith(what):
                mirror.written()

    def _bind(self, step: Step, measurements: Measurements, again: bool = False) -> Binding:
        """A step's calls: those of the forward pass, or those that compute it `again` and then go back through it.

        The measurements ask this plan, which would never go before the collector comes if it held them.
        """
        buffers, learns = self._buffers, self.mode != "inference"
        layer_saved = step.layer.saved(step.input_shapes, step.output_shape) if learns else ()
        binding = Binding(
            name=step.name,
            index=step.index,
            mode=self.mode,
            batch=self.batch,
            threads=self._threads(step),
            input_shapes=step.input_shapes,
            output_shape=step.output_shape,
            x=[buffers.value(value, again) for value in step.inputs],
            y=buffers.value(step.value, again),
            dx=[buffers.contribution(step, port) for port in range(len(step.inputs))],
            dy=buffers.gradient(step.value) if learns else None,
            weights=self._store.flat(step.name),
            gradients=self._store.flat_gradients(step.name),
            saved={record.name: buffers.saved(step.name, record, again) for record in layer_saved},
            state=self._state.device,
            store=self._store.packed,
            backend=self._backend,
            epilogue=step.epilogue,
            norm=self._store.flat(step.epilogue.norm.name) if step.epilogue.norm else {},
            rectified=frozenset(p for p, value in enumerate(step.inputs) if learns and self._is_rectified(value)),
            frozen=step.name in self._store.frozen,
            norm_learns=step.epilogue.norm is not None and step.epilogue.norm.name not in self._store.frozen,
            **measurements.of(step, again),
        )
        declare_steps(step.layer, binding, self._backend.name)
        return binding

    def _threads(self, step: Step) -> int:
        cost = step.layer.cost(step.input_shapes, step.output_shape)
        values = sum(size(shape) for shape in (*step.input_shapes, step.output_shape))
        return self._backend.threads_for(cost.macs * self.batch, values * self.batch)

    def _affine(self, norm: str) -> tuple[Array, Array]:
        """Scale and shift of a batch norm."""
        weights = self._store.flat(norm)
        return weights["weight"], weights["bias"]

    def _is_rectified(self, value: str) -> bool:
        """Whether a ReLU's output has one reader only, which can then hold back what does not pass the ReLU."""
        return value in self.schedule.rectified and len(self.schedule.readers[value]) == 1

    def _place_scratch(self) -> dict[int, Array]:
        """Give every Scratch in every call its memory: one block for each area, as large as the largest call needs."""
        lists = [
            calls
            for b in (*self._bindings, *self._again.values())
            for calls in (b.forward_calls, b.backward_calls, b.weight_calls, *b.input_calls.values())
        ]
        wanted = [arg for calls in lists for call in calls for arg in call.args if isinstance(arg, Scratch)]
        sizes: dict[int, int] = {}
        for s in wanted:
            sizes[s.area] = max(sizes.get(s.area, 0), s.count * np.dtype(s.dtype).itemsize)
        areas = {area: self._backend.allocate(nbytes) for area, nbytes in sizes.items()}

        def placed(arg: Any) -> Any:
            if not isinstance(arg, Scratch):
                return arg
            return areas[arg.area][: arg.count * np.dtype(arg.dtype).itemsize].view(arg.dtype)

        for calls in lists:
            calls[:] = [replace(call, args=tuple(placed(arg) for arg in call.args)) for call in calls]
        return areas


def largest_batch(needed: Callable[[int], int], most: int, free: int) -> int:
    """The largest batch up to `most` for which the bytes `needed` are free; 0 if even one image takes too many."""
    fits, too_large = 0, most + 1
    while too_large - fits > 1:
        middle = (fits + too_large) // 2
        fits, too_large = (middle, too_large) if needed(middle) <= free else (fits, middle)
    return fits


def _remedy(needed: Callable[[int], int], batch: int, free: int) -> str:
    """What to do where a batch does not fit: the largest one that does."""
    fits = largest_batch(needed, batch - 1, free)
    return f"batch {fits} fits" if fits else "use a smaller input or network: not even batch 1 fits"

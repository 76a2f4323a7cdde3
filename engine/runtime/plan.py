"""A plan: a network made ready to run for one batch size, with every buffer and every kernel call fixed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from ..graph import INPUT, Network
from ..graph.schedule import build
from ..graph.step import MEASURES, Mode, Step, needs_gradient
from ..spec import ConvscopeError, Saved, Shape, size
from .backend import Backend, declare_steps, require_memory
from .binding import Array, Binding, Call, Scratch
from .description import Description, step_facts
from .measuring import Sums
from .weights import WeightStore

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
        self.schedule = build(network, batch, mode, keep, fused, recompute)
        self.network, self.batch, self.mode = network, batch, mode
        self._store, self._backend = store, backend
        self._state = np.array([0, store.seed, 0], np.int64)
        buffers = f"The buffers of {network.name} for batch {batch} ({mode})"
        require_memory(backend, self.schedule.arena_bytes, buffers, "use a smaller batch, input or network")
        self._arena = backend.allocate(self.schedule.arena_bytes)
        clock = self.schedule.clock
        self._sums = self._measured()
        self._bindings = [self._bind(step) for step in self.schedule.steps]
        repeated = [step for step in self.schedule.steps if clock.is_repeated(step.index)]
        self._again = {step.index: self._bind(step, again=True) for step in repeated}
        self._scratch = self._place_scratch()
        self._forward = [call for binding in self._bindings for call in binding.forward_calls]
        self._programs: dict[tuple[str, bool], list[Call]] = {}

    # ---- buffers

    @property
    def nbytes(self) -> int:
        """Bytes this plan holds: activations, gradients and what backward needs, plus the kernels' scratch."""
        return self._arena.nbytes + sum(area.nbytes for area in self._scratch.values())

    @property
    def input(self) -> Array:
        """Where the batch goes: (batch, H, W, C) float32."""
        return self.value(INPUT)

    def value(self, name: str) -> Array:
        """A node's output, (batch, *shape) float32. In inference mode only the output and kept nodes last."""
        return self._shaped(f"value:{self._value(name)}", self._shape(name))

    def seed(self, name: str) -> Array:
        """Where the gradient with respect to a node's output is written before `backward(name)`."""
        return self._shaped(f"grad:{self._value(name)}", self._shape(name))

    def saved(self, name: str, which: str) -> Array:
        """An array that a layer keeps for backward, such as ("pool1", "switches"), (batch, *shape)."""
        step = next(s for s in self.schedule.steps if s.name == name)
        record = next(r for r in step.layer.saved(step.input_shapes, step.output_shape) if r.name == which)
        shape = (self.batch, *record.shape) if record.per_sample else record.shape
        return self._saved(name, record, again=True).reshape(shape)

    # ---- running

    def forward(self, step: int = 0) -> Array:
        """Run all layers on `input` and return the output (a view). `step` selects dropout's random numbers."""
        self._state[2] = step
        self._store.refresh(packed for binding in (*self._bindings, *self._again.values()) for packed in binding.packed)
        for call in self._forward:
            call()
        return self.value(self.network.output)

    def backward(self, name: str, relu: ReluRule = "plain", weights: bool = True) -> None:
        """Run the gradient written to `seed(name)` back to the input; with `weights`, fill the model's gradients too.

        `relu` is the rule at every ReLU: plain, deconvnet (Zeiler & Fergus 2013) or guided (Springenberg et al. 2014).
        """
        if relu not in RELU_RULES:
            raise ConvscopeError(f"There is no ReLU rule {relu!r}; use one of: {', '.join(RELU_RULES)}.")
        if relu != "plain" and self.schedule.rectified:
            raise ConvscopeError(f"The ReLU rule {relu!r} needs a pass with training=False; this one was for training.")
        self._state[0] = RELU_RULES.index(relu)
        key = (self._value(name), weights)
        if key not in self._programs:
            self._programs[key] = self._backward_program(*key)
        for call in self._programs[key]:
            call()

    def calls(self, name: str) -> dict[str, tuple[Call, ...]]:
        """One node's kernel calls by pass: "packing" of weights, "forward", "weights" and "input" (port 0).

        They are there to be timed after a whole pass. Calls that both gradients need count with "weights". The caller
        holds `compute.exclusive`.
        """
        bound = next(binding for binding in self._bindings if binding.name == name)
        later = self._again.get(bound.index, bound)
        return {
            "packing": tuple(packed.call for packed in bound.packed),
            "forward": tuple(bound.forward_calls),
            "weights": (*later.backward_calls, *later.weight_calls),
            "input": tuple(later.input_calls.get(0, ())),
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

    def _value(self, name: str) -> str:
        """The value a node stands for; ConvscopeError if it is computed together with the next layer."""
        if name not in self.schedule.value_of:
            raise ConvscopeError(f"{name} is computed together with the layer after it; name it in `keep`.")
        return self.schedule.value_of[name]

    def _shape(self, name: str) -> Shape:
        shape = self.network.shapes()[name]
        assert shape is not None  # the schedule was built, so all shapes are known
        return (self.batch, *shape)

    def _buffer(self, key: str, dtype: str = "float32") -> Array:
        span = self.schedule.spans[key]
        return self._arena[span.offset : span.offset + span.nbytes].view(dtype)

    def _shaped(self, key: str, shape: Shape) -> Array:
        if key not in self.schedule.spans:
            raise ConvscopeError(f"A plan for {self.mode} has no {key.replace(':', ' of ')}; use another mode.")
        return self._buffer(key).reshape(shape)

    def _held(self, value: str, again: bool = True) -> Array:
        """A value, as backward finds it if `again`."""
        key = f"again:{value}"
        return self._buffer(key if again and key in self.schedule.spans else f"value:{value}")

    def _saved(self, name: str, record: Saved, again: bool) -> Array:
        key = f"resaved:{name}.{record.name}"
        found = key if again and key in self.schedule.spans else f"saved:{name}.{record.name}"
        return self._buffer(found, record.dtype)

    def _bind(self, step: Step, again: bool = False) -> Binding:
        """A step's calls: those of the forward pass, or those that compute it `again` and then go back through it."""
        learns = self.mode != "inference"
        layer_saved = step.layer.saved(step.input_shapes, step.output_shape) if learns else ()
        binding = Binding(
            name=step.name,
            index=step.index,
            mode=self.mode,
            batch=self.batch,
            threads=self._threads(step),
            input_shapes=step.input_shapes,
            output_shape=step.output_shape,
            x=[self._held(value, again) for value in step.inputs],
            y=self._held(step.value, again),
            dx=[self._gradient_target(value, step.index, port) for port, value in enumerate(step.inputs)],
            dy=self._buffer(f"grad:{step.value}") if learns else None,
            weights=self._store.flat(step.name),
            gradients=self._store.flat_gradients(step.name),
            saved={record.name: self._saved(step.name, record, again) for record in layer_saved},
            state=self._state,
            store=self._store.packed,
            backend=self._backend,
            epilogue=step.epilogue,
            norm=self._store.flat(step.epilogue.norm.name) if step.epilogue.norm else {},
            rectified=frozenset(p for p, value in enumerate(step.inputs) if learns and self._is_rectified(value)),
            **self._measurings(step, again),
        )
        declare_steps(step.layer, binding, self._backend.name)
        return binding

    def _threads(self, step: Step) -> int:
        cost = step.layer.cost(step.input_shapes, step.output_shape)
        values = sum(size(shape) for shape in (*step.input_shapes, step.output_shape))
        return self._backend.threads_for(cost.macs * self.batch, values * self.batch)

    def _measured(self) -> dict[tuple[str, str], Sums]:
        """The sums that a convolution takes for a batch norm: ("moments", value read) or ("products", value written).

        Moments, if the batch norm reads what the convolution alone writes; products, if the convolution is the only
        one to send a gradient back to the batch norm.
        """
        found: dict[tuple[str, str], Sums] = {}
        if self.mode != "training":
            return found
        written = {step.value: step for step in self.schedule.steps}
        for step in self.schedule.steps:
            if step.layer.type_name() != "BatchNorm":
                continue
            writer, readers = written.get(step.inputs[0]), self.schedule.readers[step.value]
            if writer is not None and writer.layer.type_name() in MEASURES and not writer.epilogue.nodes:
                found["moments", writer.value] = Sums.room(step.input_shapes[0][-1], self._threads(writer))
            reader = self.schedule.steps[readers[0][0]] if len(readers) == 1 else None
            if reader is not None and reader.layer.type_name() in MEASURES and readers[0][1] == 0:
                found["products", step.value] = Sums.room(step.output_shape[-1], self._threads(reader))
        return found

    def _measurings(self, step: Step, again: bool) -> dict[str, Any]:
        """What a step measures for others, and others for it."""
        value, source, sums = step.value, step.inputs[0], self._sums
        asked: dict[str, Any] = {}
        if step.layer.type_name() == "BatchNorm":
            asked["moments_of_input"] = sums.get(("moments", source))
            asked["products_of_gradient"] = sums.get(("products", value))
        elif step.layer.type_name() in MEASURES:
            if ("moments", value) in sums:
                asked["measures_output"] = sums["moments", value].of_values()
            if ("products", source) in sums:
                norm = next(s for s in self.schedule.steps if s.value == source)
                used = [self._buffer(f"saved:{norm.name}.{name}") for name in ("mean", "inverse_std")]
                partner = self._held(norm.inputs[0], again)
                asked["measures_gradient"] = sums["products", source].of_gradient(partner, *used)
        return asked

    def _is_rectified(self, value: str) -> bool:
        """Whether a ReLU's output has one reader only, which can then hold back what does not pass the ReLU."""
        return value in self.schedule.rectified and len(self.schedule.readers[value]) == 1

    def _gradient_target(self, value: str, index: int, port: int) -> Array | None:
        """Where a step writes its contribution to a value's gradient; None where that gradient is not wanted."""
        if self.mode == "inference" or not needs_gradient(self.mode, value):
            return None
        first = self.schedule.readers[value][0] == (index, port)
        return self._buffer(f"grad:{value}" if first else f"part:{value}>{self.schedule.steps[index].name}.{port}")

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

    def _backward_program(self, seeded: str, weights: bool) -> list[Call]:
        """Calls from the seeded value back to the input, leaving out steps the value does not depend on."""
        behind = self._steps_behind(seeded)
        active = [step for step in reversed(self.schedule.steps) if step.index in behind]
        waiting = Counter(value for step in active for value in step.inputs)  # contributions still to come
        begun = {seeded}
        program = [self._masking(seeded)] if seeded in self.schedule.rectified else []
        entered = len(self.schedule.clock.starts) - 1  # the last segment's values are there
        for step in active:
            segment = self.schedule.clock.segment(step.index)
            if segment != entered:
                program += self._repeated(segment)
                entered = segment
            binding = self._again.get(step.index, self._bindings[step.index])
            program += binding.backward_calls + (binding.weight_calls if weights else [])
            for port in sorted(range(len(step.inputs)), key=lambda port: self._shares(step, port)):
                value = step.inputs[port]
                if binding.wants_input_gradient(port):
                    waiting[value] -= 1
                    program += self._contribution(binding, step, port, begun, last=waiting[value] == 0)
        return program

    def _repeated(self, segment: int) -> list[Call]:
        """The calls that compute a segment's values again."""
        indices = [index for index in self.schedule.clock.segments[segment] if index in self.schedule.again]
        return [call for index in indices for call in self._again[index].forward_calls if not call.once]

    def _shares(self, step: Step, port: int) -> bool:
        """Whether the port's gradient is the step's own, in the same place."""
        value = step.inputs[port]
        first = self.schedule.readers[value][0] == (step.index, port)
        return first and value in self.schedule.shared_gradients

    def _contribution(self, binding: Binding, step: Step, port: int, begun: set[str], last: bool) -> list[Call]:
        """One reader's part of a value's gradient: written in place by the value's first reader, else added.

        The last one to come holds back what does not pass the ReLU that the value comes from.
        """
        value = step.inputs[port]
        calls = [] if self._shares(step, port) else list(binding.input_calls.get(port, ()))
        masks = last and value in self.schedule.rectified and port not in binding.masked
        if self.schedule.readers[value][0] != (step.index, port):
            total, count = self._buffer(f"grad:{value}"), self._count(value)
            if value not in begun:  # the first reader takes no part in this program
                calls.insert(0, self._own_call(self._backend.fill_zero, total, count))
            if masks:
                x = self._held(value)
                calls.append(self._own_call(self._backend.add_masked, binding.dx[port], x, total, count))
            else:
                calls.append(self._own_call(self._backend.add_into, binding.dx[port], total, count))
        elif masks:
            calls.append(self._masking(value))
        begun.add(value)
        return calls

    def _masking(self, value: str) -> Call:
        """Hold back the gradient of a value where it is not positive."""
        x, gradient = self._held(value), self._buffer(f"grad:{value}")
        return self._own_call(self._backend.mask, x, gradient, self._count(value))

    def _count(self, value: str) -> int:
        return self.batch * size(self.schedule.shapes[value])

    def _own_call(self, kernel: Any, *args: Any) -> Call:
        """A call of the plan itself; its last argument is a count of values."""
        threads = self._backend.threads_for(0, 2 * args[-1])
        return Call(kernel, (*args, threads), self._backend.build(kernel, threads))

    def _steps_behind(self, value: str) -> set[int]:
        written_by = {step.value: step for step in self.schedule.steps}
        found: set[int] = set()
        waiting = [value]
        while waiting:
            step = written_by.get(waiting.pop())
            if step is not None and step.index not in found:
                found.add(step.index)
                waiting += step.inputs
        return found

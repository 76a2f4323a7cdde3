"""The calls of a backward pass, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..graph.schedule import Schedule
from ..graph.step import Step
from ..spec import ConvscopeError, size
from .backend import Backend
from .binding import Binding, Call
from .buffers import Buffers


class BackwardProgram:
    """Writes the calls that take the gradients of the `seeded` values back to the input, together.

    None of these values may depend on another: ConvscopeError. `first` are the bindings of the forward pass; `again`
    those of steps that are computed again, by index. `until` is a value whose gradient is the last one wanted: it stays
    readable, which those on the way do not.
    """

    def __init__(
        self,
        buffers: Buffers,
        backend: Backend,
        first: Sequence[Binding],
        again: Mapping[int, Binding],
        seeded: Sequence[str],
        until: str | None = None,
    ) -> None:
        self._buffers, self._backend = buffers, backend
        self._schedule: Schedule = buffers.schedule
        self._bindings = {binding.index: again.get(binding.index, binding) for binding in first}
        self._seeded = seeded
        behind = _steps_behind(self._schedule, seeded)
        if until is not None:
            behind &= _steps_before(self._schedule, until)
        inner = {value for step in self._schedule.steps if step.index in behind for value in step.inputs}
        if not inner.isdisjoint(seeded):
            raise ConvscopeError(f"Of {' and '.join(seeded)} one depends on another; seed them one after the other.")
        wanted = self._schedule.differentiated
        self._active = [s for s in reversed(self._schedule.steps) if s.index in behind and s.value in wanted]
        self._waiting = Counter(value for step in self._active for value in step.inputs)  # contributions to come
        self._begun = {*seeded}

    def calls(self, weights: bool) -> list[Call]:
        """All calls but those of steps no seeded value depends on; with `weights`, their gradients' too."""
        program = [self._masking(value) for value in self._seeded if value in self._schedule.rectified]
        entered = len(self._schedule.clock.starts) - 1  # the last segment's values are there
        for step in self._active:
            segment = self._schedule.clock.segment(step.index)
            if segment != entered:
                program += self._repeated(segment)
                entered = segment
            program += self._step(step, weights)
        return program

    def _repeated(self, segment: int) -> list[Call]:
        """The calls that compute a segment's values again."""
        indices = [index for index in self._schedule.clock.segments[segment] if index in self._schedule.again]
        return [call for index in indices for call in self._bindings[index].forward_calls if not call.once]

    def _step(self, step: Step, weights: bool) -> list[Call]:
        binding = self._bindings[step.index]
        calls = [] if step.value not in self._seeded or binding.measures_seed is None else [binding.measures_seed]
        calls += binding.backward_calls + (binding.weight_calls if weights else [])
        for port in sorted(range(len(step.inputs)), key=lambda port: self._shares(step, port)):
            if binding.wants_input_gradient(port):
                calls += self._contribution(binding, step, port)
        return calls

    def _shares(self, step: Step, port: int) -> bool:
        """Whether the port's gradient is the step's own, unchanged, in the same place."""
        value = step.inputs[port]
        first = self._schedule.readers[value][0] == (step.index, port)
        return first and port in step.passes and value in self._schedule.shared_gradients

    def _contribution(self, binding: Binding, step: Step, port: int) -> list[Call]:
        """One reader's part of a value's gradient: written in place by the value's first reader, else added.

        The last one to come holds back what does not pass the ReLU that the value comes from.
        """
        value = step.inputs[port]
        self._waiting[value] -= 1
        calls = [] if self._shares(step, port) else list(binding.input_calls.get(port, ()))
        masks = self._waiting[value] == 0 and value in self._schedule.rectified and port not in binding.masked
        if self._schedule.readers[value][0] != (step.index, port):
            total, count = self._buffers.gradient(value), self._count(value)
            if value not in self._begun:  # the first reader takes no part in this program
                calls.insert(0, self._own_call(self._backend.fill_zero, total, count))
            if masks:
                x = self._buffers.value(value, again=True)
                calls.append(self._own_call(self._backend.add_masked, binding.dx[port], x, total, count))
            else:
                calls.append(self._own_call(self._backend.add_into, binding.dx[port], total, count))
        elif masks:
            calls.append(self._masking(value))
        self._begun.add(value)
        return calls

    def _masking(self, value: str) -> Call:
        """Hold back the gradient of a value where it is not positive."""
        x, gradient = self._buffers.value(value, again=True), self._buffers.gradient(value)
        return self._own_call(self._backend.mask, x, gradient, self._count(value))

    def _count(self, value: str) -> int:
        return self._schedule.batch * size(self._schedule.shapes[value])

    def _own_call(self, kernel: Any, *args: Any) -> Call:
        """A call that belongs to no layer; its last argument is a count of values."""
        threads = self._backend.threads_for(0, 2 * args[-1])
        return Call(kernel, (*args, threads), self._backend.build(kernel, threads))


def _steps_before(schedule: Schedule, value: str) -> set[int]:
    """Indices of the steps that depend on this value."""
    moved, found = {value}, set()
    for step in schedule.steps:
        if not moved.isdisjoint(step.inputs):
            moved.add(step.value)
            found.add(step.index)
    return found


def _steps_behind(schedule: Schedule, values: Sequence[str]) -> set[int]:
    """Indices of the steps these values depend on."""
    written_by = {step.value: step for step in schedule.steps}
    found: set[int] = set()
    waiting = [*values]
    while waiting:
        step = written_by.get(waiting.pop())
        if step is not None and step.index not in found:
            found.add(step.index)
            waiting += step.inputs
    return found

"""How long each buffer of a plan must keep its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ..spec import Shape, size
from .arena import Span, pack
from .node import INPUT
from .segments import Clock
from .step import FLOAT_BYTES, MASKED_BY_OUTPUT, Mode, Reader, Step

_ITEM_BYTES = {"float32": 4, "uint8": 1, "uint32": 4}

Life = tuple[int, int, int]
"""Bytes, first and last moment of a buffer."""


@dataclass(frozen=True)
class Lives:
    """Lifetimes of buffers, in the moments of a clock.

    What is computed again has two lives: `value:` and `saved:` in the forward pass, `again:` and `resaved:` later.
    Backward computes the gradients of the values `differentiated`, and runs the steps that write them.
    """

    steps: list[Step]
    readers: Mapping[str, tuple[Reader, ...]]
    shapes: Mapping[str, Shape]
    batch: int
    mode: Mode
    kept: set[str]
    differentiated: frozenset[str]
    clock: Clock

    @cached_property
    def repeated(self) -> frozenset[str]:
        """Values that are computed again: those that no other segment reads."""
        again = [step for step in self.steps if self.clock.is_repeated(step.index) and step.value not in self.kept]
        return frozenset(step.value for step in again if self._stays(step))

    def _stays(self, step: Step) -> bool:
        """Whether a step's value is read in its own segment only."""
        segment = self.clock.segment
        return all(segment(t) == segment(step.index) for t, _ in self.readers[step.value])

    @cached_property
    def again(self) -> frozenset[int]:
        """Steps that run again: whose value does, or that save something for each sample."""
        repeated = [step for step in self.steps if self.clock.is_repeated(step.index)]
        return frozenset(step.index for step in repeated if step.value in self.repeated or self._saves(step))

    @staticmethod
    def _saves(step: Step) -> bool:
        return any(saved.per_sample for saved in step.layer.saved(step.input_shapes, step.output_shape))

    @cached_property
    def rectified(self) -> frozenset[str]:
        return frozenset(step.value for step in self.steps if step.epilogue.relu)

    @cached_property
    def written(self) -> dict[str, int]:
        return {INPUT: -1, **{step.value: step.index for step in self.steps}}

    def all(self) -> dict[str, Life]:
        """(bytes, first, last) of each buffer."""
        lives = self._values()
        if self.mode != "inference":
            lives |= self._saved() | self._gradients()
        return lives

    def sharing(self) -> dict[str, str]:
        """Values whose gradient lies where the gradient of another one lies, by value.

        A step that passes its gradient on unchanged has nothing to write, if nobody has written before and nobody
        reads it under its first name afterwards: only the step itself does, which passes it on last. A step that
        overwrites its gradient does so unless somebody may want to read it.
        """
        shared: dict[str, str] = {}
        for step in self.steps:
            for port in reversed(step.passes if step.value in self.kept else (*step.overwrites, *step.passes)):
                value = step.inputs[port]
                once = step.inputs.count(value) == 1 and {value, step.value} <= self.differentiated
                if once and self.readers[value][0] == (step.index, port):
                    shared[value] = step.value
                    break
        return shared

    def _values(self) -> dict[str, Life]:
        lives: dict[str, Life] = {}
        for value, shape in self.shapes.items():
            nbytes, born = size(shape) * self.batch * FLOAT_BYTES, self.written[value]
            forward = max([born, *(index for index, _ in self.readers[value])])
            later = self._later_uses(value) if self.mode == "training" else []
            if self.mode == "training" and not self.readers[value]:
                later.append(self.clock.backward(self.clock.steps))  # the loss reads it, and writes its gradient
            if self.mode == "gradient" or value in self.kept:
                later = [self.clock.end]
            if value in self.repeated:
                again = self.clock.again(born)
                lives[f"value:{value}"] = (nbytes, born, forward)
                lives[f"again:{value}"] = (nbytes, again, max([again, *later]))
            else:
                lives[f"value:{value}"] = (nbytes, born, max([forward, *later]))
        return lives

    def _later_uses(self, value: str) -> list[int]:
        """Moments after the forward pass at which a value is read."""
        clock = self.clock
        written = [self.written[value]] if self.written[value] in self.again else []
        again = [clock.again(t) for t in (*written, *(t for t, _ in self.readers[value])) if t in self.again]
        return again + [clock.backward(t) for t in self._backward_users(value, self.written[value])]

    def _saved(self) -> dict[str, Life]:
        lives: dict[str, Life] = {}
        for step in self.steps:
            for saved in step.layer.saved(step.input_shapes, step.output_shape):
                count = size(saved.shape) * (self.batch if saved.per_sample else 1)
                key, nbytes, first = f"{step.name}.{saved.name}", count * _ITEM_BYTES[saved.dtype], step.index
                last = self._last_use(step)
                if saved.per_sample and self.clock.is_repeated(first):
                    lives[f"saved:{key}"] = (nbytes, first, first)
                    lives[f"resaved:{key}"] = (nbytes, self.clock.again(first), last)
                else:
                    lives[f"saved:{key}"] = (nbytes, first, last)
        return lives

    def _last_use(self, step: Step) -> int:
        """When what a step saves is written or read for the last time."""
        if self.mode == "gradient":
            return self.clock.end
        if step.value in self.differentiated:
            return self.clock.backward(step.index)
        return self.clock.again(step.index) if self.clock.is_repeated(step.index) else step.index

    def _gradients(self) -> dict[str, Life]:
        clock, written, lives = self.clock, self.written, {}
        for value, shape in self.shapes.items():
            if value not in self.differentiated:
                continue
            nbytes = size(shape) * self.batch * FLOAT_BYTES
            born = clock.backward(max((index for index, _ in self.readers[value]), default=clock.steps))
            last = clock.end if value == INPUT else clock.backward(written[value])
            lives[f"grad:{value}"] = (nbytes, min(born, last), last)
            for index, port in self.readers[value][1:]:
                moment = clock.backward(index)
                lives[f"part:{value}>{self.steps[index].name}.{port}"] = (nbytes, moment, moment)
        return lives

    def _backward_users(self, value: str, written: int) -> list[int]:
        """Steps whose backward pass reads this value again."""
        readers = [reader for reader in self.readers[value] if self.steps[reader[0]].value in self.differentiated]
        users = [t for t, port in readers if "input" in self.steps[t].layer.backward_needs and self._is_own(t, port)]
        if value in self.rectified and readers and not self._masked_by_output(value):
            users.append(readers[-1][0])
        if written < 0:
            return users
        step = self.steps[written]
        if step.value not in self.differentiated:
            return users
        needed = "output" in step.layer.backward_needs
        masks = any(self._masked_by_output(source) for source in step.inputs if source in self.rectified)
        return [*users, written] if needed or masks else users

    def _is_own(self, index: int, port: int) -> bool:
        """Whether the layer itself reads this port, and not its epilogue."""
        return port != self.steps[index].epilogue.add_port

    def _masked_by_output(self, value: str) -> bool:
        """Whether a value's only reader knows from its own output where the value is positive."""
        readers = self.readers[value]
        return len(readers) == 1 and self.steps[readers[0][0]].layer.type_name() in MASKED_BY_OUTPUT


def placed(lives: dict[str, Life], shared: Mapping[str, str]) -> dict[str, Span]:
    """Spans of all buffers. In `lives` the gradients that share a place become one, which lives as long as all."""
    root = dict.fromkeys(shared, "")
    for value in shared:
        at = value
        while at in shared:
            at = shared[at]
        root[value] = at
    for value, first in root.items():
        nbytes, begin, end = lives[f"grad:{first}"]
        _, other_begin, other_end = lives.pop(f"grad:{value}")
        lives[f"grad:{first}"] = (nbytes, min(begin, other_begin), max(end, other_end))
    spans = pack(lives)
    return spans | {f"grad:{value}": spans[f"grad:{first}"] for value, first in root.items()}

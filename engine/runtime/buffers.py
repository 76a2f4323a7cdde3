"""The arena of a plan as arrays: where each value, gradient and saved array of a schedule lies."""

from __future__ import annotations

from ..graph.schedule import Schedule
from ..graph.step import Step
from ..spec import Saved
from .backend import Backend
from .binding import Array


class Buffers:
    """One block of memory, laid out as a schedule says."""

    def __init__(self, schedule: Schedule, backend: Backend) -> None:
        self.schedule = schedule
        self.arena = backend.allocate(schedule.arena_bytes)

    def __contains__(self, key: str) -> bool:
        return key in self.schedule.spans

    def array(self, key: str, dtype: str = "float32") -> Array:
        """A buffer by its key in the schedule's spans, flat."""
        span = self.schedule.spans[key]
        return self.arena[span.offset : span.offset + span.nbytes].view(dtype)

    def value(self, value: str, again: bool) -> Array:
        """A value; as backward finds it if `again`."""
        key = f"again:{value}"
        return self.array(key if again and key in self else f"value:{value}")

    def saved(self, name: str, record: Saved, again: bool) -> Array:
        """What a step saves; as backward finds it if `again`."""
        key = f"resaved:{name}.{record.name}"
        return self.array(key if again and key in self else f"saved:{name}.{record.name}", record.dtype)

    def gradient(self, value: str) -> Array | None:
        """The sum of what a value's readers contribute; None where it is not wanted."""
        return self.array(f"grad:{value}") if value in self.schedule.differentiated else None

    def contribution(self, step: Step, port: int) -> Array | None:
        """Where a step writes its share of its input's gradient; None where that gradient is not wanted."""
        schedule, value = self.schedule, step.inputs[port]
        if not {value, step.value} <= schedule.differentiated:
            return None
        first = schedule.readers[value][0] == (step.index, port)
        return self.array(f"grad:{value}" if first else f"part:{value}>{step.name}.{port}")

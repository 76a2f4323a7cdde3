"""What steps on the GPU found, on its way to the host: nobody waits for a step before the next one is begun."""

from __future__ import annotations

from typing import Any

from ..runtime.backend import Arrival, Backend
from ..runtime.binding import Array
from .loss import cuda
from .outcome import Known

_SLOTS = 2  # outcomes on their way at once


class Figures:
    """The array of loss/cuda.py, and places in the host's memory for the figures of steps that were begun."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.array: Array = backend.zeros(cuda.FIGURES, "float64")
        self._slots = [backend.host(self.array) for _ in range(_SLOTS)]
        self._coming: list[Coming | None] = [None] * _SLOTS
        self._turn = 0
        self._halted = False

    def prepare(self) -> None:
        """Let steps go on that halted, if that was read."""
        if self._halted:
            zeros = self._slots[self._turn]
            self._settle(self._turn)
            zeros[:] = 0
            self._backend.upload(zeros, self.array).synchronize()
            self._halted = False

    def outcome(self) -> Coming:
        """What the step begun last finds."""
        self._settle(self._turn)
        slot = self._slots[self._turn]
        found = Coming(slot, self._backend.fetch(self.array, slot), self._halt)
        self._coming[self._turn] = found
        self._turn = (self._turn + 1) % _SLOTS
        return found

    def _settle(self, turn: int) -> None:
        """Have what a slot holds taken out of it."""
        before = self._coming[turn]
        if before is not None:
            before.arrive()
        self._coming[turn] = None

    def _halt(self) -> None:
        self._halted = True


class Coming:
    """The outcome of a step whose figures are on their way; see `outcome.Outcome`."""

    def __init__(self, slot: Array, arrival: Arrival, halt: Any) -> None:
        self._slot, self._arrival, self._halt = slot, arrival, halt
        self._known: Known | None = None

    def arrive(self) -> Known:
        """Wait for the figures."""
        if self._known is None:
            self._arrival.synchronize()
            figures = float(self._slot[cuda.LOSS]), int(self._slot[cuda.CORRECT]), int(self._slot[cuda.BAD])
            self._known = Known(*figures, place=int(self._slot[cuda.PLACE]) - 1)
            if self._slot[cuda.HALTED] or self._slot[cuda.BAD]:
                self._halt()
        return self._known

    def read(self) -> tuple[float, int]:
        return self.arrive().read()

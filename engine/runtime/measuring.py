"""Sums that one step takes for another: a convolution's writer has the rows in cache that batch norm wants to sum.

A *measuring* is what kernels take: (what, channels, partner, mean, inverse_std, sums, block), see kernels/moments.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..graph.step import MEASURES, Step
from ..kernels.moments import MOMENTS, PRODUCTS

if TYPE_CHECKING:
    from .backend import Backend
    from .binding import Array
    from .buffers import Buffers

Measuring = tuple[int, int, Any, Any, Any, Any, Any]


@dataclass(frozen=True)
class Sums:
    """Room for two sums of each channel from each of so many threads."""

    channels: int
    threads: int
    sums: Array
    block: Array

    @classmethod
    def room(cls, channels: int, threads: int, backend: Backend) -> Sums:
        count = 2 * channels * threads
        return cls(channels, threads, backend.zeros(count, "float64"), backend.zeros(count))

    def of_values(self) -> Measuring:
        """Sums of x and x² of the values written."""
        none = self.block
        return MOMENTS, self.channels, none, none, none, self.sums, self.block

    def of_gradient(self, partner: Array, mean: Array, inverse_std: Array) -> Measuring:
        """Sums of dy and dy·x̂ of the gradient written, x̂ being the normalised `partner`."""
        return PRODUCTS, self.channels, partner, mean, inverse_std, self.sums, self.block


class Measurements:
    """Which convolution takes which sums for which batch norm of a training schedule.

    Moments, if the batch norm reads what the convolution alone writes; products, if the convolution is the only one to
    send a gradient back to the batch norm; none for a frozen one, nor where the backend's convolutions take none.
    `threads` tells how many threads a step shares its work among.
    """

    def __init__(self, buffers: Buffers, backend: Backend, threads: Callable[[Step], int]) -> None:
        self._buffers = buffers
        norms = (step for step in buffers.schedule.steps if step.layer.type_name() == "BatchNorm")
        self._norms = {step.value: step for step in norms if step.name not in buffers.schedule.frozen}
        self._moments: dict[str, Sums] = {}
        self._products: dict[str, Sums] = {}
        if buffers.schedule.mode != "training" or not backend.measures:
            return
        steps, readers = buffers.schedule.steps, buffers.schedule.readers
        written = {step.value: step for step in steps}
        for value, norm in self._norms.items():
            writer, own = written.get(norm.inputs[0]), readers[value]
            if writer is not None and writer.layer.type_name() in MEASURES and not writer.epilogue.nodes:
                self._moments[writer.value] = Sums.room(norm.input_shapes[0][-1], threads(writer), backend)
            reader = steps[own[0][0]] if len(own) == 1 and own[0][1] == 0 else None
            if reader is not None and reader.layer.type_name() in MEASURES:
                self._products[value] = Sums.room(norm.output_shape[-1], threads(reader), backend)

    def of(self, step: Step, again: bool) -> dict[str, Any]:
        """A binding's fields: what others measure for this step, and it for others."""
        if step.layer.type_name() == "BatchNorm":
            sums = self._products.get(step.value)
            return {"moments_of_input": self._moments.get(step.inputs[0]), "products_of_gradient": sums}
        found: dict[str, Any] = {}
        if step.layer.type_name() in MEASURES:
            if step.value in self._moments:
                found["measures_output"] = self._moments[step.value].of_values()
            if step.inputs[0] in self._products:
                found["measures_gradient"] = self._of_gradient(self._norms[step.inputs[0]], again)
        return found

    def _of_gradient(self, norm: Step, again: bool) -> Measuring:
        used = [self._buffers.array(f"saved:{norm.name}.{name}") for name in ("mean", "inverse_std")]
        partner = self._buffers.value(norm.inputs[0], again)
        return self._products[norm.value].of_gradient(partner, *used)

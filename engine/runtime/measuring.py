"""Sums that one step takes for another: a convolution's writer has the rows in cache that batch norm wants to sum.

A *measuring* is what kernels take: (what, channels, partner, mean, inverse_std, sums, block, scale, shift), see
kernels/moments.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..graph.step import MEASURES, Step
from ..kernels.moments import MASKED_PRODUCTS, MOMENTS, PRODUCTS

if TYPE_CHECKING:
    from .backend import Backend
    from .binding import Array
    from .buffers import Buffers

Measuring = tuple[int, int, Any, Any, Any, Any, Any, Any, Any]


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
        return MOMENTS, self.channels, none, none, none, self.sums, self.block, none, none

    def of_gradient(
        self, partner: Array, statistics: tuple[Array, Array], affine: tuple[Array, Array], masks: bool = False
    ) -> Measuring:
        """Sums of dy and dy·x̂ of the gradient written, x̂ being the `partner` normalised by mean and 1/deviation.

        With `masks`, dy first becomes 0 where scale · x̂ + shift is not positive.
        """
        what = MASKED_PRODUCTS if masks else PRODUCTS
        return what, self.channels, partner, *statistics, self.sums, self.block, *affine


class Measurements:
    """Which convolution takes which sums for which batch norm of a training schedule.

    Moments, if the batch norm reads what the convolution alone writes; products, if the convolution is the only one to
    send a gradient back to the batch norm; none for a frozen one, nor where the backend's convolutions take none.
    A convolution that takes products also holds back what a ReLU behind the norm does not let through, if that ReLU
    sees the norm alone. `threads` tells how many threads a step shares its work among, `affine` the scale and shift of
    a norm by its name.
    """

    def __init__(
        self,
        buffers: Buffers,
        backend: Backend,
        threads: Callable[[Step], int],
        affine: Callable[[str], tuple[Array, Array]],
    ) -> None:
        self._buffers, self._affine = buffers, affine
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
        mean, inverse_std = (self._buffers.array(f"saved:{norm.name}.{name}") for name in ("mean", "inverse_std"))
        partner = self._buffers.value(norm.inputs[0], again)
        masks = norm.epilogue.relu and norm.epilogue.add_port is None
        return self._products[norm.value].of_gradient(partner, (mean, inverse_std), self._affine(norm.name), masks)

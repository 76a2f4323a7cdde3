"""Convolution of few channels a group as calls of the CPU's kernels; see choice.py for when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..folding_cpu import effective
from . import channelwise
from .channelwise_tables import Rows, forward_rows, input_gradient_rows
from .steps_endings import forward_ending, gradient_ending
from .tables import Conv

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding


class Channelwise:
    """Vectors of channels beside each other; any kernel, stride, padding and dilation. Weights are used as they are."""

    @classmethod
    def forward(cls, case: Conv, bind: Binding) -> None:
        t, own = forward_rows(case), effective(bind)
        bias = np.zeros(case.filters, np.float32) if own.bias is None else own.bias
        bind.forward(channelwise.slide, bind.x[0], own.weight, bias, *forward_ending(bind), *cls._numbers(t, bind))

    @classmethod
    def input_gradient(cls, case: Conv, bind: Binding) -> None:
        t, zeros = input_gradient_rows(case), np.zeros(case.filters, np.float32)
        arrays = (bind.dy, cls._seen_by_inputs(case, bind), zeros, *gradient_ending(bind))
        bind.backward_input(0, channelwise.slide, *arrays, *cls._numbers(t, bind))

    @classmethod
    def weight_gradient(cls, case: Conv, bind: Binding) -> None:
        t, dw, has_bias = forward_rows(case), bind.gradients["weight"], "bias" in bind.gradients
        arrays = (bind.x[0], bind.dy, dw, bind.gradients.get("bias", dw), has_bias)
        partials = bind.scratch(t.partial * bind.threads)
        bind.backward_weights(channelwise.weight_gradient, *arrays, partials, *cls._numbers(t, bind))

    @staticmethod
    def _seen_by_inputs(case: Conv, bind: Binding) -> Array:
        """The weights by input channel: where groups have several channels, those of a group exchanged."""
        weight = bind.weights["weight"]
        if case.group_channels == 1:
            return weight
        shape = (case.kernel[0] * case.kernel[1], case.channels, case.group_channels)
        return bind.pack("exchanged", weight.size, channelwise.pack_exchanged, weight, *shape)

    @staticmethod
    def _numbers(t: Rows, bind: Binding) -> tuple[object, ...]:
        return (t.geometry, t.rows, t.phases, *t.form, bind.threads)

"""Convolution of few channels a group as calls of the CPU's kernels; see choice.py for when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..folding import Effective
from . import channelwise
from .channelwise_tables import Rows, forward_rows, input_gradient_rows
from .tables import Conv

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding
    from .steps_passes import Product, WeightGradient


class Channelwise:
    """Vectors of channels beside each other; any kernel, stride, padding and dilation. Weights are used as they are."""

    def forward(self, case: Conv, bind: Binding, p: Product) -> None:
        bias = np.zeros(case.filters, np.float32) if p.own.bias is None else p.own.bias
        self._slide(bind, p, forward_rows(case), p.own.weight, bias)

    def input_gradient(self, case: Conv, bind: Binding, p: Product) -> None:
        weight, bias = self._seen_by_inputs(case, bind, p.own), self._bias_of_inputs(case, bind, p.own)
        self._slide(bind, p, input_gradient_rows(case), weight, bias)

    def weight_gradient(self, case: Conv, bind: Binding, g: WeightGradient) -> None:
        t = forward_rows(case)
        partials = bind.scratch(t.partial * bind.threads)
        bind.backward_weights(channelwise.weight_gradient, *g.arrays, partials, *self._numbers(t, bind))

    def _slide(self, bind: Binding, p: Product, t: Rows, weight: Array, bias: Array) -> None:
        p.record(channelwise.slide, p.source, weight, bias, *p.ending, *self._numbers(t, bind))

    @staticmethod
    def _seen_by_inputs(case: Conv, bind: Binding, own: Effective) -> Array:
        """The weights by input channel: where groups have several channels, those of a group exchanged."""
        if case.group_channels == 1:
            return own.weight
        shape = (case.kernel[0] * case.kernel[1], case.channels, case.group_channels)
        return bind.pack(f"{own.mark}exchanged", own.weight.size, channelwise.pack_exchanged, own.weight, *shape)

    @staticmethod
    def _bias_of_inputs(case: Conv, bind: Binding, own: Effective) -> Array:
        """Biases of the input channels; where several filters' results are folded, at the first of them."""
        if own.bias is None:
            return np.zeros(case.filters, np.float32)
        fold = case.filters // case.channels
        if fold == 1:
            return own.bias
        return bind.pack(f"{own.mark}folded_bias", case.filters, channelwise.pack_folded_bias, own.bias, fold)

    @staticmethod
    def _numbers(t: Rows, bind: Binding) -> tuple[object, ...]:
        return (t.geometry, t.rows, t.phases, *t.form, bind.threads)

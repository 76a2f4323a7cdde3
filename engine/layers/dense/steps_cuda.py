"""How dense layers become calls of the GPU's kernels: convolutions of one tap on images of one pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...kernels import cuda_fold, cuda_sums
from ...kernels.cuda_correlate import correlate, workers_for
from ...kernels.cuda_slide import ONE_PIXEL, ONE_TAP, kernel_for, matrix_sizes, slide
from ...kernels.words import MASK, NO_FLOOR, NOTHING
from ..folding import effective
from . import cuda
from .spec import Dense, DropConnect

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def dense(layer: Dense, bind: Binding) -> None:
    features, units, batch = bind.input_shapes[0][0], layer.units, bind.batch
    own, has_bias = effective(bind, cuda_fold.fold), "bias" in bind.weights or bind.epilogue.norm is not None
    given = (own.weight, own.bias if has_bias else own.weight, has_bias)
    sizes = matrix_sizes(batch, features, units)
    bind.algorithm = kernel_for(ONE_PIXEL, sizes, bind.backend.means)[1]
    tables = (ONE_TAP, ONE_PIXEL, sizes, bind.backend.means)
    bind.forward(slide, bind.x[0], *given, bind.y, NOTHING, bind.y, bind.floor, *tables)
    if bind.wants_input_gradient():
        weight = bind.weights["weight"]
        turned = bind.pack("turned", weight.size, cuda_fold.turn, weight, features, units, 1)
        ending = (bind.dx[0], MASK if bind.masks() else NOTHING, bind.x[0], NO_FLOOR)
        tables = (ONE_TAP, ONE_PIXEL, matrix_sizes(batch, units, features), bind.backend.means)
        bind.backward_input(0, slide, bind.dy, turned, turned, False, *ending, *tables)
    if bind.mode != "inference":
        _weight_gradient(bind, features, units)


def _weight_gradient(bind: Binding, features: int, units: int) -> None:
    dw, batch = bind.gradients["weight"], bind.batch
    sizes = (batch, 1, 1, features, 1, 1, units, 1, 1, 1)
    means = bind.backend.means
    workers = workers_for(sizes, 1, means, bind.backend.threads())
    sums = bind.scratch(dw.size * workers)
    bind.backward_weights(correlate, bind.x[0], bind.dy, dw, sums, ONE_TAP, sizes, workers, means)
    if "bias" in bind.gradients:
        sums = bind.scratch(units * bind.threads, "float64", area=1)
        bind.backward_weights(cuda_sums.matrix_sum, bind.dy, bind.gradients["bias"], batch, units, sums, bind.threads)


def drop_connect(layer: DropConnect, bind: Binding) -> None:
    """Outside training the dense layer that it is."""
    if not bind.training or layer.rate == 0:
        dense(layer, bind)
        return
    weight, bias = bind.weights["weight"], bind.weights.get("bias")
    (features,), units, batch = bind.input_shapes[0], layer.units, bind.batch
    numbers = (layer.rate, np.float32(1 / (1 - layer.rate)), bind.index, bind.state)
    given, of_sample = (weight if bias is None else bias, bias is not None), (features + 1) * units
    shape = (batch, features, units, of_sample, units, 1)
    bind.forward(cuda.product, bind.x[0], weight, units, 1, *given, bind.y, *shape, *numbers)
    shape = (batch, units, features, of_sample, 1, units)
    bind.backward_input(0, cuda.product, bind.dy, weight, 1, units, weight, False, bind.dx[0], *shape, *numbers)
    dw = bind.gradients.get("weight")
    targets = (dw, bind.gradients.get("bias", dw), bias is not None)
    bind.backward_weights(cuda.weight_gradient, bind.x[0], bind.dy, *targets, batch, features, units, *numbers)


STEPS = {Dense: dense, DropConnect: drop_connect}

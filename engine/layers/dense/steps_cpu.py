"""How dense layers become calls of the CPU's kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...kernels import fold
from ...kernels.panel import SPARE_OUTS
from ...kernels.vector import ROWS, WIDTH
from ...kernels.words import MASK, NO_FLOOR, NOTHING
from ..folding import effective
from . import cpu, dropped
from .spec import Dense, DropConnect

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding

_TASK_ROWS = 16
_ONE_TAP = np.zeros(1, np.int64)
_RUN = np.arange(cpu.RUN, dtype=np.int64)


def dense(layer: Dense, bind: Binding) -> None:
    features, units = bind.input_shapes[0][0], layer.units
    own, batch = effective(bind, fold.fold), bind.batch
    forward, biases = _packed(bind, f"{own.mark}forward", own.weight, own.bias, features, units, (units, 1))
    ending: tuple[object, ...] = (bind.y, NOTHING, bind.y, bind.floor)
    product = (batch, features, units, *_product_args(bind, features, units))
    bind.forward(cpu.product, bind.x[0], forward, biases, *ending, *product)
    if bind.wants_input_gradient():
        weight = bind.weights["weight"]
        transposed, zeros = _packed(bind, "input_gradient", weight, None, units, features, (1, units))
        ending = (bind.dx[0], MASK if bind.masks() else NOTHING, bind.x[0], NO_FLOOR)
        product = (batch, units, features, *_product_args(bind, units, features))
        bind.backward_input(0, cpu.product, bind.dy, transposed, zeros, *ending, *product)
    if bind.mode != "inference":
        _weight_gradient(bind, features, units)


def _weight_gradient(bind: Binding, features: int, units: int) -> None:
    dw, threads, batch = bind.gradients["weight"], bind.threads, bind.batch
    arrays = (bind.x[0], bind.dy, dw, bind.gradients.get("bias", dw))
    tables = (_RUN, cpu.row_tables(cpu.RUN, units), _ONE_TAP, SPARE_OUTS, np.zeros(WIDTH, np.float32))
    packed = bind.scratch(cpu.packed_size(batch, units))
    scratch = bind.scratch(threads * (batch * cpu.RUN + ROWS * WIDTH), area=1)
    sizes = (batch, features, units, "bias" in bind.gradients)
    bind.backward_weights(cpu.weight_gradient, *arrays, *sizes, *tables, packed, scratch, threads)


def _packed(
    bind: Binding,
    role: str,
    weight: Array,
    bias: Array | None,
    reduction: int,
    columns: int,
    steps: tuple[int, int],
) -> tuple[Array, Array]:
    """The packed matrix and, behind it in the same array, its biases."""
    size = cpu.packed_size(reduction, columns)
    given = (weight if bias is None else bias, bias is not None)
    shape = (size, reduction, columns, *steps, *given)
    array = bind.pack(role, size + cpu.blocks(columns) * WIDTH, cpu.pack, weight, *shape)
    return array[:size], array[size:]


def _product_args(bind: Binding, reduction: int, columns: int) -> tuple[object, ...]:
    rows, outs = cpu.row_tables(bind.batch, reduction), cpu.row_tables(bind.batch, columns)
    return (
        rows,
        outs,
        _ONE_TAP,
        SPARE_OUTS,
        bind.scratch(bind.threads * ROWS * WIDTH),
        _TASK_ROWS,
        bind.threads,
    )


def drop_connect(layer: DropConnect, bind: Binding) -> None:
    """Outside training the dense layer that it is."""
    if not bind.training or layer.rate == 0:
        dense(layer, bind)
        return
    weight, bias = bind.weights["weight"], bind.weights.get("bias")
    (features,), units, batch = bind.input_shapes[0], layer.units, bind.batch
    # drawing a random number takes as long as an elementwise value
    bind.threads = bind.backend.threads_for(0, batch * weight.size)
    numbers = (layer.rate, np.float32(1 / (1 - layer.rate)), bind.index, bind.state, bind.threads)
    given, of_sample = (weight if bias is None else bias, bias is not None), (features + 1) * units
    shape, steps = (batch, features, units), (of_sample, units, 1)
    bind.forward(dropped.product, bind.x[0], weight, *given, bind.y, shape, steps, *numbers)
    if bind.wants_input_gradient():
        turned = bind.pack("turned", weight.size, dropped.turn, weight, features, units)
        shape, steps = (batch, units, features), (of_sample, 1, units)
        bind.backward_input(0, dropped.product, bind.dy, turned, weight, False, bind.dx[0], shape, steps, *numbers)
    dw = bind.gradients["weight"]
    targets = (dw, bind.gradients.get("bias", dw), bias is not None)
    bind.backward_weights(dropped.weight_gradient, bind.x[0], bind.dy, *targets, batch, features, units, *numbers)


STEPS = {Dense: dense, DropConnect: drop_connect}

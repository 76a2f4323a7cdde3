"""How a dense layer becomes calls of the CPU's kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...kernels.panel import NO_FLOOR, SPARE_OUTS
from ...kernels.vector import ROWS, WIDTH
from . import cpu
from .spec import Dense

if TYPE_CHECKING:
    from ...runtime.binding import Array, Binding

_TASK_ROWS = 16
_ONE_TAP = np.zeros(1, np.int64)
_RUN = np.arange(ROWS, dtype=np.int64)


def dense(layer: Dense, bind: Binding) -> None:
    features, units = bind.input_shapes[0][0], layer.units
    weight, batch = bind.weights["weight"], bind.batch
    has_bias = "bias" in bind.weights
    forward, biases = _packed(bind, "forward", features, units, (units, 1), bind.weights.get("bias", weight), has_bias)
    bind.forward(
        cpu.product, bind.x[0], forward, biases, bind.y, batch, features, units, *_product_args(bind, features, units)
    )
    if bind.wants_input_gradient():
        transposed, zeros = _packed(bind, "input_gradient", units, features, (1, units), weight, False)
        bind.backward_input(
            0,
            cpu.product,
            bind.dy,
            transposed,
            zeros,
            bind.dx[0],
            batch,
            units,
            features,
            *_product_args(bind, units, features),
        )
    if bind.mode != "inference":
        _weight_gradient(bind, features, units)


def _weight_gradient(bind: Binding, features: int, units: int) -> None:
    columns, dw, threads = cpu.gradient_columns(units), bind.gradients["weight"], bind.threads
    last = features - 1 - (features - 1) // ROWS * ROWS
    rows = np.concatenate([_RUN, np.minimum(_RUN, last)])
    arrays = (bind.x[0], bind.dy, dw, bind.gradients.get("bias", dw))
    sizes = (bind.batch, features, units, "bias" in bind.gradients)
    copied, tiles = bind.scratch(bind.batch * columns), bind.scratch(threads * ROWS * WIDTH, area=1)
    bind.backward_weights(
        cpu.weight_gradient, *arrays, *sizes, rows, SPARE_OUTS, _ONE_TAP, copied, columns, tiles, threads
    )


def _packed(
    bind: Binding, role: str, reduction: int, columns: int, steps: tuple[int, int], bias: Array, has_bias: bool
) -> tuple[Array, Array]:
    """The packed matrix and, behind it in the same array, its biases."""
    size = cpu.packed_size(reduction, columns)
    array = bind.pack(
        role,
        size + cpu.blocks(columns) * WIDTH,
        cpu.pack,
        bind.weights["weight"],
        size,
        reduction,
        columns,
        *steps,
        bias,
        has_bias,
    )
    return array[:size], array[size:]


def _product_args(bind: Binding, reduction: int, columns: int) -> tuple[object, ...]:
    rows, outs = cpu.row_tables(bind.batch, reduction), cpu.row_tables(bind.batch, columns)
    return (
        rows,
        outs,
        _ONE_TAP,
        SPARE_OUTS,
        NO_FLOOR,
        bind.scratch(bind.threads * ROWS * WIDTH),
        _TASK_ROWS,
        bind.threads,
    )


STEPS = {Dense: dense}

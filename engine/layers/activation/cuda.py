"""Activation kernels on the GPU, under the names and with the arguments of cpu.py."""

import numpy as np
from numba import float32, float64

from ...kernels import cuda_elementwise as elementwise
from ...kernels.cuda_jit import REDUCERS, cuda, device, kernel, per, sequence
from ...kernels.cuda_sums import (
    COLUMNS,
    LANES,
    add_workers,
    block_max,
    block_sum,
    by_columns,
    column_sum,
    first_row,
)
from ...kernels.exponential import exp
from . import scalar
from .scalar import WITH_DERIVATIVE

FORWARD = {name: elementwise.forward(getattr(scalar, name)) for name in ("step", "relu", *WITH_DERIVATIVE)}
BACKWARD = {name: elementwise.backward(getattr(scalar, f"{name}_derivative")) for name in WITH_DERIVATIVE}
number = np.float32

relu_passes = device(scalar.relu_passes)


@kernel(per("count"))
def relu_backward(y, dy, dx, count, state, threads):
    """dx = dy where the rule in state[0] lets it pass, else 0."""
    i = cuda.grid(1)
    if i < count:
        dx[i] = dy[i] if relu_passes(y[i], dy[i], state[0]) else np.float32(0)


@kernel(per("rows", "channels"))
def prelu_forward(x, slopes, y, rows, channels, threads):
    """y = x where positive, elsewhere times the channel's slope."""
    i = cuda.grid(1)
    if i < rows * channels:
        y[i] = max(x[i], np.float32(0)) + slopes[i % channels] * min(x[i], np.float32(0))


@kernel(per("rows", "channels"))
def prelu_backward(x, dy, slopes, dx, rows, channels, threads):
    """dx = dy where x is positive, elsewhere times the channel's slope."""
    i = cuda.grid(1)
    if i < rows * channels:
        dx[i] = dy[i] if x[i] > 0 else slopes[i % channels] * dy[i]


@kernel(by_columns)
def prelu_sums(x, dy, rows, channels, sums, workers):
    """Each worker's Σ dy · min(x, 0) over its rows, in float64."""
    shared = cuda.shared.array(REDUCERS, float64)
    thread, worker = cuda.threadIdx.x, cuda.blockIdx.y
    c, total = cuda.blockIdx.x * COLUMNS + thread % COLUMNS, 0.0
    if c < channels:
        last = first_row(worker + 1, rows, workers)
        for row in range(first_row(worker, rows, workers) + thread // COLUMNS, last, LANES):
            total += dy[row * channels + c] * min(x[row * channels + c], np.float32(0))
    total = column_sum(shared, thread, total)
    if thread < COLUMNS and c < channels:
        sums[worker * channels + c] = total


@sequence
def prelu_weight_gradient(x, dy, dslopes, rows, channels, sums, block, threads):
    """dslopes = Σ dy · min(x, 0) over rows. `sums` holds threads · channels values; `block` is for the CPU."""
    return (
        *prelu_sums.launches(x, dy, rows, channels, sums, threads),
        *add_workers.launches(sums, dslopes, channels, threads),
    )


def by_rows(given):
    """One block a row."""
    return (int(given["rows"]),), REDUCERS


@kernel(by_rows)
def softmax_forward(x, y, rows, columns, threads):
    """Each row of `columns` values to e^(x−max) / Σ e^(x−max); a block a row. NaN anywhere makes the row NaN."""
    shared = cuda.shared.array(REDUCERS, float32)
    thread, at = cuda.threadIdx.x, cuda.blockIdx.x * columns
    top, total = x[at], np.float32(0)
    for i in range(thread, columns, REDUCERS):
        top = max(top, x[at + i])
    top = block_max(shared, thread, top)
    for i in range(thread, columns, REDUCERS):
        e = exp(x[at + i] - top)
        y[at + i] = e
        total += e
    scale = np.float32(1) / block_sum(shared, thread, total)
    for i in range(thread, columns, REDUCERS):
        y[at + i] *= scale


@kernel(by_rows)
def softmax_backward(y, dy, dx, rows, columns, threads):
    """dx_i = y_i (dy_i − Σ_j y_j dy_j) in each row; a block a row."""
    shared = cuda.shared.array(REDUCERS, float64)
    thread, at, dot = cuda.threadIdx.x, cuda.blockIdx.x * columns, 0.0
    for i in range(thread, columns, REDUCERS):
        dot += y[at + i] * dy[at + i]
    shift = np.float32(block_sum(shared, thread, dot))
    for i in range(thread, columns, REDUCERS):
        dx[at + i] = y[at + i] * (dy[at + i] - shift)

"""Kernels that join branches on the GPU, under the names and with the arguments of cpu.py."""

from ...kernels.cuda_jit import cuda, kernel, per


@kernel(per("count"))
def add(a, b, y, count, floor, threads):
    """y = a + b, clipped from below by floor; y may be a. NaN stays NaN."""
    i = cuda.grid(1)
    if i < count:
        total = a[i] + b[i]
        y[i] = floor if total < floor else total


@kernel(per("rows", "columns"))
def copy_columns(source, source_columns, source_at, target, target_columns, target_at, columns, rows, threads):
    """Copy a run of columns of every row from one matrix into a run of columns of another."""
    i = cuda.grid(1)
    if i < rows * columns:
        row, column = i // columns, i % columns
        target[row * target_columns + target_at + column] = source[row * source_columns + source_at + column]

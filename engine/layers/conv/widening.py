"""Weights of convolutions with few filters, spread for several output pixels at once and gathered again.

See wide_tables.py.
"""

import numpy as np

from ...kernels.jit import serial_kernel


@serial_kernel
def spread(w, wide, rows, columns, channels, filters, q, stride, turned, bias, has_bias):
    """w (R,S,C,K) as (R, S+(q−1)·stride, C, q·K), a copy for each of q pixels, and behind it q times the biases.

    `turned`: w is (R,S,K,C), and its filters are turned by half a turn with C and K exchanged.
    """
    wide_columns, wide_filters = columns + (q - 1) * stride, q * filters
    size = rows * wide_columns * channels * wide_filters
    wide[:size] = np.float32(0)
    for r in range(rows):
        for s in range(columns):
            for c in range(channels):
                for pixel in range(q):
                    at = ((r * wide_columns + s + pixel * stride) * channels + c) * wide_filters + pixel * filters
                    for k in range(filters):
                        if turned:
                            tap = (rows - 1 - r) * columns + columns - 1 - s
                            wide[at + k] = w[(tap * filters + k) * channels + c]
                        else:
                            wide[at + k] = w[((r * columns + s) * channels + c) * filters + k]
    for k in range(wide_filters):
        wide[size + k] = bias[k % filters] if has_bias else np.float32(0)


@serial_kernel
def gather(wide_dw, wide_db, dw, db, rows, columns, channels, filters, q, stride, has_bias):
    """The gradient of what `spread` copied: each weight's copies added up, in the order of pixels."""
    wide_columns, wide_filters = columns + (q - 1) * stride, q * filters
    for r in range(rows):
        for s in range(columns):
            for c in range(channels):
                for k in range(filters):
                    total = np.float32(0)
                    for pixel in range(q):
                        position = (r * wide_columns + s + pixel * stride) * channels + c
                        total += wide_dw[position * wide_filters + pixel * filters + k]
                    dw[((r * columns + s) * channels + c) * filters + k] = total
    if has_bias:
        for k in range(filters):
            total = np.float32(0)
            for pixel in range(q):
                total += wide_db[pixel * filters + k]
            db[k] = total

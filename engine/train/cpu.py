"""Kernels that make a batch: gathering and mixing."""

from ..kernels.jit import serial_kernel


@serial_kernel
def gather_pixels(images, rows, table, channels, out):
    """Look pixels of the images `rows` up: images (N, H·W·C) uint8, table (C·256,), out (n, H·W·C), both float32."""
    for i in range(rows.shape[0]):
        source, target = images[rows[i]], out[i]
        if channels == 1:  # a loop of its own, which vectorises
            for p in range(source.shape[0]):
                target[p] = table[source[p]]
        else:
            for p in range(source.shape[0] // channels):
                for c in range(channels):
                    target[p * channels + c] = table[256 * c + source[p * channels + c]]


@serial_kernel
def gather_values(images, rows, out):
    """out[i] = images[rows[i]]: images (N, P) and out (n, P) float32."""
    for i in range(rows.shape[0]):
        source, target = images[rows[i]], out[i]
        for p in range(source.shape[0]):
            target[p] = source[p]


@serial_kernel
def mix(batch, share):
    """Each image of a batch (n, P) becomes `share` of itself and the rest of image n − 1 − i, in place."""
    n, rest = batch.shape[0], 1 - share
    for i in range((n + 1) // 2):
        one, other = batch[i], batch[n - 1 - i]
        for p in range(one.shape[0]):
            a, b = one[p], other[p]
            one[p] = share * a + rest * b
            other[p] = share * b + rest * a

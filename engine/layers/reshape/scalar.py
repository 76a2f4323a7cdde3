"""Where bilinear enlargement takes its values from, for one pixel; a factor is how many pixels become of one."""

import numpy as np
from numba.extending import register_jitable


@register_jitable
def around(position, factor, length):
    """The two pixels whose centres are around an output's centre, the same at the edges, and the second's share."""
    doubled = 2 * position + 1 - factor  # the centre in half parts of 1/factor pixel
    low = doubled // (2 * factor)
    return max(low, 0), min(low + 1, length - 1), np.float32(doubled - low * 2 * factor) / np.float32(2 * factor)


@register_jitable
def outputs_of(pixel, factor, length):
    """First and last (excluded) output in which a pixel has a share."""
    return max(pixel * factor - factor // 2, 0), min(pixel * factor + 3 * factor // 2, length * factor)


@register_jitable
def share_of(pixel, position, factor, length):
    """The share of a pixel in an output."""
    low, high, share = around(position, factor, length)
    return (np.float32(1) - share if low == pixel else np.float32(0)) + (share if high == pixel else np.float32(0))

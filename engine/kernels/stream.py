"""Random numbers as a hash of a counter: any thread can make any of them, and make it again in backward."""

import numpy as np
from numba.extending import register_jitable


@register_jitable
def uniform(key, counter):
    """A number in [0, 1) that depends on its arguments alone (SplitMix64's output function, Steele et al. 2014)."""
    z = np.uint64(key) + np.uint64(counter) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float32(z >> np.uint64(40)) * np.float32(2.0**-24)


@register_jitable
def stream_key(seed, step, layer):
    """One key for each seed, training step and layer."""
    z = (
        np.uint64(seed) * np.uint64(0xD1342543DE82EF95)
        + np.uint64(step) * np.uint64(0xDA942042E4DD58B5)
        + np.uint64(layer)
    )
    z = (z ^ (z >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return z ^ (z >> np.uint64(32))

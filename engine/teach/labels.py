"""Short texts for cells and captions: numbers as people write them, and names with indices."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

_LARGEST_DENOMINATOR, _LARGEST_NUMERATOR = 16, 99
ROUNDING = 1e-6
"""Of a result in 32 bits, beside the largest number in it."""
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def number(value: float) -> str:
    """`3`, `−5`, `10/3`, or four digits after the point where no fraction with a small denominator is meant.

    What is smaller than the rounding of a 32-bit result around 1 is 0.
    """
    fraction = Fraction(value).limit_denominator(_LARGEST_DENOMINATOR)
    close = abs(value - fraction) <= ROUNDING * max(1.0, abs(value))
    if close and (fraction.denominator == 1 or abs(fraction.numerator) <= _LARGEST_NUMERATOR):
        text = str(fraction)
    else:
        text = f"{value:.4f}".rstrip("0").rstrip(".") if 1e-3 <= abs(value) < 1e6 else f"{value:.4g}"
    return text.replace("-", "−")


def factor(value: float) -> str:
    """A number as it stands within a product or sum: negative ones in parentheses."""
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def indexed(symbol: str, index: Sequence[int], shape: Sequence[int]) -> str:
    """`w₂₃` for index (1, 2): counted from 1 as in formulas, without axes of length 1 behind the first two.

    Indices are separated by commas where an axis of `shape` is longer than nine.
    """
    shown = [(i, n) for axis, (i, n) in enumerate(zip(index, shape)) if axis < 2 or n > 1]
    separator = "," if any(n > 9 for _, n in shown) else ""
    return symbol + separator.join(str(i + 1).translate(_SUBSCRIPTS) for i, _ in shown)

"""The losses of values, for one of them: its `difference` from its target, and the loss's parameter.

Each returns the loss and its slope.
"""

import math


def square(difference, parameter):
    """d² and its slope."""
    return difference * difference, 2 * difference


def smooth(difference, beta):
    """d²/2β, or |d| − β/2 from β on, and its slope."""
    distance = abs(difference)
    if distance < beta:
        return 0.5 * difference * difference / beta, difference / beta
    return distance - 0.5 * beta, math.copysign(1.0, difference)

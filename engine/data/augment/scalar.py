"""Where a value of an augmented image comes from: formulas of one point, compiled for each device.

Codes of borders are places in `base.BORDERS`.
"""

ZEROS, EDGE, REFLECT = 0, 1, 2
OUTSIDE = -1


def inside(place, length, border):
    """The row or column that shows at `place`, or OUTSIDE."""
    if 0 <= place < length:
        return place
    if border == ZEROS:
        return OUTSIDE
    if border == EDGE or length == 1:
        return 0 if place < 0 else length - 1
    period = 2 * (length - 1)
    folded = place % period
    if folded < 0:
        folded += period
    return folded if folded < length else period - folded


def traced(maps, lenses, y, x):
    """The point of the image that is seen at the point (y, x) of the output."""
    for stage in range(maps.shape[0]):
        if stage > 0:
            bend = 1.0 + lenses[stage - 1] * (y * y + x * x)
            y, x = y * bend, x * bend
        a = maps[stage]
        y, x = a[0, 0] * y + a[0, 1] * x + a[0, 2], a[1, 0] * y + a[1, 1] * x + a[1, 2]
    return y, x

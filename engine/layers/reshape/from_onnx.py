"""Operators of ONNX that move values about: followed, not computed, except where an image changes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ...spec import format_shape
from .spec import PadChannels, Upsample, ZeroPad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...io.onnx.operator import Operator
    from ...io.onnx.values import Value


def identity(op: Operator) -> Value:
    return op.value()


def cast(op: Operator) -> Value:
    """Between kinds of floating-point numbers, which are all one here."""
    if int(op.attribute("to", 1)) not in {1, 10, 11, 16}:  # FLOAT, FLOAT16, DOUBLE, BFLOAT16
        op.refuse("it rounds values to whole numbers")
    return op.value()


def reshape(op: Operator) -> Value:
    value = op.value()
    target = op.whole(1, "shape") or ()
    before = (op.batch, *value.theirs)
    if not op.attribute("allowzero", 0):
        target = tuple(before[i] if n == 0 and i < len(before) else n for i, n in enumerate(target))
    known = prod(n for n in target if n != -1)
    if target.count(-1) == 1 and known > 0:
        target = tuple(prod(before) // known if n == -1 else n for n in target)
    return _as(op, value, target)


def flatten(op: Operator) -> Value:
    value = op.value()
    rank = len(value.axes) + 1
    axis = int(op.attribute("axis", 1))
    axis += rank if axis < 0 else 0
    if axis != 1:
        op.refuse(f"it flattens from axis {axis} on, which mixes the batch with the rest")
    return _as(op, value, (op.batch, prod(value.theirs)))


def squeeze(op: Operator) -> Value:
    value = op.value()
    shape = (op.batch, *value.theirs)
    axes = op.whole(1, "axes")
    if axes is None:
        gone = {i for i, n in enumerate(shape) if i and n == 1}
    else:
        gone = {op.positive(axis, len(shape)) for axis in axes}
    return _as(op, value, [n for i, n in enumerate(shape) if i not in gone])


def unsqueeze(op: Operator) -> Value:
    value = op.value()
    axes = op.whole(1, "axes") or ()
    rank = len(value.axes) + 1 + len(axes)
    new = {op.positive(axis, rank) for axis in axes}
    rest = iter((op.batch, *value.theirs))
    return _as(op, value, [1 if axis in new else next(rest, 0) for axis in range(rank)])


def transpose(op: Operator) -> Value:
    value = op.value()
    rank = len(value.axes) + 1
    order = op.integers("perm", range(rank)[::-1])
    if sorted(order) != list(range(rank)) or order[0] != 0:
        op.refuse(f"its order of axes {order} moves the batch")
    return _laid(op, value.moved([axis - 1 for axis in order[1:]]))


def _as(op: Operator, value: Value, shape: Sequence[int]) -> Value:
    """The value under another shape, the batch in front."""
    before = (op.batch, *value.theirs)
    found = None
    if not shape or shape[0] != op.batch:
        fault = "mixes the batch with the rest"
    elif prod(shape) != prod(before):
        fault = "is another number of values"
    else:
        found, fault = value.reshaped(shape[1:]), "cuts up channels, rows or columns"
    if found is None:
        op.refuse(f"it makes {format_shape(before)} to {_shape(shape)}, which {fault}")
    return _laid(op, found)


def _laid(op: Operator, value: Value) -> Value:
    """An image that the file sees as a vector becomes one."""
    return op.flattened(value, "") if len(value.axes) == 1 else value


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "a single number"


def pad(op: Operator) -> Value:
    """Zeros around an image, before and behind channels, or both."""
    value = op.value()
    if op.attribute("mode", "constant") != "constant":
        op.refuse(f"it pads by {op.attribute('mode')}; only zeros are added here")
    if op.operand(2) is not None:
        filler = float(op.constant(2, "value").reshape(-1)[0]) if np.size(op.constant(2, "value")) else 0.0
    else:
        filler = float(op.attribute("value", 0.0))
    if filler != 0:
        op.refuse(f"it pads with {filler:g}; only zeros are added here")
    rank = len(value.axes) + 1
    sides = _sides(op, rank, op.whole(1, "pads") or ())
    if any(n < 0 for pair in sides.values() for n in pair):
        op.refuse("it cuts rows, columns or channels off (negative pads)")
    return _padded(op, value, {axis: pair for axis, pair in sides.items() if any(pair)})


def _sides(op: Operator, rank: int, pads: Sequence[int]) -> dict[int, tuple[int, int]]:
    """What is added before and behind by axis; newer opsets can name axes."""
    axes = op.whole(3, "axes")
    over = range(rank) if axes is None else [op.positive(axis, rank) for axis in axes]
    if len(pads) != 2 * len(over):
        op.refuse(f"it has {len(pads)} pads for {len(over)} axes")
    return {axis: (pads[i], pads[i + len(over)]) for i, axis in enumerate(over)}


def _padded(op: Operator, value: Value, sides: dict[int, tuple[int, int]]) -> Value:
    along: dict[int, tuple[int, int]] = {}
    for axis, pair in sides.items():
        ours = [a for a in range(len(value.shape)) if axis and value.axes[axis - 1] == (a,)]
        if not ours or value.order is not None:
            op.refuse("it pads another axis than channels, rows or columns")
        along[ours[0]] = pair
    channels = along.pop(value.channels, None)
    if along:
        rows, columns = along.get(0, (0, 0)), along.get(1, (0, 0))
        value = op.add(ZeroPad((*rows, *columns)), value, suffix="_zeros" if channels else "")
    return value if channels is None else op.add(PadChannels(*channels), value)


def slice_(op: Operator) -> Value:
    """Every so many rows and columns, from the first on: pooling by windows of one pixel."""
    from ..pool.spec import AvgPool2D  # families know of each other only where an operator is both  # noqa: PLC0415

    value = op.value()
    rank = len(value.axes) + 1
    starts, ends = op.whole(1, "starts") or (), op.whole(2, "ends") or ()
    axes = op.whole(3, "axes") or tuple(range(len(starts)))
    steps = op.whole(4, "steps") or (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        op.refuse("it has different numbers of starts, ends, axes and steps")
    stride = [1, 1]
    for start, end, axis, step in zip(starts, ends, axes, steps):
        where = op.positive(axis, rank)
        length = (op.batch, *value.theirs)[where]
        kept = range(length)[start:end:step] if step else range(0)
        if kept == range(length):
            continue
        group = value.axes[where - 1] if where else ()
        if group not in {(0,), (1,)} or len(value.shape) != 3 or kept != range(0, length, step) or step < 1:
            op.refuse("it cuts a part out; only every second, third … row and column can be taken")
        stride[group[0]] *= step
    if stride == [1, 1]:
        return value
    return op.add(AvgPool2D(1, (stride[0], stride[1])), value)


def resize(op: Operator) -> Value:
    """An image enlarged by whole numbers, in the ways that repeat pixels or blend them between their centres."""
    image = op.image()
    factors = _factors(op, image)
    mode = op.attribute("mode", "nearest")
    where = op.attribute("coordinate_transformation_mode", "half_pixel" if op.version >= 11 else "asymmetric")
    if factors == (1, 1):
        return image
    if mode == "nearest" and _repeats(op, where, factors):
        return op.add(Upsample(factors), image)
    if mode == "linear" and where in {"half_pixel", "pytorch_half_pixel"} and not op.attribute("antialias", 0):
        return op.add(Upsample(factors, "bilinear"), image)
    op.refuse(f"it enlarges by {mode} in the coordinates {where}, which no layer does")


def _factors(op: Operator, image: Value) -> tuple[int, int]:
    before = (op.batch, *image.theirs)
    index = 2 if op.type == "Resize" and op.version >= 11 else 1
    if op.operand(3) is not None:
        sizes = [int(n) for n in op.constant(3, "sizes").reshape(-1)]
        axes = _axes(op, sizes, len(before))
        scales = [n / before[axis] for axis, n in zip(axes, sizes)]
    else:
        given = op.constant(index, "scales") if op.operand(index) is not None else op.attribute("scales", ())
        scales = [float(n) for n in np.ravel(given)]
        axes = _axes(op, scales, len(before))
    found: dict[int, float] = dict(zip(axes, scales))
    if any(found.get(axis, 1) != 1 for axis in range(2)):
        op.refuse("it enlarges the batch or channels")
    factors = [found.get(axis, 1.0) for axis in range(2, len(before))]
    if any(factor < 1 or factor != int(factor) for factor in factors):
        op.refuse(f"its factors {', '.join(f'{f:g}' for f in factors)} are no whole numbers")
    rows, columns = [1, *map(int, factors)][-2:]
    return rows, columns


def _axes(op: Operator, given: Sequence[Any], rank: int) -> list[int]:
    named = op.integers("axes")
    axes = [op.positive(axis, rank) for axis in named] if named else list(range(rank))
    if len(axes) != len(given):
        op.refuse(f"it has {len(given)} sizes for {len(axes)} axes")
    return axes


def _repeats(op: Operator, where: str, factors: tuple[int, int]) -> bool:
    """Whether each pixel is simply repeated: output i is pixel ⌊i / factor⌋."""
    rounding = op.attribute("nearest_mode", "round_prefer_floor") if op.version >= 11 else "floor"
    if where in {"half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"}:
        return str(rounding).startswith("round")
    return where == "asymmetric" and (rounding == "floor" or factors == (1, 1))


OPERATORS = {
    "Identity": identity,
    "Cast": cast,
    "CastLike": cast,
    "Reshape": reshape,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Transpose": transpose,
    "Pad": pad,
    "Slice": slice_,
    "Resize": resize,
    "Upsample": resize,
}

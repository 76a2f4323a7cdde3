"""Where the values of a file's tensors lie in ours.

A file keeps channels first, moves axes about and flattens; our images are (H, W, C) and our vectors (F,). A `Value`
says for each axis of the file's tensor which of our axes it is made of, so that whatever only moves values about is
followed here and becomes no layer. The batch, always the first axis, is left out throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from ...spec import Shape, size

Axes = tuple[tuple[int, ...], ...]

ROWS, COLUMNS, CHANNELS = 0, 1, 2
CHANNELS_FIRST: dict[int, Axes] = {3: ((CHANNELS,), (ROWS,), (COLUMNS,)), 2: ((CHANNELS,), (COLUMNS,))}
"""How an image lies in a file, by the number of its axes; with two it is a single row."""


@dataclass(frozen=True, eq=False)
class Value:
    """The output of a node of ours, of a shape without batch, and how the file sees it.

    `axes` holds for each axis of the file's tensor those of ours, the outermost first. Where a vector was an image of
    another order in the file, its value i is ours at `order[i]`; `image` is then that image.
    """

    node: str
    shape: Shape
    axes: Axes
    order: NDArray[np.int64] | None = None
    image: Value | None = None

    @property
    def theirs(self) -> Shape:
        """The shape of the file's tensor, without batch."""
        return tuple(prod(self.shape[axis] for axis in group) for group in self.axes)

    @property
    def tight(self) -> Axes:
        """`axes` without ours of size 1, which lie wherever they are looked for."""
        return tuple(tuple(axis for axis in group if self.shape[axis] > 1) for group in self.axes)

    @property
    def channels(self) -> int:
        """Our last axis."""
        return len(self.shape) - 1

    def is_image(self) -> bool:
        """Whether the file's tensor is channels, rows, columns, or channels and columns of our single row."""
        if len(self.shape) != 3 or len(self.axes) not in CHANNELS_FIRST or (len(self.axes) == 2 and self.shape[0] > 1):
            return False
        return self.tight == replace(self, axes=CHANNELS_FIRST[len(self.axes)]).tight

    def is_along(self, axis: int, ours: int) -> bool:
        """Whether an axis of the file's tensor is one of ours and nothing else."""
        return self.tight[axis] == ((ours,) if self.shape[ours] > 1 else ())

    def moved(self, order: Sequence[int]) -> Value:
        """The file's axes in another order."""
        return replace(self, axes=tuple(self.axes[axis] for axis in order))

    def reshaped(self, shape: Sequence[int]) -> Value | None:
        """The file's tensor under another shape without batch; None where that would cut one of our axes in two."""
        waiting = [axis for group in self.tight for axis in group]
        axes: list[tuple[int, ...]] = []
        for length in shape:
            group: list[int] = []
            while waiting and prod(self.shape[axis] for axis in group) < length:
                group.append(waiting.pop(0))
            axes.append(tuple(group))
        found = replace(self, axes=tuple(axes))
        if not waiting and found.theirs == tuple(shape):
            return found
        return self.image.reshaped(shape) if self.image is not None else None

    def flattened_order(self) -> NDArray[np.int64] | None:
        """For each value of the file's tensor, row by row, where it is in ours flattened; None if they agree."""
        sequence = [axis for group in self.tight for axis in group]
        if sequence == sorted(sequence):
            return None
        return np.arange(size(self.shape)).reshape(self.shape).transpose(self._sequence()).reshape(-1)

    def as_theirs(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        """Our array (N, …) as the file's tensor."""
        if self.order is not None:
            array = array.reshape(len(array), -1)[:, self.order]
            return array.reshape(len(array), *self.theirs)
        return array.transpose(0, *(1 + axis for axis in self._sequence())).reshape(len(array), *self.theirs)

    def as_ours(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        """The file's tensor (N, …) as our array. Only for values without an order of their own."""
        sequence = self._sequence()
        sizes = [self.shape[axis] for axis in sequence]
        back = np.argsort(sequence)
        return np.ascontiguousarray(array.reshape(len(array), *sizes).transpose(0, *(1 + back)))

    def _sequence(self) -> list[int]:
        """All our axes in the order of the file's; those of size 1 first."""
        sequence = [axis for group in self.tight for axis in group]
        return [*(axis for axis in range(len(self.shape)) if self.shape[axis] == 1), *sequence]


def same_order(one: NDArray[np.int64] | None, other: NDArray[np.int64] | None) -> bool:
    """Whether two vectors lie alike."""
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)

"""Receptive fields through any graph.

For a unit at output position y the box of input rows it sees starts at −P + y·S and is R long (Araujo, Norris & Sim
2019, Computing Receptive Fields of Convolutional Neural Networks, Distill, eq. 2 and 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..graph import INPUT, Network
from ..spec import Window

Axes = tuple[int, int]


@dataclass(frozen=True)
class Sight:
    """What units see along paths of one stride: boxes of `size` R, `stride` S apart, the first at −`padding`."""

    size: Axes = (1, 1)
    stride: Axes = (1, 1)
    padding: Axes = (0, 0)

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Top, bottom, left and right of the box that the unit at this position sees; ends excluded."""
        top, left = (at * s - p for at, s, p in zip((row, column), self.stride, self.padding))
        return top, top + self.size[0], left, left + self.size[1]


@dataclass(frozen=True)
class Field:
    """Receptive field of a node's units in image pixels, (rows, columns).

    Branches of one stride make one `Sight`. Where branches of different stride meet, `sights` holds several and
    neighbouring units no longer see boxes of one size at one distance: then `size` is the largest branch's and `stride`
    the longest. The box of a unit stays exact, up to the image's border.
    """

    sights: tuple[Sight, ...] = (Sight(),)

    @property
    def size(self) -> Axes:
        """Rows and columns of one unit's box."""
        return _largest(sight.size for sight in self.sights)

    @property
    def stride(self) -> Axes:
        """Distance of neighbouring units' boxes."""
        return _largest(sight.stride for sight in self.sights)

    @property
    def aligned(self) -> bool:
        """Whether all branches that meet here have one stride."""
        return len(self.sights) == 1

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Image rows and columns (top, bottom, left, right; ends excluded) that the unit at this position sees.

        The box reaches beyond the image where the unit sees padding.
        """
        tops, bottoms, lefts, rights = zip(*(sight.box(row, column) for sight in self.sights))
        return min(tops), max(bottoms), min(lefts), max(rights)


def through(field: Field, window: Window) -> Field:
    """The field after one more sliding window."""
    return Field(tuple(_widened(sight, window) for sight in field.sights))


def merged(fields: Sequence[Field]) -> Field:
    """The field of a layer that reads several branches: for each unit the smallest box that holds all of theirs."""
    by_stride: dict[Axes, Sight] = {}
    for sight in (s for field in fields for s in field.sights):
        other = by_stride.get(sight.stride)
        by_stride[sight.stride] = sight if other is None else _union(sight, other)
    return Field(tuple(by_stride.values()))


def receptive_fields(network: Network) -> Mapping[str, Field]:
    """Field of the input and of every node whose shape is known."""
    shapes = network.shapes()
    fields = {INPUT: Field()}
    for node in network.order():
        inputs = [shape for source in node.inputs if (shape := shapes.get(source)) is not None]
        if shapes.get(node.name) is not None and all(source in fields for source in node.inputs):
            fields[node.name] = through(merged([fields[s] for s in node.inputs]), node.layer.window(inputs))
    return fields


def _widened(sight: Sight, window: Window) -> Sight:
    size = _axes(r + (k - 1) * s for r, k, s in zip(sight.size, window.kernel, sight.stride))
    stride = _axes(s * w for s, w in zip(sight.stride, window.stride))
    padding = _axes(p + w * s for p, w, s in zip(sight.padding, window.padding, sight.stride))
    return Sight(size, stride, padding)


def _union(a: Sight, b: Sight) -> Sight:
    """Both boxes in one; exact, because at one stride they move together."""
    padding = _axes(map(max, a.padding, b.padding))
    ends = _axes(max(r - p, q - o) for r, p, q, o in zip(a.size, a.padding, b.size, b.padding))
    return Sight(_axes(p + e for p, e in zip(padding, ends)), a.stride, padding)


def _largest(pairs: Iterable[Axes]) -> Axes:
    rows, columns = zip(*pairs)
    return max(rows), max(columns)


def _axes(values: Iterable[int]) -> Axes:
    rows, columns = values
    return rows, columns

"""Receptive fields through any graph.

For a unit at output position y the box of input rows it sees starts at −P + y·S and is R long (Araujo, Norris & Sim
2019, Computing Receptive Fields of Convolutional Neural Networks, Distill, eq. 2 and 3). Layers that enlarge the image
spread their input out first; behind them neighbouring units see different numbers of such boxes, in turns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from ..graph import INPUT, Network
from ..spec import Window

_STILL = Window()  # looks at nothing but the one value

Axes = tuple[int, int]
Strides = tuple[int | Fraction, int | Fraction]


@dataclass(frozen=True)
class Line:
    """What units see in one direction, along paths of one stride.

    Unit y sees boxes ⌈(y·step − before)/spread⌉ … ⌊(y·step + after)/spread⌋ of a row of boxes of `size` pixels,
    `stride` apart, the first at −`padding`. Where nothing was enlarged spread is 1, and unit y sees box y alone. Where
    all units see one and the same box, the stride is 0.
    """

    size: int = 1
    stride: int = 1
    padding: int = 0
    step: int = 1
    spread: int = 1
    before: int = 0
    after: int = 0

    @property
    def pace(self) -> int | Fraction:
        """Pixels between neighbouring units, on average."""
        pace = Fraction(self.stride * self.step, self.spread)
        return pace.numerator if pace.denominator == 1 else pace

    def pixels(self, position: int) -> range:
        """The pixels that the unit at this position sees; none where it lies in a gap between spread inputs."""
        first = -((self.before - position * self.step) // self.spread)
        last = (position * self.step + self.after) // self.spread
        if last < first:
            return range(0)
        return range(first * self.stride - self.padding, last * self.stride - self.padding + self.size)

    def through(self, kernel: int, stride: int, padding: int, upsampling: int) -> Line:
        """The line after one more window over the input spread out by `upsampling`.

        Exact, but where step and upsampling are both above 1: there up to a few pixels too wide.
        """
        if self.stride == 0:
            return self
        if stride == 0:
            seen = self.pixels(0)
            return Line(len(seen), 0, -seen.start)
        if upsampling == self.spread == 1:
            return Line(
                self.size + (kernel - 1) * self.stride, self.stride * stride, self.padding + padding * self.stride
            )
        step, spread = stride * self.step, upsampling * self.spread
        before = padding * self.step + self.before * upsampling
        after = (kernel - 1 - padding) * self.step + self.after * upsampling
        common = math.gcd(step, spread)
        wider = replace(self, step=step // common, spread=spread // common)
        return replace(wider, before=before // common, after=after // common)._simplified()

    def _simplified(self) -> Line:
        """Equal lines in one form."""
        if self.spread > 1:
            boxes, padding = divmod(self.padding, self.stride)
            moved = boxes * self.spread
            return replace(self, padding=padding, before=self.before + moved, after=self.after - moved)
        seen = self.before + self.after
        size = self.size + seen * self.stride if seen >= 0 else 0
        return Line(size, self.stride * self.step, self.padding + self.before * self.stride)

    def kind(self) -> tuple[int, ...]:
        """Lines of one kind make one line together."""
        even = (self.stride, self.step, self.spread)
        return even if self.spread == 1 else (*even, self.size, self.padding)

    def joined(self, other: Line) -> Line:
        """Both in one, for lines of one kind; exact, because their boxes move together."""
        if self.spread > 1:
            return replace(self, before=max(self.before, other.before), after=max(self.after, other.after))
        padding = max(self.padding, other.padding)
        return replace(self, size=padding + max(self.size - self.padding, other.size - other.padding), padding=padding)


@dataclass(frozen=True)
class Sight:
    """What units see along paths of one stride, in both directions."""

    rows: Line = Line()
    columns: Line = Line()

    @property
    def stride(self) -> Strides:
        return self.rows.pace, self.columns.pace


@dataclass(frozen=True)
class Field:
    """Receptive field of a node's units in image pixels, (rows, columns).

    Branches whose boxes move together make one `Sight`, others several. Where branches of different stride meet,
    neighbouring units no longer see boxes of one size at one distance: then `size` is the largest branch's and `stride`
    the longest. The box of a unit stays exact, up to the image's border.
    """

    sights: tuple[Sight, ...] = (Sight(),)

    @property
    def size(self) -> Axes:
        """Rows and columns of the largest box of a unit."""
        groups = [self.sights] if self.aligned else [(sight,) for sight in self.sights]
        sizes = [(_longest([s.rows for s in group]), _longest([s.columns for s in group])) for group in groups]
        return max(rows for rows, _ in sizes), max(columns for _, columns in sizes)

    @property
    def stride(self) -> Strides:
        """Distance of neighbouring units' boxes; a fraction where several units share one pixel."""
        rows, columns = zip(*(sight.stride for sight in self.sights))
        return max(rows), max(columns)

    @property
    def padding(self) -> Axes:
        """Pixels by which the first unit's box reaches beyond the image."""
        top, _, left, _ = self.box(0, 0)
        return -top, -left

    @property
    def aligned(self) -> bool:
        """Whether all branches that meet here have one stride."""
        return len({sight.stride for sight in self.sights}) == 1

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Image rows and columns (top, bottom, left, right; ends excluded) that the unit at this position sees.

        The box reaches beyond the image where the unit sees padding; it is empty where the unit sees nothing.
        """
        seen = [(sight.rows.pixels(row), sight.columns.pixels(column)) for sight in self.sights]
        seen = [(rows, columns) for rows, columns in seen if rows and columns]
        rows, columns = _hull(rows for rows, _ in seen), _hull(columns for _, columns in seen)
        return rows.start, rows.stop, columns.start, columns.stop

    def seeing(self, row: int, column: int, shape: Axes) -> tuple[int, int, int, int] | None:
        """Units (top, bottom, left, right; ends excluded) of a map of `shape` whose boxes hold this pixel of the image.

        None if there is none. Where units see pixels in turns, it is the smallest range that holds all of them.
        """
        seen = []
        for sight in self.sights:
            rows = [y for y in range(shape[0]) if row in sight.rows.pixels(y)]
            columns = [x for x in range(shape[1]) if column in sight.columns.pixels(x)]
            if rows and columns:
                seen.append((range(rows[0], rows[-1] + 1), range(columns[0], columns[-1] + 1)))
        if not seen:
            return None
        down, across = _hull(rows for rows, _ in seen), _hull(columns for _, columns in seen)
        return down.start, down.stop, across.start, across.stop


def through(field: Field, window: Window) -> Field:
    """The field after one more sliding window."""
    if window == _STILL:
        return field
    axes = list(zip(window.kernel, window.stride, window.padding, window.upsampling))
    return merged([Field((Sight(s.rows.through(*axes[0]), s.columns.through(*axes[1])),)) for s in field.sights])


def merged(fields: Sequence[Field]) -> Field:
    """The field of a layer that reads several branches: for each unit the smallest box that holds all of theirs."""
    if len(fields) == 1:
        return fields[0]
    kinds: dict[tuple[tuple[int, ...], ...], Sight] = {}
    for sight in (s for field in fields for s in field.sights):
        kind = (sight.rows.kind(), sight.columns.kind())
        other = kinds.setdefault(kind, sight)
        if sight != other:
            kinds[kind] = Sight(sight.rows.joined(other.rows), sight.columns.joined(other.columns))
    return Field(tuple(kinds.values()))


def receptive_fields(network: Network) -> Mapping[str, Field]:
    """Field of the input and of every node whose shape is known."""
    shapes = network.shapes()
    fields = {INPUT: Field()}
    for node in network.order():
        inputs = [shape for source in node.inputs if (shape := shapes.get(source)) is not None]
        if shapes.get(node.name) is not None and all(source in fields for source in node.inputs):
            fields[node.name] = merged(_through_ports(node.layer.windows(inputs), [fields[s] for s in node.inputs]))
    return fields


def through_windows(windows: Iterable[Iterable[Window]], fields: Iterable[Field | None]) -> Field | None:
    """The field of a layer that looks through these windows, one after the other at each input, at such fields.

    None if one of them is not known.
    """
    known = [field for field in fields if field is not None]
    found = _through_ports(windows, known)
    return merged(found) if found else None


def _through_ports(windows: Iterable[Iterable[Window]], fields: Iterable[Field]) -> list[Field]:
    return [_through_all(field, each) for field, each in zip(fields, windows)]


def _through_all(field: Field, windows: Iterable[Window]) -> Field:
    for window in windows:
        field = through(field, window)
    return field


def _longest(lines: Sequence[Line]) -> int:
    """Pixels of the longest stretch that a unit sees along lines of one pace."""
    period = math.lcm(*(line.spread for line in lines))
    return max(len(_hull(line.pixels(position) for line in lines)) for position in range(period))


def _hull(ranges: Iterable[range]) -> range:
    """The shortest range around all of them; empty ones do not count."""
    seen = [r for r in ranges if r]
    return range(min(r.start for r in seen), max(r.stop for r in seen)) if seen else range(0)

"""Computing again only what a change of a few pixels can have changed.

A network is cut where everything passes through one map. Between two cuts, a changed box of the map before changes a
box of the map behind, which the receptive fields of that part tell exactly; only the crop of the map that this box sees
is computed, and the box is put into the map of the unchanged image. Once the boxes fill most of a map the rest of the
network runs on whole maps. The idea is that of Nakandala, Nagrecha, Kumar & Papakonstantinou 2019, Incremental and
Approximate Inference for Faster Occlusion-based Deep CNN Explanations (SIGMOD), section 3, here for any graph.

Crops begin at multiples of a part's stride and end as the map does, modulo that stride. So the part's own padding is
right where a crop reaches the image's border; elsewhere it spoils only outputs outside the box.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..cost.receptive import receptive_fields
from ..graph import INPUT, Network
from ..runtime.compute import exclusive
from ..runtime.model import Model
from ..spec import Shape

Floats = NDArray[np.float32]
_CHUNK = 64  # crops or maps run at once
_WORTH = 0.6  # largest share of a map that a crop may be


@dataclass(frozen=True)
class Boxes:
    """A box of one size for every change: `values` (N, h, w, C) belong at `starts` (N, 2) of a map."""

    starts: NDArray[np.int64]
    values: Floats

    @property
    def size(self) -> tuple[int, int]:
        return self.values.shape[1], self.values.shape[2]


@dataclass(frozen=True)
class _Axis:
    """One direction of a part: the first and past-the-last value of the map before that each output sees."""

    size: int
    stride: int
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    def box(self, starts: NDArray[np.int64], length: int) -> tuple[NDArray[np.int64], int]:
        """Starts and common length of the outputs that see any of `length` values from each start."""
        first = np.searchsorted(self.high, starts, side="right")
        last = np.searchsorted(self.low, starts + length, side="left")
        longest = int(max((last - first).max(), 1))
        return np.clip(first, 0, len(self.low) - longest), longest

    def crop(self, starts: NDArray[np.int64], length: int) -> tuple[NDArray[np.int64], int]:
        """Starts and common length of the crops that `length` outputs from each start see."""
        low = np.maximum(self.low[starts], 0) // self.stride * self.stride
        high = np.minimum(self.high[starts + length - 1], self.size)
        longest = int((high - low).max())
        longest = min(longest + (self.size - longest) % self.stride, self.size)
        return np.minimum(low, self.size - longest), longest


class Part:
    """The layers from behind one node up to another, with copies of the model's weights, for maps of any size."""

    def __init__(self, model: Model, begin: str, end: str) -> None:
        self._model, self._begin, self._end = model, begin, end
        shapes = model.network.shapes()
        before, behind = shapes.get(begin) or model.network.input, shapes[end]
        assert behind is not None
        self.before: Shape = before
        self.behind: Shape = behind
        self._runs: dict[Shape, Model] = {}

    def axes(self) -> tuple[_Axis, _Axis] | None:
        """Rows and columns, or None where outputs do not follow the map in whole steps."""
        network = _segment(self._model.network, self._begin, self._end, self.before)
        field = receptive_fields(network)[network.output]
        rows, columns = field.stride
        if len(self.behind) != 3 or not field.aligned or not isinstance(rows, int) or not isinstance(columns, int):
            return None
        down = [field.box(row, 0)[:2] for row in range(self.behind[0])]
        across = [field.box(0, column)[2:] for column in range(self.behind[1])]
        low, high = zip(*down)
        left, right = zip(*across)
        return (
            _Axis(self.before[0], rows, np.array(low), np.array(high)),
            _Axis(self.before[1], columns, np.array(left), np.array(right)),
        )

    def run(self, maps: Floats) -> Floats:
        """Outputs for a batch of maps; a view that the next call overwrites. The caller holds `compute.exclusive`."""
        shape = maps.shape[1:]
        if shape not in self._runs:
            self._runs[shape] = self._made(shape)
        plan = self._runs[shape].plan(len(maps), "inference")
        plan.input[...] = maps
        return plan.forward()

    def _made(self, shape: Shape) -> Model:
        model = Model(_segment(self._model.network, self._begin, self._end, shape), self._model.device)
        model.take_weights(self._model)
        return model


def after(model: Model, node: str, image: Floats, boxes: Boxes) -> Iterator[tuple[slice, Floats]]:
    """The node's outputs (n, …) for network input (H, W, C) with each of the boxes put into it, a few at a time."""
    cuts = _cuts(model.network, node)
    with exclusive:
        clean = _clean(model, [*cuts, node], image)
    begin, end = INPUT, node
    for cut in cuts:
        part = Part(model, begin, cut)
        moved = _moved(part, clean[begin], boxes)
        if moved is None:
            break
        begin, boxes = cut, moved
    tail = Part(model, begin, end)
    for rows in _batches(len(boxes.starts)):
        origins = np.zeros((rows.stop - rows.start, 2), np.int64)
        maps = _pasted(clean[begin], boxes, rows, origins, clean[begin].shape[:2])
        with exclusive:
            found = tail.run(_filled(maps, len(boxes.starts)))[: len(maps)].copy()
        yield rows, found


def _moved(part: Part, before: Floats, boxes: Boxes) -> Boxes | None:
    """What boxes of one map make of the next; None where whole maps cost about as much."""
    axes = part.axes()
    if axes is None:
        return None
    spans = [axis.box(boxes.starts[:, d], boxes.size[d]) for d, axis in enumerate(axes)]
    crops = [axis.crop(*span) for axis, span in zip(axes, spans)]
    size = crops[0][1], crops[1][1]
    if size[0] * size[1] > _WORTH * before.shape[0] * before.shape[1]:
        return None
    starts, origins = (np.stack([found[0] for found in both], 1) for both in (spans, crops))
    inside = starts - origins // np.array([axis.stride for axis in axes])
    height, width = spans[0][1], spans[1][1]
    values = np.empty((len(starts), height, width, part.behind[2]), np.float32)
    for rows in _batches(len(starts)):
        maps = _pasted(before, boxes, rows, origins[rows], size)
        with exclusive:
            found = part.run(_filled(maps, len(starts)))
            for number, (top, left) in enumerate(inside[rows]):
                values[rows.start + number] = found[number, top : top + height, left : left + width]
    return Boxes(starts, values)


def _pasted(before: Floats, boxes: Boxes, rows: slice, origins: NDArray[np.int64], size: tuple[int, ...]) -> Floats:
    """Crops of a map at `origins` with the boxes `rows` put in, as far as they reach into them."""
    height, width = size
    maps = np.empty((len(origins), height, width, before.shape[2]), np.float32)
    for number, (start, value) in enumerate(zip(boxes.starts[rows], boxes.values[rows])):
        top, left = origins[number]
        maps[number] = before[top : top + height, left : left + width]
        row, column = start - origins[number]
        first, beside = max(row, 0), max(column, 0)
        last, end = min(row + value.shape[0], height), min(column + value.shape[1], width)
        maps[number, first:last, beside:end] = value[first - row : last - row, beside - column : end - column]
    return maps


def _batches(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))


def _filled(maps: Floats, total: int) -> Floats:
    """A last batch filled up, so that one plan serves all."""
    size = min(_CHUNK, total)
    if len(maps) == size:
        return maps
    return np.concatenate([maps, np.repeat(maps[:1], size - len(maps), axis=0)])


def _clean(model: Model, nodes: Sequence[str], image: Floats) -> dict[str, Floats]:
    """Outputs of nodes for the unchanged image; the input itself as well."""
    plan = model.plan(1, "inference", nodes)
    plan.input[...] = image[None]
    plan.forward()
    return {INPUT: image, **{node: plan.value(node)[0].copy() for node in nodes}}


def _segment(network: Network, begin: str, end: str, shape: Shape) -> Network:
    """The layers behind `begin` up to `end` as a network that reads maps of this shape."""
    wanted = {end}
    waiting = [end]
    while waiting:
        for source in network.nodes[waiting.pop()].inputs:
            if source not in (begin, INPUT) and source not in wanted:
                wanted.add(source)
                waiting.append(source)
    part = Network(shape, f"{network.name}: {end}")
    for node in network.order():
        if node.name in wanted:
            part.add(node.layer, node.name, [INPUT if source == begin else source for source in node.inputs])
    return part


def _cuts(network: Network, end: str) -> list[str]:
    """Maps that everything on the way to `end` passes through, one for each layer that looks around."""
    order = _segment(network, INPUT, end, network.input).order()
    shapes = network.shapes()
    left = {name: sum(name in node.inputs for node in order) for name in [INPUT, *(node.name for node in order)]}
    open_, cuts, looks = {INPUT}, [], False
    for node, following in pairwise(order):
        for source in set(node.inputs):
            left[source] -= 1
            if not left[source]:
                open_.discard(source)
        open_.add(node.name)
        looks = looks or _looks_around(network, node.name)
        shape = shapes[node.name]
        alone = open_ == {node.name} and shape is not None and len(shape) == 3
        if alone and looks and _looks_around(network, following.name):
            cuts.append(node.name)
            looks = False
    return cuts


def _looks_around(network: Network, name: str) -> bool:
    """Whether a layer's outputs see more than one position, or other ones than their own."""
    node = network.nodes[name]
    windows = [window for path in node.layer.windows(network.input_shapes(name)) for window in path]
    return any(window.kernel != (1, 1) or window.stride != (1, 1) for window in windows) or len(node.inputs) > 1

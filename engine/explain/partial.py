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

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..cost.receptive import receptive_fields
from ..graph import INPUT, Network
from ..runtime.compute import exclusive
from ..runtime.model import Model
from ..spec import size

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
_CHUNK = 64  # crops or maps run at once, fewer where they would take more than _ROOM
_ROOM = 1 << 26  # bytes of the largest maps that are run at once
_WORTH = 0.6  # largest share of a map that a crop may be


@dataclass(frozen=True)
class Boxes:
    """A box of one size (h, w) for every change, put in at `starts` (N, 2) of the network's input.

    `values` gives those of some of them, (n, h, w, C).
    """

    starts: Places
    size: tuple[int, int]
    values: Callable[[slice], Floats]


@dataclass(frozen=True)
class _Axis:
    """One direction of a part: the first and past-the-last value of the map before that each output sees."""

    size: int
    stride: int
    low: Places
    high: Places

    def box(self, starts: Places, length: int) -> tuple[Places, int]:
        """Starts and common length of the outputs that see any of `length` values from each start."""
        first = np.searchsorted(self.high, starts, side="right")
        last = np.searchsorted(self.low, starts + length, side="left")
        longest = int(max((last - first).max(), 1))
        return np.clip(first, 0, len(self.low) - longest), longest

    def crop(self, starts: Places, length: int) -> tuple[Places, int]:
        """Starts and common length of the crops that `length` outputs from each start see."""
        low = np.maximum(self.low[starts], 0) // self.stride * self.stride
        high = np.minimum(self.high[starts + length - 1], self.size)
        longest = int((high - low).max())
        longest = min(longest + (self.size - longest) % self.stride, self.size)
        return np.minimum(low, self.size - longest), longest


@dataclass(frozen=True)
class _Stage:
    """A part of the network on crops of one size of the map before it.

    Boxes put into `before` at `starts` go into crops at `origins`; what they change lies `inside` the part's outputs,
    boxes of `size` that begin at `ends` of the map behind. The tail of the network has whole maps for crops.
    """

    part: Model
    before: Floats
    starts: Places
    origins: Places
    inside: Places
    ends: Places
    size: tuple[int, int]

    def boxes(self, rows: slice, values: Floats, batch: int) -> Floats:
        """What boxes (n, h, w, C) of the map before make of the map behind, (n, *size, K)."""
        outputs, (height, width) = self.outputs(rows, values, batch), self.size
        found = np.empty((len(values), height, width, outputs.shape[3]), np.float32)
        for number, (top, left) in enumerate(self.inside[rows].tolist()):
            found[number] = outputs[number, top : top + height, left : left + width]
        return found

    def outputs(self, rows: slice, values: Floats, batch: int) -> Floats:
        """Outputs (n, …) of the part for crops with the boxes put in, as far as they reach into them.

        It is a view that the next call overwrites. The caller holds `compute.exclusive`.
        """
        plan = self.part.plan(batch, "inference")
        crops, (height, width) = plan.input, self.part.network.input[:2]
        places = np.concatenate([self.origins[rows], self.starts[rows] - self.origins[rows]], 1).tolist()
        for crop, value, (top, left, row, column) in zip(crops, values, places):
            crop[...] = self.before[top : top + height, left : left + width]
            last, end = min(row + value.shape[0], height), min(column + value.shape[1], width)
            first, beside = max(row, 0), max(column, 0)
            crop[first:last, beside:end] = value[first - row : last - row, beside - column : end - column]
        return plan.forward()[: len(values)]


def after(model: Model, node: str, image: Floats, boxes: Boxes) -> Iterator[tuple[slice, Floats]]:
    """The node's outputs (n, …) for network input (H, W, C) with each of the boxes put into it, a few at a time."""
    cuts = _cuts(model.network, node)
    with exclusive:
        clean = _clean(model, [*cuts, node], image)
    *stages, tail = _stages(model, [INPUT, *cuts], node, clean, boxes)
    count = len(boxes.starts)
    batch = _batch(count, [*stages, tail])
    for start in range(0, count, batch):
        rows = slice(start, min(start + batch, count))
        values = boxes.values(rows)
        with exclusive:
            for stage in stages:
                values = stage.boxes(rows, values, batch)
            found = tail.outputs(rows, values, batch).copy()
        yield rows, found


def _stages(model: Model, cuts: Sequence[str], end: str, clean: dict[str, Floats], boxes: Boxes) -> Iterator[_Stage]:
    """From cut to cut as long as crops are smaller than maps; then the rest of the network on whole maps."""
    starts, length = boxes.starts, boxes.size
    for begin, cut in pairwise(cuts):
        stage = _stage(model, begin, cut, clean, starts, length)
        if stage is None:
            break
        yield stage
        starts, length = stage.ends, stage.size
    else:
        begin = cuts[-1]
    whole = np.zeros_like(starts)
    yield _Stage(model.part(begin, end), clean[begin], starts, whole, whole, whole, (0, 0))


def _stage(
    model: Model, begin: str, end: str, clean: dict[str, Floats], starts: Places, length: tuple[int, int]
) -> _Stage | None:
    """The stage between two cuts; None where whole maps cost about as much."""
    axes = _axes(model.network, begin, end)
    if axes is None:
        return None
    spans = [axis.box(starts[:, d], length[d]) for d, axis in enumerate(axes)]
    crops = [axis.crop(*span) for axis, span in zip(axes, spans)]
    height, width = crops[0][1], crops[1][1]
    before = clean[begin]
    if height * width > _WORTH * before.shape[0] * before.shape[1]:
        return None
    ends, origins = (np.stack([found[0] for found in both], 1) for both in (spans, crops))
    inside = ends - origins // np.array([axis.stride for axis in axes])
    part = model.part(begin, end, (height, width, before.shape[2]))
    return _Stage(part, before, starts, origins, inside, ends, (spans[0][1], spans[1][1]))


def _axes(network: Network, begin: str, end: str) -> tuple[_Axis, _Axis] | None:
    """Rows and columns of a part, or None where its outputs do not follow the map before in whole steps."""
    part, behind = network.part(begin, end), network.shapes()[end] or ()
    field = receptive_fields(part)[end]
    rows, columns = field.stride
    if len(behind) != 3 or not field.aligned or not isinstance(rows, int) or not isinstance(columns, int):
        return None
    low, high = zip(*(field.box(row, 0)[:2] for row in range(behind[0])))
    left, right = zip(*(field.box(0, column)[2:] for column in range(behind[1])))
    return (
        _Axis(part.input[0], rows, np.array(low), np.array(high)),
        _Axis(part.input[1], columns, np.array(left), np.array(right)),
    )


def _batch(count: int, stages: Sequence[_Stage]) -> int:
    """How many of the boxes are run at once: batches nearly alike, for whose largest maps there is room."""
    largest = max(size(shape) for stage in stages for shape in stage.part.network.shapes().values() if shape)
    most = max(1, min(_CHUNK, _ROOM // (4 * largest)))
    return math.ceil(count / math.ceil(count / most))


def _clean(model: Model, nodes: Sequence[str], image: Floats) -> dict[str, Floats]:
    """Outputs of nodes for the unchanged image; the input itself as well."""
    plan = model.plan(1, "inference", nodes)
    plan.input[...] = image[None]
    plan.forward()
    return {INPUT: image, **{node: plan.value(node)[0].copy() for node in nodes}}


def _cuts(network: Network, end: str) -> list[str]:
    """Maps that everything on the way to `end` passes through, one for each layer that looks around."""
    order = network.part(end=end).order()
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

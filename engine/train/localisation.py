"""Classification and localisation: a second head that gives a box around the object, beside the class scores.

The box is regressed as Sermanet et al. 2014 (OverFeat, §4.2) and Simonyan & Zisserman 2015 (appendix A) do it, either
one for all classes or one for each: middle (x, y), width, height.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .. import layers as L
from ..data.geometry import placing
from ..graph import INPUT, Network, freezing
from ..spec import ConvscopeError, format_shape
from .transfer import adopt, free_name

if TYPE_CHECKING:
    from ..data.preprocess import Preprocessing
    from ..runtime.model import Model

HIDDEN = 128
UNIT = 0.2
"""Share of the image that one in a box's number stands for, counted from a half.

So a head with fresh weights begins near the middle, and its gradients are about as large as those of the scores; else
its first steps kill the units in front of it. Girshick 2015 (Fast R-CNN, §2.3) normalises targets to the same end.
"""

FOUND = 0.5
"""Intersection over union from which a box counts as right (Russakovsky et al. 2015, ILSVRC, §4.2)."""

Boxes = NDArray[np.float32]
"""(N, 4): x1, y1, x2, y2 in pixels from the left and top edges."""


def box_node(network: Network) -> str | None:
    """The node that holds the box of a network that ends in WithBox; None for one that gives scores alone."""
    end = network.nodes[network.output]
    return end.inputs[1] if end.layer.type_name() == "WithBox" and end.inputs[1] != INPUT else None


def with_box(
    network: Network,
    at: str | None = None,
    per_class: bool = False,
    hidden: int = HIDDEN,
    loss: Literal["l2", "smooth-l1"] = "l2",
    weight: float | None = None,
) -> Network:
    """The network with a second head that gives a box, one for all classes or one `per_class`.

    `at` is the layer it is attached to: a map, such as the last convolution's (the default), which is flattened, or a
    dense layer. A dense layer of `hidden` units and ReLU lies between unless that is 0. ConvscopeError lists what is
    wrong.
    """
    if box_node(network) is not None:
        raise ConvscopeError(f"{network.name} has a box already: {box_node(network)}.")
    at = last_map(network) if at is None else at
    scores = network.shapes()[network.output]
    if at not in network or scores is None or len(scores) != 1:
        known, shape = ", ".join(network.nodes), "?" if scores is None else format_shape(scores)
        what = f"{network.name} gives {shape} and no class scores" if at in network else f"There is no layer {at!r}"
        raise ConvscopeError(f"{what}; attach the box to one of: {known}.")
    found = network.copy()
    ends, source = found.output, at
    if len(found.shapes()[at] or ()) == 3:
        source = found.add(L.Flatten(), free_name(found, "box_flat"), [source])
    if hidden:
        found.add(L.Dense(hidden), free_name(found, "box_hidden"), [source])
        source = found.add(L.ReLU(), free_name(found, "box_relu"))
    box = found.add(L.Dense(4 * (scores[0] if per_class else 1)), free_name(found, "box"), [source])
    layer = L.WithBox(loss) if weight is None else L.WithBox(loss, weight)
    found.add(layer, free_name(found, "scores_and_box"), [ends, box])
    return found


def localise(
    model: Model,
    at: str | None = None,
    per_class: bool = False,
    hidden: int = HIDDEN,
    loss: Literal["l2", "smooth-l1"] = "l2",
    weight: float | None = None,
    alone: bool = False,
    seed: int = 0,
) -> Model:
    """The model with a second head, see `with_box`. With `alone` only that head will learn: all else is frozen."""
    from ..runtime.model import Model  # loads Numba  # noqa: PLC0415

    network = with_box(model.network, at, per_class, hidden, loss, weight)
    found = Model(network, model.device, seed, model.preprocessing, model.classes)
    adopt(found, model, model.network.nodes)
    found.frozen = freezing.freezable(model.network) if alone else model.frozen
    return found


def last_map(network: Network) -> str:
    """The last layer that gives a map and not a vector: after the last convolution, and what belongs to it."""
    shapes = network.shapes()
    maps = [node.name for node in network.order() if len(shapes[node.name] or ()) == 3]
    if not maps:
        raise ConvscopeError(f"{network.name} has no layer that gives a map; name a dense layer to attach the box to.")
    return maps[-1]


# ---- boxes as numbers


def encoded(boxes: Boxes, height: int, width: int) -> Boxes:
    """What a box's node should say, (N, 4): middle (x, y), width and height in an image of this size."""
    corners = boxes / np.array([width, height, width, height], np.float32)
    middles, sides = (corners[:, 2:] + corners[:, :2]) / 2, corners[:, 2:] - corners[:, :2]
    return ((np.concatenate([middles, sides], 1) - 0.5) / UNIT).astype(np.float32)


def decoded(values: Boxes, height: int, width: int) -> Boxes:
    """Corners in pixels, within the image: `encoded` undone."""
    shares = values * np.float32(UNIT) + np.float32(0.5)
    halves = np.maximum(shares[:, 2:], 0) / 2
    corners = np.clip(np.concatenate([shares[:, :2] - halves, shares[:, :2] + halves], 1), 0, 1)
    return (corners * np.array([width, height, width, height], np.float32)).astype(np.float32)


def of_class(values: NDArray[np.float32], classes: NDArray[np.int64]) -> Boxes:
    """The four numbers (N, 4) for these classes (N,), of boxes for each class (N, 4·K) or of one for all (N, 4)."""
    if values.shape[1] == 4:
        return values
    return values.reshape(len(values), -1, 4)[np.arange(len(values)), classes]


def iou(one: Boxes, other: Boxes) -> NDArray[np.float64]:
    """Intersection over union of boxes (N, 4), pair by pair; 0 where both are empty."""
    one, other = one.astype(np.float64), other.astype(np.float64)  # type: ignore[assignment]
    sides = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    common = np.maximum(sides, 0).prod(1)
    areas = ((boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (one, other))
    union: NDArray[np.float64] = sum(areas) - common
    return np.divide(common, union, out=np.zeros(len(one)), where=union > 0)


def into_input(boxes: Boxes, given: tuple[int, int], wanted: tuple[int, int], preprocessing: Preprocessing) -> Boxes:
    """Boxes in pixels of images of height and width `given`, in pixels of the network's input."""
    place = placing(given, wanted, preprocessing.fit, preprocessing.short_side)
    scale, shift = _affine(place)
    moved = np.clip(boxes * scale - shift, 0, np.array([wanted[1], wanted[0]] * 2, np.float32))
    return moved.astype(np.float32)


def from_input(boxes: Boxes, given: tuple[int, int], wanted: tuple[int, int], preprocessing: Preprocessing) -> Boxes:
    """`into_input` undone, but for what was cut off."""
    scale, shift = _affine(placing(given, wanted, preprocessing.fit, preprocessing.short_side))
    return ((boxes + shift) / scale).astype(np.float32)


def _affine(place: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scale = np.array([place.across, place.down] * 2, np.float32)
    return scale, np.array([place.left, place.top] * 2, np.float32)

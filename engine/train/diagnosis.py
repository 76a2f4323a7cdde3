"""Where a step went wrong whose loss or weights are not finite: the layer, and the images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..runtime.compute import exclusive
from ..spec import ConvscopeError
from .feed import Feed

if TYPE_CHECKING:
    from ..runtime.model import Model

_SHOWN = 3  # images named


@dataclass(frozen=True)
class Fault:
    """What is wrong, as a clause, and in which layer; None where it is none's."""

    layer: str | None
    text: str


def find(model: Model, feed: Feed, rows: NDArray[np.int64], number: int, place: int | None = None) -> Fault | None:
    """What went wrong in step `number` on the images `rows`; None where it cannot be told.

    The model is as the step left it, but for its gradients if `place` is given: the last one in the flat gradients that
    was not finite, −1 if all were. The batch goes forward once more with all activations kept, which needs more
    memory than training and moves running statistics.
    """
    try:
        with exclusive:
            return _bad_weights(model, place) or _bad_output(model, feed, rows, number)
    except (ConvscopeError, MemoryError):
        return None
    finally:
        model.drop_plans()


def _bad_weights(model: Model, place: int | None) -> Fault | None:
    """The layer whose gradient overflowed first, which is the one nearest to the loss; else one with bad weights."""
    layers = [node.name for node in model.network.order()]
    weights = _bad_layers(dict(model.weights))
    if not weights:
        return None
    gradients = _bad_layers(dict(model.gradients)) if place is None else set()
    if place is not None and place >= 0:
        gradients.add(model.layer_at(place))
    if origin := next((name for name in reversed(layers) if name in gradients), None):
        return Fault(origin, f"the gradient of {_called(model, origin)} is the first that is not finite")
    first = next(name for name in layers if name in weights)
    return Fault(first, f"{_called(model, first)} has weights that are not finite")


def _bad_output(model: Model, feed: Feed, rows: NDArray[np.int64], number: int) -> Fault | None:
    nodes = [node.name for node in model.network.order()]
    plan = model.plan(len(rows), "training", nodes)
    feed.fill(rows, plan.input)
    if bad := _images(plan.input, rows):
        return Fault(None, f"the input is not finite {bad}, look at the images and at mean and std")
    plan.forward(step=number)
    for name in nodes:
        if bad := _images(plan.value(name), rows):
            return Fault(name, f"{_called(model, name)} is the first layer whose output is not finite, {bad}")
    return Fault(nodes[-1], f"the outputs of {_called(model, nodes[-1])} are finite, but too large for the loss")


def _bad_layers(arrays: dict[str, NDArray[np.float32]]) -> set[str]:
    return {name.rpartition(".")[0] for name, array in arrays.items() if not np.isfinite(array).all()}


def _images(values: NDArray[np.float32], rows: NDArray[np.int64]) -> str:
    """For which of the batch's images values (n, …) are not finite; "" if for none."""
    bad = ~np.isfinite(values.reshape(len(rows), -1)).all(1)
    if not bad.any():
        return ""
    if bad.all():
        return f"for all {len(rows)} images"
    named = ", ".join(f"{row:,}" for row in np.sort(rows[bad])[:_SHOWN])
    return f"for {bad.sum()} of {len(rows)} images (training image {named}{' …' if bad.sum() > _SHOWN else ''})"


def _called(model: Model, name: str) -> str:
    return f"{name} ({model.network[name].type_name()})"

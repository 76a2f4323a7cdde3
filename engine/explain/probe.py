"""Running a model in pixel units: the values of its nodes, and gradients back to the pixels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import INPUT
from ..graph.order import ancestors
from ..graph.scores import score_node
from ..runtime.compute import exclusive
from ..runtime.model import Model
from ..runtime.plan import ReluRule
from ..spec import ConvscopeError, NetworkError, Shape, format_shape
from .aim import Aim

Floats = NDArray[np.float32]
CHUNK = 16  # images run at once: enough to fill the cores, little memory


class Probe:
    """A model asked about images of one size, (N, H, W, C) in pixel units 0–255, RGB or grey.

    With another `shape` than the network's input it runs the part up to `node` alone, for images of that size;
    ConvscopeError if a layer on the way cannot (dense layers need the size they were made for). With `cut` what lies
    behind `node` is left out in any case, for many passes.
    """

    def __init__(self, model: Model, shape: Shape | None = None, node: str | None = None, cut: bool = False) -> None:
        wanted = tuple(shape or model.network.input)
        whole = not cut or node in {None, model.network.output}
        self.model = model if whole and wanted == model.network.input else _part(model, wanted, node)
        self.shape = self.model.network.input
        pre = model.preprocessing
        self._values = dataclasses.replace(pre, fit="stretch", short_side=None)  # sized already
        per_pixel = np.float32(pre.scale) / np.asarray(pre.std, np.float32)
        self._per_pixel = per_pixel[::-1] if pre.order == "bgr" else per_pixel

    @property
    def scores(self) -> str:
        """The node of the class scores, before any Softmax."""
        return score_node(self.model.network)

    def values(self, pixels: Floats, *nodes: str, chunk: int = CHUNK) -> dict[str, Floats]:
        """Outputs of nodes (the class scores if none is named) for images of any number, as copies.

        ConvscopeError if they are not finite.
        """
        wanted = nodes or (self.scores,)
        parts: dict[str, list[Floats]] = {node: [] for node in wanted}
        for batch, count in _chunks(pixels, chunk):
            with exclusive:
                plan = self.model.plan(len(batch), "inference", wanted)
                plan.input[...] = self._input(batch)
                plan.forward()
                for node in wanted:
                    parts[node].append(plan.value(node)[:count].copy())
        found = {node: np.concatenate(outputs) for node, outputs in parts.items()}
        for node, values in found.items():
            _require_finite(values, f"The output of {node}")
        return found

    def gradient(
        self,
        pixels: Floats,
        node: str,
        seed: Aim | Callable[[Floats], Any],
        relu: ReluRule = "plain",
        chunk: int = CHUNK,
    ) -> tuple[Floats, Floats]:
        """A node's output for images, and the gradient of the pixels.

        It begins at the node with what `seed` is or gives for a batch of outputs. ConvscopeError if the gradient is
        not finite.
        """
        values, gradients, start = [], [], 0
        for batch, count in _chunks(pixels, chunk):
            begin = seed.part(start, len(batch)).seed if isinstance(seed, Aim) else seed
            with exclusive:
                plan = self.model.plan(len(batch), "gradient")
                plan.input[...] = self._input(batch)
                plan.forward()
                value = plan.value(node).copy()
                plan.seed(node)[...] = begin(value)
                plan.backward(node, relu, weights=False)
                found = plan.seed(INPUT)[:count].copy()
            values.append(value[:count])
            gradients.append(self._of_pixels(found))
            start += count
        gradient = np.concatenate(gradients)
        _require_finite(gradient, f"The gradient at {node}")
        return np.concatenate(values), gradient

    def layer_gradient(self, pixels: Floats, layer: str, aim: Aim) -> tuple[Floats, Floats]:
        """A layer's output for images, and the gradient of the numbers aimed at with respect to it.

        ConvscopeError if they do not depend on the layer.
        """
        if layer not in ancestors(self.model.network.nodes, aim.node):
            raise ConvscopeError(f"{aim.node} does not depend on a layer {layer!r}; name one before it.")
        maps, gradients, start = [], [], 0
        for batch, count in _chunks(pixels, CHUNK):
            begin = aim.part(start, len(batch))
            with exclusive:
                plan = self.model.plan(len(batch), "gradient")
                plan.input[...] = self._input(batch)
                plan.forward()
                plan.seed(aim.node)[...] = begin.seed(plan.value(aim.node))
                plan.backward(aim.node, weights=False, until=layer)
                maps.append(plan.value(layer)[:count].copy())
                gradients.append(plan.seed(layer)[:count].copy())
            start += count
        gradient = np.concatenate(gradients)
        _require_finite(gradient, f"The gradient at {layer}")
        return np.concatenate(maps), gradient

    def input_of(self, image: Floats) -> Floats:
        """The network input (H, W, C) for one image."""
        return self._input(image[None])[0]

    def input_at(self, boxes: Floats, starts: NDArray[np.int64]) -> Floats:
        """The network input for boxes (N, h, w, C) of an image that begin at `starts` (N, 2)."""
        if self._values.mean_image is None:
            return self._values.apply(boxes, (boxes.shape[1], boxes.shape[2]))
        whole = np.zeros((1, *self.shape), np.float32)
        found, height, width = np.empty_like(boxes), boxes.shape[1], boxes.shape[2]
        for number, (row, column) in enumerate(starts):
            window = np.s_[row : row + height, column : column + width]
            whole[0][window] = boxes[number]
            found[number] = self._input(whole)[0][window]
        return found

    def _input(self, pixels: Floats) -> Floats:
        return self._values.apply(pixels, (self.shape[0], self.shape[1]))

    def _of_pixels(self, gradient: Floats) -> Floats:
        """The gradient of the network's input as one of the pixels."""
        ordered = gradient[..., ::-1] if self._values.order == "bgr" else gradient
        found: Floats = ordered * self._per_pixel
        return found


def _require_finite(found: Floats, what: str) -> None:
    if not np.isfinite(found).all():
        raise ConvscopeError(f"{what} is not finite; check the model's weights (NaN or infinity).")


def _chunks(pixels: Floats, chunk: int) -> Iterator[tuple[Floats, int]]:
    """Batches of one size, so that one plan serves all; the last is filled up with its first image."""
    size = min(chunk, len(pixels))
    for start in range(0, len(pixels), size):
        batch = pixels[start : start + size]
        count = len(batch)
        if count < size:
            batch = np.concatenate([batch, np.repeat(batch[:1], size - count, axis=0)])
        yield batch, count


def _part(model: Model, shape: Shape, node: str | None) -> Model:
    """The part of a model up to a node, for another size of image."""
    end = node or model.network.output
    try:
        return model.part(end=end, input=shape)
    except NetworkError as error:
        raise ConvscopeError(
            f"{model.network.name} cannot look at an image of {format_shape(shape)} up to {end} "
            f"({error.problems[0].layer}: {error.problems[0].what}); "
            f"use one of {format_shape(model.network.input)} or a layer before the first dense one."
        ) from None

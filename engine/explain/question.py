"""What a method is asked: a model, images in pixel units, and the number in the network that is to be explained."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.images import read_image
from ..runtime.model import Model
from ..spec import ConvscopeError, Shape, format_shape
from .aim import Aim, softmax
from .probe import Probe

Floats = NDArray[np.float32]
Unit = int | Sequence[int]
_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as Pillow
_UNIT_RANGE = 1.0
_LARGEST_SEED = 2**64


@dataclass(frozen=True)
class Question:
    """A model and what is asked of it; `ask` makes one from what people give.

    `images` (N, H, W, C) are in pixel units and have the size that `probe` reads; `given` tells whether they are
    somebody's or the mean image, `batched` whether several were given. `second` is a second image (H, W, C) in its own
    size. `random(name)` are the seed's random numbers.
    """

    model: Model
    probe: Probe
    images: Floats
    batched: bool
    target: int | None
    layer: str | None
    unit: Unit | None
    seed: int
    given: bool = True
    second: Floats | None = None

    def random(self, stream: int = 0) -> np.random.Generator:
        """Random numbers of this seed; each stream has its own."""
        return np.random.Generator(np.random.Philox(key=np.array([self.seed, stream], np.uint64)))

    def aim(self) -> Aim:
        """The class score of `target`, or the unit of `layer`; what was left open is what responds most.

        Without target and layer it is each image's highest class score, with a layer alone the channel that responds
        most in sum. ConvscopeError for a class, layer or unit that does not exist.
        """
        node = self.layer or self.probe.scores
        shape = self.probe.model.network.shapes()[node]
        assert shape is not None  # the model runs
        chosen = self.target if self.layer is None else self.unit
        if self.layer is not None and self.target is not None:
            raise ConvscopeError("A class and a layer were given; ask for a class, or for a layer and its unit.")
        if chosen is None:
            values = self.probe.values(self.images, node)[node]
            sums = values.reshape(len(values), -1, shape[-1]).sum(1)
            return Aim(node, tuple(int(c) for c in sums.argmax(1)))
        channel, position = _unit(chosen, node, shape, "class" if self.layer is None else "unit")
        return Aim(node, (channel,), None if position is None else (position,))

    def class_aim(self) -> Aim:
        """The score of `target`, or of each image's best class, whatever layer is looked at."""
        return dataclasses.replace(self, layer=None, unit=None).aim()

    def shown(self, array: Floats) -> Floats:
        """An array of all images as people get it: without their axis where one image was given."""
        return array if self.batched else array[0]

    def layer_aim(self, layer: str) -> Aim:
        """The unit of this layer, or the channel that responds most."""
        return dataclasses.replace(self, layer=layer, target=None).aim()

    def mean_image(self) -> Floats:
        """The image (H, W, C) that preprocessing turns into zeros, as far as it holds pixels from 0 to 255."""
        return mean_image(self.model, self.probe.shape)

    def probabilities(self, images: Floats) -> Floats:
        """Softmax of the class scores, (N, classes)."""
        return softmax(self.probe.values(images)[self.probe.scores]).astype(np.float32)


def ask(
    model: Model,
    image: Any,
    target: int | None = None,
    *,
    layer: str | None = None,
    unit: Unit | None = None,
    seed: int | None = None,
    own_size: bool = False,
    second_image: Any = None,
) -> Question:
    """A question from an image as people have it: a path, a picture, or an array (H, W), (H, W, C) or (N, H, W, C).

    The image is brought to the network's input by the model's own preprocessing. With `own_size` one that is nowhere
    smaller keeps its size, which the network up to `layer` must be able to read. Arrays hold pixels from 0 to 255. None
    stands for the mean image of the preprocessing. ConvscopeError names whatever does not fit.
    """
    channels = model.network.input[2]
    if layer is not None and layer not in model.network.nodes:
        raise ConvscopeError(f"There is no layer {layer!r}; there are: {', '.join(model.network.nodes)}.")
    if image is None:
        pixels, batched = mean_image(model, model.network.input)[None], False
    else:
        pixels, batched = as_pixels(image, channels)
    height, width = model.network.input[:2]
    if own_size and pixels.shape[1] >= height and pixels.shape[2] >= width:
        height, width = pixels.shape[1:3]
    probe = Probe(model, (height, width, channels), layer)
    kept = pixels.shape[1:3] == (height, width)
    sized = np.ascontiguousarray(pixels if kept else model.preprocessing.sized(pixels, (height, width)), np.float32)
    second = None if second_image is None else as_pixels(second_image, channels)[0][0]
    number = _checked_seed(0 if seed is None else seed)
    return Question(model, probe, sized, batched, target, layer, unit, number, image is not None, second)


def _checked_seed(seed: int) -> int:
    if not 0 <= seed < _LARGEST_SEED:
        raise ConvscopeError(f"The seed is {seed}; use a whole number from 0 to {_LARGEST_SEED - 1}.")
    return int(seed)


def as_pixels(image: Any, channels: int) -> tuple[Floats, bool]:
    """Images (N, H, W, C) in pixel units with this number of channels, and whether several were given."""
    if isinstance(image, str | os.PathLike):
        return np.asarray(read_image(image, channels if channels in {1, 3} else None), np.float32)[None], False
    given = np.asarray(image)
    if given.ndim not in {2, 3, 4} or 0 in given.shape or given.dtype.kind not in "uifb":
        raise ConvscopeError(
            f"The image is {given.dtype} {given.shape}; use pixels (H, W), (H, W, C) or (N, H, W, C) from 0 to 255."
        )
    pixels = np.asarray(given, np.float32)
    _check_range(given, pixels)
    pixels = pixels[None, ..., None] if given.ndim == 2 else pixels[None] if given.ndim == 3 else pixels
    return _with_channels(pixels, channels), given.ndim == 4


def _check_range(given: NDArray[Any], pixels: Floats) -> None:
    """Refuse what is not in pixel units: the most frequent silent mistake in this field."""
    if not np.isfinite(pixels).all():
        raise ConvscopeError("Some pixels are NaN or infinite; use values from 0 to 255.")
    low, high = float(pixels.min()), float(pixels.max())
    if given.dtype.kind == "f" and 0 < high <= _UNIT_RANGE and low >= 0:
        raise ConvscopeError("The image holds values from 0 to 1; give pixels from 0 to 255 (multiply by 255).")
    if low < 0 or high > 255:
        raise ConvscopeError(f"The image holds values from {low:.4g} to {high:.4g}; give pixels from 0 to 255.")


def _with_channels(pixels: Floats, channels: int) -> Floats:
    have = pixels.shape[3]
    if have == channels:
        return pixels
    if have == 1 and channels == 3:
        return np.repeat(pixels, 3, axis=3)
    if have == 3 and channels == 1:
        return (pixels @ _GREY)[..., None]
    raise ConvscopeError(
        f"The image has {have} channels and the network reads {channels}; use an image with {channels}."
    )


def mean_image(model: Model, shape: Shape) -> Floats:
    """The image of this shape that preprocessing turns into zeros, as far as it holds pixels from 0 to 255."""
    zeros = np.zeros(shape, np.float32)
    return np.clip(model.preprocessing.undo(zeros), 0, 255).astype(np.float32)


def _unit(chosen: Unit, node: str, shape: Shape, what: str) -> tuple[int, tuple[int, int] | None]:
    """Channel and position of a unit given as a channel or as (row, column, channel)."""
    wanted = (chosen,) if isinstance(chosen, int | np.integer) else tuple(chosen)
    limits = shape[-1:] if len(wanted) == 1 else shape
    legal = len(wanted) in {1, len(shape)} and all(0 <= int(w) < limit for w, limit in zip(wanted, limits))
    if not legal:
        most = math.prod(shape[-1:]) - 1
        where = f", or (row, column, channel) within {format_shape(shape)}" if len(shape) == 3 else ""
        raise ConvscopeError(f"{node} has no {what} {chosen}; use 0 to {most}{where}.")
    if len(wanted) == 3:
        return int(wanted[2]), (int(wanted[0]), int(wanted[1]))
    return int(wanted[0]), None

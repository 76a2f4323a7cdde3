"""From pixels to network input: the preprocessing that belongs to a model and is saved with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..spec import ConvscopeError
from .geometry import Fit, placing
from .mean_image import MeanImage

if TYPE_CHECKING:
    from .dataset import Dataset

Resize = Literal["bilinear", "nearest"]
Order = Literal["rgb", "bgr"]
_CHOICES: dict[str, tuple[str, ...]] = {"order": get_args(Order), "resize": get_args(Resize), "fit": get_args(Fit)}


@dataclass(frozen=True)
class Preprocessing:
    """How pixels (0–255, RGB or grey) become network input: resize, then `(pixel · scale − mean) / std` a channel.

    `mean` and `std` hold one value for all channels or one for each; a `mean_image`, in the same unit and order of
    channels, is subtracted as well, enlarged or reduced to the network's input. `order` is the order of colour
    channels the network expects. `fit` "stretch" scales height and width apart; "crop" scales the picture until its
    short side is `short_side` (None: until it covers the input) and cuts out the centre.
    """

    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    order: Order = "rgb"
    resize: Resize = "bilinear"
    fit: Fit = "stretch"
    short_side: int | None = None
    mean_image: MeanImage | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", tuple(float(v) for v in self.mean))
        object.__setattr__(self, "std", tuple(float(v) for v in self.std))
        values = (self.scale, *self.mean, *self.std)
        if not all(np.isfinite(v) for v in values) or min(self.std, default=0) <= 0 or self.scale <= 0 or not self.mean:
            raise ConvscopeError(f"{self} is illegal; scale and std must be positive, all values finite.")
        if any(getattr(self, name) not in choices for name, choices in _CHOICES.items()):
            allowed = ", ".join(f"{name} one of {' or '.join(choices)}" for name, choices in _CHOICES.items())
            raise ConvscopeError(f"{self} is illegal; use as {allowed}.")
        side = self.short_side
        if side is not None and (isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= 65536):
            raise ConvscopeError(f"{self} is illegal; the short side is a whole number of pixels, or None.")

    @classmethod
    def measured(
        cls, dataset: Dataset, mean: Literal["channel", "image"] = "channel", **settings: Any
    ) -> Preprocessing:
        """Mean and standard deviation a channel of the training images, or their mean image and one deviation each.

        `settings` are those of the constructor. Sets that are read from files are measured whole: every picture is
        decoded once.
        """
        from .facts import measure  # facts know of datasets, datasets of their preprocessing  # noqa: PLC0415

        found = measure(dataset.train_images)
        base = cls(**settings)
        flip = slice(None, None, -1 if base.order == "bgr" else 1)
        std = tuple(float(v) for v in np.maximum(found.std[flip] * base.scale, 1e-4))
        if mean == "channel":
            return dataclasses.replace(base, mean=tuple(found.mean[flip] * base.scale), std=std)
        image = MeanImage.of(found.mean_image[..., flip] * base.scale)
        return dataclasses.replace(base, mean=(0.0,), std=std, mean_image=image)

    def apply(self, images: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
        """Pixels (N, h, w, C), any number type, as network input (N, H, W, C) float32 of the given height and width.

        ConvscopeError for another number of axes or channels, and for values that are not finite.
        """
        self._check(images, size)
        pixels = self.sized(images, size)
        if self.order == "bgr":
            pixels = pixels[..., ::-1]
        values = np.array(pixels, np.float32, order="C")
        values *= np.float32(self.scale)
        values -= np.asarray(self.mean, np.float32)
        if self.mean_image is not None:
            values -= self.mean_at(images.shape[1:3], size)
        values /= np.asarray(self.std, np.float32)
        return values

    def by_value(self, given: tuple[int, int], size: tuple[int, int]) -> bool:
        """Whether the input depends on each pixel's value alone, for images of `given` and an input of `size`."""
        return self.mean_image is None and self.keeps(given, size)

    def keeps(self, given: tuple[int, int], size: tuple[int, int]) -> bool:
        """Whether images of height and width `given` go into an input of `size` as they are."""
        return given == tuple(size) and (self.fit == "stretch" or self.short_side in {None, min(given)})

    def sized(self, images: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
        """Pixels (N, h, w, C) brought to the height and width of an input; the array itself where `keeps` is true."""
        if self.keeps(images.shape[1:3], size):
            return images
        place = placing(images.shape[1:3], size, self.fit, self.short_side)
        window = np.s_[:, place.top : place.top + place.height, place.left : place.left + place.width]
        return resized(images, place.scaled, self.resize)[window]

    def seen(
        self, box: tuple[float, float, float, float], given: tuple[int, int], size: tuple[int, int]
    ) -> tuple[float, float, float, float]:
        """Where a box of an input of `size` (top, bottom, left, right; ends excluded) lies in an image of `given`."""
        place = placing(given, size, self.fit, self.short_side)
        top, bottom, left, right = box
        rows = ((top + place.top) / place.down, (bottom + place.top) / place.down)
        return (*rows, (left + place.left) / place.across, (right + place.left) / place.across)

    def read_at(self, pixel: tuple[int, int], given: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
        """Where the middle of a pixel of an image of `given` lies in an input of `size`, or beyond it."""
        place = placing(given, size, self.fit, self.short_side)
        row = int((pixel[0] + 0.5) * place.down // 1) - place.top
        return row, int((pixel[1] + 0.5) * place.across // 1) - place.left

    def mean_at(self, given: tuple[int, int], size: tuple[int, int]) -> NDArray[np.float32]:
        """The mean image at a network's input: it goes the way of the images if it has their size."""
        assert self.mean_image is not None
        image = self.mean_image.array[None]
        if image.shape[1:3] == given:
            return np.asarray(self.sized(image, size)[0], np.float32)
        return np.asarray(resized(image, size, "bilinear")[0], np.float32)

    def _check(self, images: NDArray[Any], size: tuple[int, int]) -> None:
        channels = {len(self.mean), len(self.std)} - {1}
        if self.mean_image is not None and self.mean_image.shape[2] != 1:
            channels.add(self.mean_image.shape[2])
        if images.ndim != 4 or channels - {images.shape[3]}:
            wanted = str(max(channels)) if channels else "C"
            raise ConvscopeError(f"Images of shape {images.shape} came; use (N, height, width, {wanted}).")
        if images.dtype.kind == "f" and not np.isfinite(images).all():
            raise ConvscopeError("Some pixels are NaN or infinite; use values from 0 to 255.")
        if self.fit == "crop" and self.short_side is not None and self.short_side < max(size):
            raise ConvscopeError(
                f"Pictures with a short side of {self.short_side} do not fill an input of {size[0]}×{size[1]}; "
                f"use a short side of {max(size)} or more."
            )

    def undo(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Network input (N, H, W, C) or (H, W, C) back as pixels 0–255, for showing."""
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        centred = np.asarray(values * std + mean, np.float32)
        if self.mean_image is not None:
            centred += resized(self.mean_image.array[None], values.shape[-3:-1], "bilinear")[0]
        pixels: NDArray[np.float32] = centred / np.float32(self.scale)
        return pixels[..., ::-1] if self.order == "bgr" else pixels

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; a mean image is no part of it, files keep it as an array."""
        return {
            field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "mean_image"
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], mean_image: NDArray[Any] | None = None) -> Preprocessing:
        """Read the JSON form and the mean image that belongs to it; ConvscopeError when it is damaged."""
        try:
            numbers = {k: tuple(map(_number, v)) for k, v in values.items() if k in {"mean", "std"}}
            found = cls(**{**values, **numbers, "scale": _number(values.get("scale", cls.scale))})
            return found if mean_image is None else dataclasses.replace(found, mean_image=MeanImage.of(mean_image))
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ConvscopeError(f"The preprocessing in this file cannot be read ({error}).") from None


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "nearest": Image.Resampling.NEAREST}


def resized(images: NDArray[Any], size: tuple[int, int], how: Resize) -> NDArray[Any]:
    """Images (N, h, w, C) at another height and width. Sizes that agree return the array itself."""
    if images.shape[1:3] == tuple(size):
        return images
    out = np.empty((len(images), *size, images.shape[3]), np.float32)
    for image, target in zip(images, out):
        for channel in range(images.shape[3]):
            plane = Image.fromarray(np.ascontiguousarray(image[..., channel], np.float32))
            target[..., channel] = np.asarray(plane.resize((size[1], size[0]), _FILTERS[how]))
    return out

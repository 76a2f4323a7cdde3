"""From pixels to network input: the preprocessing that belongs to a model and is saved with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..spec import ConvscopeError

Resize = Literal["bilinear", "nearest"]
Order = Literal["rgb", "bgr"]


@dataclass(frozen=True)
class Preprocessing:
    """How pixels (0–255, RGB or grey) become network input: resize, then `(pixel · scale − mean) / std` a channel.

    `mean` and `std` hold one value for all channels or one for each. `order` is the order of colour channels the
    network expects.
    """

    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    order: Order = "rgb"
    resize: Resize = "bilinear"

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", tuple(float(v) for v in self.mean))
        object.__setattr__(self, "std", tuple(float(v) for v in self.std))
        values = (self.scale, *self.mean, *self.std)
        if not all(np.isfinite(v) for v in values) or min(self.std, default=0) <= 0 or self.scale <= 0 or not self.mean:
            raise ConvscopeError(f"{self} is illegal; scale and std must be positive, all values finite.")
        if self.order not in get_args(Order) or self.resize not in get_args(Resize):
            raise ConvscopeError(
                f"{self} is illegal; the order is one of {', '.join(get_args(Order))}, "
                f"resize one of {', '.join(get_args(Resize))}."
            )

    def apply(self, images: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
        """Pixels (N, h, w, C), any number type, as network input (N, H, W, C) float32 of the given height and width.

        ConvscopeError for another number of axes or channels, and for values that are not finite.
        """
        self._check(images)
        pixels = resized(images, size, self.resize)
        if self.order == "bgr":
            pixels = pixels[..., ::-1]
        values = np.array(pixels, np.float32, order="C")
        values *= np.float32(self.scale)
        values -= np.asarray(self.mean, np.float32)
        values /= np.asarray(self.std, np.float32)
        return values

    def _check(self, images: NDArray[Any]) -> None:
        if images.ndim != 4 or {len(self.mean), len(self.std)} - {1, images.shape[3]}:
            channels = "C" if len(self.mean) == len(self.std) == 1 else str(max(len(self.mean), len(self.std)))
            raise ConvscopeError(f"Images of shape {images.shape} came; use (N, height, width, {channels}).")
        if images.dtype.kind == "f" and not np.isfinite(images).all():
            raise ConvscopeError("Some pixels are NaN or infinite; use values from 0 to 255.")

    def undo(self, values: NDArray[Any]) -> NDArray[np.float32]:
        """Network input back as pixels 0–255, for showing."""
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        pixels: NDArray[np.float32] = (values * std + mean) / np.float32(self.scale)
        return pixels[..., ::-1] if self.order == "bgr" else pixels

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Read the JSON form; ConvscopeError when it is damaged."""
        try:
            numbers = {k: tuple(map(_number, v)) for k, v in values.items() if k in {"mean", "std"}}
            return cls(**{**values, **numbers, "scale": _number(values.get("scale", cls.scale))})
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

"""What augmentation does to one image, pixel by pixel in float64, with random numbers drawn in plain integers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Point = tuple[float, float]
Move = Callable[[float, float], Point]
WORD = (1 << 64) - 1


class Numbers:
    """The uniform numbers of one augmentation for one image, in order."""

    def __init__(self, seed: int, epoch: int, place: int, row: int) -> None:
        z = (seed * 0xD1342543DE82EF95 + epoch * 0xDA942042E4DD58B5 + (1 << 32) + place) & WORD
        z = ((z ^ (z >> 32)) * 0xD6E8FEB86659FD93) & WORD
        self.key, self.counter = z ^ (z >> 32), 64 * row

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        z = (self.key + self.counter * 0x9E3779B97F4A7C15) & WORD
        self.counter += 1
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
        return low + (high - low) * ((z ^ (z >> 31)) >> 40) / 2**24

    def whole(self, low: int, high: int) -> int:
        return low + int(self.uniform() * (high - low + 1))

    def normal(self) -> float:
        first, second = self.uniform(), self.uniform()
        return math.sqrt(-2 * math.log(1 - first)) * math.cos(2 * math.pi * second)


def flip(a: Any, u: Numbers, frame: tuple[int, int], window: tuple[int, int]) -> Move:
    mirrored = u.uniform() < a.probability
    return lambda y, x: (y, frame[1] - 1 - x if mirrored else x)


def flip_vertical(a: Any, u: Numbers, frame: tuple[int, int], window: tuple[int, int]) -> Move:
    mirrored = u.uniform() < a.probability
    return lambda y, x: (frame[0] - 1 - y if mirrored else y, x)


def random_crop(a: Any, u: Numbers, frame: tuple[int, int], window: tuple[int, int]) -> Move:
    top = u.whole(0, frame[0] + 2 * a.padding - window[0]) - a.padding
    left = u.whole(0, frame[1] + 2 * a.padding - window[1]) - a.padding
    return lambda y, x: (y + top, x + left)


def _rectangle(u: Numbers, frame: Any, window: Any, height: float, width: float) -> Move:
    top, left = u.uniform() * (frame[0] - height), u.uniform() * (frame[1] - width)
    return lambda y, x: (
        top + (y + 0.5) / window[0] * height - 0.5,
        left + (x + 0.5) / window[1] * width - 0.5,
    )


def random_resized_crop(a: Any, u: Numbers, frame: tuple[int, int], window: tuple[int, int]) -> Move:
    area = u.uniform(a.scale_min, a.scale_max) * frame[0] * frame[1]
    ratio = math.exp(u.uniform(math.log(a.ratio_min), math.log(a.ratio_max)))
    height, width = min(math.sqrt(area / ratio), frame[0]), min(math.sqrt(area * ratio), frame[1])
    return _rectangle(u, frame, window, height, width)


def short_side_crop(a: Any, u: Numbers, frame: tuple[int, int], window: tuple[int, int]) -> Move:
    scale = u.whole(a.short_min, a.short_max) / min(frame)
    return _rectangle(u, frame, window, window[0] / scale, window[1] / scale)


def translation(a: Any, u: Numbers, frame: tuple[int, int], window: tuple[int, int]) -> Move:
    down, right = u.uniform(-a.share, a.share) * frame[0], u.uniform(-a.share, a.share) * frame[1]
    if a.whole:
        down, right = round(down), round(right)
    return lambda y, x: (y - down, x - right)


def _centred(frame: tuple[int, int], move: Move) -> Move:
    middle = (frame[0] - 1) / 2, (frame[1] - 1) / 2

    def around(y: float, x: float) -> Point:
        y, x = move(y - middle[0], x - middle[1])
        return y + middle[0], x + middle[1]

    return around


def rotation(a: Any, u: Numbers, frame: tuple[int, int], window: tuple[int, int]) -> Move:
    turn = math.radians(u.uniform(-a.degrees, a.degrees))

    def move(y: float, x: float) -> Point:
        return math.cos(turn) * y + math.sin(turn) * x, -math.sin(turn) * y + math.cos(turn) * x

    return _centred(frame, move)


def stretch(a: Any, u: Numbers, frame: tuple[int, int], window: tuple[int, int]) -> Move:
    most = math.log(1 + a.strength)
    tall = math.exp(u.uniform(-most, most))
    wide = tall if a.together else math.exp(u.uniform(-most, most))
    return _centred(frame, lambda y, x: (y / tall, x / wide))


def shear(a: Any, u: Numbers, frame: tuple[int, int], window: tuple[int, int]) -> Move:
    lean = math.tan(math.radians(u.uniform(-a.degrees, a.degrees)))
    return _centred(frame, lambda y, x: (y, x + lean * y))


def lens_distortion(a: Any, u: Numbers, frame: tuple[int, int], window: tuple[int, int]) -> Move:
    k = u.uniform(-a.strength, a.strength)
    corner = math.hypot((frame[0] - 1) / 2, (frame[1] - 1) / 2)

    def move(y: float, x: float) -> Point:
        bend = 1 + k * (math.hypot(y, x) / corner) ** 2
        return y * bend, x * bend

    return _centred(frame, move)


def contrast(a: Any, u: Numbers, pixels: Array, mean: float, components: Any) -> tuple[Array, float]:
    factor = u.uniform(1 - a.strength, 1 + a.strength)
    return mean + factor * (pixels - mean), mean


def brightness(a: Any, u: Numbers, pixels: Array, mean: float, components: Any) -> tuple[Array, float]:
    added = 255 * u.uniform(-a.strength, a.strength)
    return pixels + added, mean + added


def pca_colour(a: Any, u: Numbers, pixels: Array, mean: float, components: Any) -> tuple[Array, float]:
    added = 255 * components @ np.array([a.sigma * u.normal() for _ in range(components.shape[1])])
    return pixels + added, mean + added.mean()


def cutout(a: Any, u: Numbers, hidden: NDArray[np.bool_]) -> None:
    for _ in range(a.count):
        top, left = (u.whole(0, side - 1) - a.size // 2 for side in hidden.shape)
        for y in range(top, top + a.size):
            for x in range(left, left + a.size):
                if 0 <= y < hidden.shape[0] and 0 <= x < hidden.shape[1]:
                    hidden[y, x] = True


MOVES = {
    "Flip": flip, "FlipVertical": flip_vertical, "RandomCrop": random_crop, "RandomResizedCrop": random_resized_crop,
    "ShortSideCrop": short_side_crop, "Translation": translation, "Rotation": rotation, "Stretch": stretch,
    "Shear": shear, "LensDistortion": lens_distortion,
}  # fmt: skip
COLOURS = {"Contrast": contrast, "Brightness": brightness, "PCAColour": pca_colour}
CUTS = ("RandomCrop", "RandomResizedCrop", "ShortSideCrop")


def moves(augmentations: Sequence[Any], frame: Any, window: Any, seed: int, epoch: int, row: int) -> list[Move]:
    """From the output back to the image, in the order in which a point goes through them."""
    found = []
    for place, a in enumerate(augmentations):
        if a.type_name() in MOVES:
            found.insert(0, MOVES[a.type_name()](a, Numbers(seed, epoch, place, row), frame, window))
            frame = window if a.type_name() in CUTS else frame
    return found


def through(path: Sequence[Move], y: float, x: float) -> Point:
    for move in path:
        y, x = move(y, x)
    return y, x


def pixel(image: Array, row: int, column: int, border: str) -> Array | float:
    height, width = image.shape[:2]
    if border == "zeros" and not (0 <= row < height and 0 <= column < width):
        return 0.0
    if border == "edge":
        return image[min(max(row, 0), height - 1), min(max(column, 0), width - 1)]
    return image[reflected(row, height), reflected(column, width)]


def reflected(place: int, length: int) -> int:
    while not 0 <= place < length:
        place = -place if place < 0 else 2 * (length - 1) - place
    return place


def interpolated(image: Array, y: float, x: float, border: str) -> Array:
    top, left = math.floor(y), math.floor(x)
    total = np.zeros(image.shape[2])
    for row, down in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, across in ((left, 1 - (x - left)), (left + 1, x - left)):
            total += down * across * pixel(image, row, column, border)
    return total


def augmented(
    image: Array, augmentations: Sequence[Any], window: tuple[int, int], seed: int, epoch: int, row: int,
    border: str = "edge", components: Array | None = None,
) -> tuple[Array, NDArray[np.bool_]]:  # fmt: skip
    """Pixels 0–255 (H, W, C), and which are hidden."""
    path = moves(augmentations, image.shape[:2], window, seed, epoch, row)
    straight = [a for a in augmentations if a.type_name() != "LensDistortion"]
    place = {id(a): i for i, a in enumerate(augmentations)}
    plain: list[Move] = []
    frame = image.shape[:2]
    for a in straight:
        if a.type_name() in MOVES:
            numbers = Numbers(seed, epoch, place[id(a)], row)
            plain.insert(0, MOVES[a.type_name()](a, numbers, frame, window))
            frame = window if a.type_name() in CUTS else frame
    origin, down, right = (through(plain, *p) for p in ((0, 0), (1, 0), (0, 1)))
    high = max(round(math.dist(origin, down)), 1)
    wide = max(round(math.dist(origin, right)), 1)
    pixels = np.zeros((*window, image.shape[2]))
    for y, x in np.ndindex(*window):
        for i, j in np.ndindex(high, wide):
            at = through(path, y + (i + 0.5) / high - 0.5, x + (j + 0.5) / wide - 0.5)
            pixels[y, x] += interpolated(image, *at, border) / (high * wide)
    mean, hidden = float(image.mean()), np.zeros(window, bool)
    for order, a in enumerate(augmentations):
        numbers = Numbers(seed, epoch, order, row)
        if a.type_name() in COLOURS:
            pixels, mean = COLOURS[a.type_name()](a, numbers, pixels, mean, components)
        elif a.type_name() == "Cutout":
            cutout(a, numbers, hidden)
    return np.clip(pixels, 0, 255), hidden

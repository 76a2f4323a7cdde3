"""Coloured shapes on textured grounds, with labels and boxes: drawn by seed, as many and as large as wanted.

Only whole numbers, sums, products, quotients and square roots take part, which every machine rounds alike, so the same
seed gives the same bits everywhere. Images are drawn in blocks of their own seeds: the first images of a larger set
are those of a smaller one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .boxes import Objects
from .dataset import DataError, Dataset
from .download import Progress
from .entry import Entry
from .options import Options, ShapesOptions
from .preprocess import Preprocessing
from .reading import readers

Floats = NDArray[Any]  # of 32 bits: NumPy keeps them beside Python's own numbers
Distance = Callable[[Floats, Floats], Any]

MOST_BYTES = 8 << 30
_BLOCK = 64  # images drawn together
_TEST = 1 << 40  # number of the first block of test images
_SOFT = 1.0  # pixels over which an edge fades


def _circle(x: Floats, y: Floats) -> Any:
    return np.sqrt(x * x + y * y) - 1


def _square(x: Floats, y: Floats) -> Any:
    return np.maximum(abs(x), abs(y)) - 0.8


def _triangle(x: Floats, y: Floats) -> Any:
    return np.maximum(abs(x) * 0.8660254 - y * 0.5, y) - 0.5


def _star(x: Floats, y: Floats) -> Any:
    """Five points: what lies in at least four of the five half-planes of a pentagon."""
    sides = np.stack([x * nx + y * ny for nx, ny in _PENTAGON])
    return np.partition(sides, 3, axis=0)[3] - 0.36


def _cross(x: Floats, y: Floats) -> Any:
    long, short = np.maximum(abs(x), abs(y)), np.minimum(abs(x), abs(y))
    return np.maximum(long - 0.95, short - 0.3)


def _ring(x: Floats, y: Floats) -> Any:
    return abs(np.sqrt(x * x + y * y) - 0.75) - 0.25


def _diamond(x: Floats, y: Floats) -> Any:
    return abs(x) * 0.85 + abs(y) * 0.53 - 0.53


def _bar(x: Floats, y: Floats) -> Any:
    return np.maximum(abs(x) - 1, abs(y) - 0.3)


_PENTAGON = ((0.0, -1.0), (0.95105652, -0.30901699), (0.58778525, 0.80901699), (-0.58778525, 0.80901699),
             (-0.95105652, -0.30901699))  # fmt: skip
KINDS: dict[str, Distance] = {
    "circle": _circle, "square": _square, "triangle": _triangle, "star": _star, "cross": _cross, "ring": _ring,
    "diamond": _diamond, "bar": _bar,
}  # fmt: skip
"""Shapes within a radius of about 1, as a function that is negative inside and grows about as the distance."""


@dataclass(frozen=True)
class _Look:
    """One side of the set: its first block, how many images, and the options."""

    first: int
    count: int
    options: ShapesOptions


def _load(directory: Path | None, progress: Progress | None, options: Options) -> Dataset:
    """The set as described; it has no files, so the folder goes unused."""
    assert isinstance(options, ShapesOptions)
    nbytes = (options.count + options.test) * 3 * options.size**2
    if nbytes > MOST_BYTES:
        raise DataError(
            f"So many shapes take {nbytes / 2**30:,.1f} GiB; use a size and count for {MOST_BYTES >> 30} GiB."
        )
    train = _drawn(_Look(0, options.count, options), progress)
    test = _drawn(_Look(_TEST, options.test, options), None)
    return Dataset(
        "shapes",
        *train[:2],
        *test[:2],
        tuple(KINDS)[: options.classes],
        Preprocessing(mean=(0.5,), std=(0.3,)),
        train_boxes=train[2],
        test_boxes=test[2],
        train_objects=_objects(*train[1:]),
        test_objects=_objects(*test[1:]),
    )


def _objects(labels: NDArray[np.int64], boxes: Floats) -> tuple[Objects, ...]:
    return tuple(Objects(labels[i : i + 1], boxes[i : i + 1]) for i in range(len(labels)))


def _drawn(look: _Look, progress: Progress | None) -> tuple[NDArray[np.uint8], NDArray[np.int64], Floats]:
    """Images (N, S, S, 3), labels (N,) and boxes (N, 4) of one side; classes take turns."""
    size, count = look.options.size, look.count
    images = np.empty((count, size, size, 3), np.uint8)
    boxes = np.empty((count, 4), np.float32)
    labels = np.arange(count, dtype=np.int64) % look.options.classes

    def draw(start: int) -> None:
        stop = min(start + _BLOCK, count)
        _block(look, look.first + start // _BLOCK, labels[start:stop], images[start:stop], boxes[start:stop])

    with ThreadPoolExecutor(readers(), "convscope-draw") as pool:
        for done, _ in enumerate(pool.map(draw, range(0, count, _BLOCK)), 1):
            if progress:
                progress("Drawing shapes", min(done * _BLOCK, count) * 3 * size**2, images.nbytes)
    return images, labels, boxes


def _block(look: _Look, number: int, labels: NDArray[np.int64], images: NDArray[np.uint8], boxes: Floats) -> None:
    """Draw up to _BLOCK images, each from 14 numbers and its own texture and noise."""
    size = look.options.size
    random = np.random.Generator(np.random.Philox(key=np.array([look.options.seed, number], np.uint64)))
    drawn = random.random((_BLOCK, 14), np.float32)
    cells = random.integers(0, 256, (_BLOCK, 2, 5, 5), np.uint8)
    for index, label in enumerate(labels):
        grain = random.integers(0, 256, (2, size, size), np.uint8)
        cover, boxes[index] = _shape(drawn[index], tuple(KINDS.values())[label], size)
        images[index] = _coloured(drawn[index], cover, cells[index], grain, look.options.noise)


def _shape(drawn: Floats, distance: Distance, size: int) -> tuple[Floats, Floats]:
    """How far each pixel is covered, 0 to 1, (S, S), and the box of those that are by half at least."""
    radius = size * (0.2 + 0.2 * drawn[0])
    x0, y0 = (radius + (size - 2 * radius) * value for value in drawn[1:3])
    half = drawn[3] * 0.5 - 0.25  # of the tangent: turned by up to 28 degrees, without sines
    cosine, sine = (1 - half * half) / (1 + half * half), 2 * half / (1 + half * half)
    places = np.arange(size, dtype=np.float32) + 0.5
    right, down = (places - x0)[None, :] / radius, (places - y0)[:, None] / radius
    x, y = right * cosine + down * sine, down * cosine - right * sine
    inside = distance(x, y) * (radius / _SOFT)
    cover = np.clip(0.5 - inside, 0, 1)
    solid = cover >= 0.5
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    return cover, np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)


def _coloured(
    drawn: Floats, cover: Floats, cells: NDArray[np.uint8], grain: NDArray[np.uint8], noise: float
) -> NDArray[np.uint8]:
    """The shape in its colour on a ground of another, both with coarse texture and fine grain."""
    ground, colour = drawn[4:7], drawn[7:10]
    lightness = colour.sum(dtype=np.float32) - ground.sum(dtype=np.float32)
    if abs(lightness) < 0.75:  # hardly to be seen
        lift = np.where(ground < 0.5, 0.5, 0)
        colour = (colour * 0.5 + lift).astype(np.float32)
    size = len(cover)
    coarse = [_smooth(plane, size) for plane in cells]
    texture = [noise * (wave + grit.astype(np.float32) / 255 - 1) for wave, grit in zip(coarse, grain)]
    under = ground + texture[0][..., None]
    over = colour + texture[1][..., None] * 0.5
    mixed = under + (over - under) * cover[..., None]
    return np.asarray(np.clip(mixed, 0, 1) * 255 + 0.5, np.uint8)


def _smooth(cells: NDArray[np.uint8], size: int) -> Floats:
    """Values 0 to 1 (S, S) between those of a grid of 5×5, linearly."""
    place = np.arange(size, dtype=np.float32) * 4 / size
    low = place.astype(np.int64)
    share = place - low
    values = cells.astype(np.float32) / 255
    rows = values[low] + (values[low + 1] - values[low]) * share[:, None]
    smooth: Floats = rows[:, low] + (rows[:, low + 1] - rows[:, low]) * share[None, :]
    return smooth


SHAPES = Entry(
    "shapes",
    "Shapes",
    "Coloured shapes on textured grounds, with boxes; drawn by seed, no download",
    "Drawn by Convscope: circle, square, triangle, star, cross, ring, diamond, bar",
    (32, 32, 3),
    tuple(KINDS)[: ShapesOptions().classes],
    0,
    _load,
    ShapesOptions,
)

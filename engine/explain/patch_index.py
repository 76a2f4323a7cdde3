"""Where in a data set each unit responds most: one pass over the images finds it for every channel of every layer."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cost.receptive import Field, receptive_fields
from ..io.atomic import atomic_write
from ..runtime.model import Model
from ..spec import ConvscopeError
from .probe import Floats, Probe
from .question import as_pixels

_CHUNK = 64
_VERSION = 1


@dataclass(frozen=True)
class Patch:
    """An image that excites a unit: its number in the data set, the unit's position and response, and what it sees.

    `box` is (top, bottom, left, right) in pixels of the network's input, ends excluded; it reaches beyond the image
    where the unit sees padding.
    """

    image: int
    position: tuple[int, int]
    response: float
    box: tuple[int, int, int, int]


class PatchIndex:
    """The `top` images of every channel of a model's layers, one place an image, strongest first.

    `images`, `positions` and `responses` hold for each layer arrays (channels, top); a place −1 stands for none.
    """

    def __init__(self, network: str, top: int, layers: dict[str, dict[str, NDArray[Any]]], fields: dict[str, Field]):
        self.network, self.top, self._layers, self._fields = network, top, layers, fields

    @property
    def layers(self) -> list[str]:
        """Layers that are in the index."""
        return list(self._layers)

    def strongest(self, layer: str, channel: int) -> list[Patch]:
        """The places where a channel of a layer responds most, at most one an image."""
        if layer not in self._layers:
            raise ConvscopeError(f"The index has no layer {layer!r}; it has: {', '.join(self._layers)}.")
        found, field = self._layers[layer], self._fields[layer]
        count = len(found["images"])
        if not 0 <= channel < count:
            raise ConvscopeError(f"{layer} has no unit {channel}; use 0 to {count - 1}.")
        rows = zip(found["images"][channel], found["positions"][channel], found["responses"][channel])
        return [
            Patch(int(image), (int(y), int(x)), float(response), field.box(int(y), int(x)))
            for image, (y, x), response in rows
            if image >= 0
        ]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the index as .npz; FileError if that cannot be done."""
        arrays = {f"{layer}/{name}": array for layer, found in self._layers.items() for name, array in found.items()}
        head = json.dumps({"version": _VERSION, "network": self.network, "top": self.top, "layers": self.layers})
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **{"head": np.frombuffer(head.encode(), np.uint8), **arrays})
        atomic_write(path, buffer.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str], model: Model) -> PatchIndex:
        """Read an index that `save` wrote for this model's network; ConvscopeError if it is another's or damaged."""
        try:
            with np.load(Path(path), allow_pickle=False) as file:
                head = json.loads(bytes(file["head"]))
                names = ("images", "positions", "responses")
                layers = {layer: {name: file[f"{layer}/{name}"] for name in names} for layer in head["layers"]}
                network, top = str(head["network"]), int(head["top"])
        except FileNotFoundError:
            raise ConvscopeError(f"There is no file {path}; build the index first.") from None
        except Exception as error:  # damaged archives raise nearly anything
            raise ConvscopeError(f"{path} is no index that can be read ({error}); build it anew.") from None
        fields = receptive_fields(model.network)
        if network != model.network.name or not set(layers) <= set(fields):
            raise ConvscopeError(f"{path} belongs to {network}, not to {model.network.name}; build it anew.")
        return cls(network, top, layers, {layer: fields[layer] for layer in layers})


def build_index(
    model: Model, images: Any, layers: Sequence[str] | None = None, top: int = 9, progress: Any = None
) -> PatchIndex:
    """One pass over images (N, H, W, C) in pixel units; `progress` is told images done and in all, and may raise."""
    steps = build_steps(model, images, layers, top)
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            found: PatchIndex = end.value
            return found
        if progress is not None:
            progress(done, total)


def build_steps(
    model: Model, images: Any, layers: Sequence[str] | None = None, top: int = 9
) -> Generator[tuple[int, int], None, PatchIndex]:
    """The same as a generator of (images done, in all) that returns the index; dropping it cancels.

    Without `layers` it is every layer with maps or units behind the image, in order.
    """
    shapes, fields = model.network.shapes(), receptive_fields(model.network)
    wanted = list(layers) if layers is not None else [n.name for n in model.network.order()]
    unknown = [name for name in wanted if name not in model.network.nodes]
    if unknown:
        raise ConvscopeError(
            f"There is no layer {', '.join(map(repr, unknown))}; there are: {', '.join(model.network.nodes)}."
        )
    if not len(images):
        raise ConvscopeError("There are no images to look through; give at least one.")
    tables = {layer: _Table(int((shapes[layer] or (0,))[-1]), top) for layer in wanted}
    probe, total, (height, width, channels) = Probe(model), len(images), model.network.input
    for start in range(0, total, _CHUNK):
        pixels, _ = as_pixels(np.asarray(images[start : start + _CHUNK]), channels)
        sized = np.asarray(model.preprocessing.sized(pixels, (height, width)), np.float32)
        values = probe.values(sized, *wanted, chunk=_CHUNK)
        for layer, table in tables.items():
            table.add(values[layer], start)
        yield min(start + _CHUNK, total), total
    arrays = {layer: table.arrays() for layer, table in tables.items()}
    return PatchIndex(model.network.name, top, arrays, {layer: fields[layer] for layer in wanted})


class _Table:
    """The best of one layer so far, for each channel."""

    def __init__(self, channels: int, top: int) -> None:
        self._top = top
        self._images = np.full((channels, top), -1, np.int64)
        self._positions = np.zeros((channels, top, 2), np.int64)
        self._responses = np.full((channels, top), -np.inf, np.float32)

    def add(self, values: Floats, first: int) -> None:
        """Outputs (n, h, w, K) or (n, K) of the images from number `first` on."""
        maps = values if values.ndim == 4 else values[:, None, None, :]
        count, _, width, channels = maps.shape
        flat = maps.reshape(count, -1, channels)
        places = flat.argmax(1)  # (n, K): one maximum an image and channel
        best = np.take_along_axis(flat, places[:, None], 1)[:, 0].T
        numbers = np.broadcast_to(np.arange(first, first + count), (channels, count))
        positions = np.stack(np.divmod(places.T, width), -1)
        responses = np.concatenate([self._responses, best], 1)
        order = np.argsort(-responses, axis=1, kind="stable")[:, : self._top]
        self._responses = np.take_along_axis(responses, order, 1)
        self._images = np.take_along_axis(np.concatenate([self._images, numbers], 1), order, 1)
        both = np.concatenate([self._positions, positions], 1)
        self._positions = np.take_along_axis(both, order[..., None], 1)

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {"images": self._images, "positions": self._positions, "responses": self._responses}

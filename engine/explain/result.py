"""What a method found: arrays in image coordinates, how they were made, and the pictures of them."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..io.atomic import atomic_write
from . import films, pictures

Kind = Literal["heat map", "image", "maps", "sequence", "table"]


@dataclass(frozen=True, eq=False)
class Result:
    """The outcome of one method for one image, or for several (`batched`: every array then begins with their axis).

    `array` is a heat map (H, W), a signed gradient (H, W, C), an image (H, W, C) in pixel units 0–255, many small maps
    (h, w, K), in colour (h, w, K, 3), or a sequence of images (T, H, W, C); for a table it holds the numbers, and
    `columns` their names. `image` is what was looked at, in
    pixel units. `config` says how to repeat it, `scores` what the network said before and after, `history` the figures
    of each step, `extras` further arrays of the method by name. `caveat` is what must be known to read the picture;
    `shown`, if there, is drawn in place of an image too faint to be seen; `page` are RGB pixels that show all of a
    sequence that is no film.
    """

    method: str
    kind: Kind
    array: NDArray[np.float32]
    image: NDArray[np.float32] | None
    config: Mapping[str, Any]
    scores: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[Mapping[str, float], ...] = ()
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    caveat: str = ""
    batched: bool = False
    shown: NDArray[np.float32] | None = None
    page: NDArray[np.uint8] | None = None

    @property
    def heatmap(self) -> NDArray[np.float32]:
        """The array of a heat map: (H, W), or (N, H, W) if batched."""
        return self.array

    @property
    def meta(self) -> dict[str, Any]:
        """Method, configuration, scores, history and caveat, ready for JSON."""
        return {
            "method": self.method,
            "kind": self.kind,
            "shape": list(self.array.shape),
            "config": dict(self.config),
            "scores": dict(self.scores),
            "history": [dict(step) for step in self.history],
            "caveat": self.caveat,
        }

    def picture(self) -> NDArray[np.uint8]:
        """The raw result as RGB pixels; several images side by side. ConvscopeError for a table."""
        if self.page is not None:
            return self.page
        return pictures.sheet([pictures.raw(self.kind, part) for part in self._parts()])

    def overlay(self, strength: float = 0.6) -> NDArray[np.uint8]:
        """A heat map laid over its image, as RGB pixels; the raw picture for results of other kinds."""
        if self.kind != "heat map" or self.image is None:
            return self.picture()
        images = self.image if self.batched else self.image[None]
        shown = [pictures.overlay(part, image, strength) for part, image in zip(self._parts(), images)]
        return pictures.sheet(shown)

    def save(self, path: str | os.PathLike[str], raw: bool = False, strength: float = 0.6) -> None:
        """Write the overlay of this `strength` (or the `raw` picture) as PNG, the array as .npy or `meta` as .json.

        The name's ending says which.
        A sequence becomes a film under .gif or .mp4, and a folder of PNGs under a name without ending. FileError if it
        cannot be written; nothing is left half written.
        """
        ending, buffer = Path(path).suffix.lower(), io.BytesIO()
        if self.kind == "sequence" and ending in films.ENDINGS:
            films.write(path, self.frames())
            return
        if ending == ".npy":
            np.save(buffer, self.array, allow_pickle=False)
        elif ending == ".json":
            buffer.write(json.dumps(self.meta, indent=2, ensure_ascii=False).encode())
        else:
            Image.fromarray(self.picture() if raw else self.overlay(strength)).save(buffer, "PNG")
        atomic_write(path, buffer.getvalue())

    def frames(self) -> list[NDArray[np.uint8]]:
        """The pictures of a sequence as RGB pixels; several images side by side."""
        parts = self._parts()
        return [pictures.sheet([pictures.rgb(part[frame]) for part in parts]) for frame in range(len(parts[0]))]

    def _parts(self) -> list[NDArray[np.float32]]:
        drawn = self.array if self.shown is None else self.shown
        return list(drawn) if self.batched else [drawn]

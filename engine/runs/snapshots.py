"""Filters and activations of moments of a run, so that its training can be looked at later like a film.

One file a moment, `step-000000200.safetensors`: the weights of the layers under "weights/conv1", the activations of
the pinned images under "activations/conv1" (n, H, W, C). A whole one has all weights of the model instead, under
"model/conv1.weight", running statistics included.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..io import container
from ..runtime.compute import exclusive
from ..spec import ConvscopeError
from .checkpoints import named_after
from .errors import RunError
from .keeping import Keeping

if TYPE_CHECKING:
    from ..runtime.model import Model

FORMAT = "convscope-snapshot"
_PINNED = "pinned.safetensors"
FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Moment:
    """Where a snapshot stands in its run. `weights` and `activations` read the arrays, by layer."""

    step: int
    epoch: int
    path: Path

    def weights(self) -> dict[str, FloatArray]:
        """The layers' filters: convolutions (R, S, C/groups, K), dense layers (in, out)."""
        filters = {name: array for name, array in self.model().items() if name.endswith(".weight") and array.ndim >= 2}
        return self._arrays("weights/") | {name.removesuffix(".weight"): array for name, array in filters.items()}

    def model(self) -> dict[str, FloatArray]:
        """All weights by their full names, of a snapshot that is whole; empty of another."""
        return self._arrays("model/")

    def activations(self) -> dict[str, FloatArray]:
        """The layers' outputs for the pinned images, (n, …); empty if none were pinned."""
        return self._arrays("activations/")

    def _arrays(self, prefix: str) -> dict[str, FloatArray]:
        with container.opened(self.path) as file:
            names = [name for name in file.names if name.startswith(prefix)]
            return {name.removeprefix(prefix): file.read(name) for name in names}


class SnapshotWriter:
    """Writes the snapshots of a run into its folder."""

    def __init__(self, folder: Path, keeping: Keeping, network: Network, pinned: NDArray[Any] | None = None) -> None:
        self._folder = folder
        self._layers = layers(network, keeping)
        self._whole = keeping.whole
        self._pinned = pinned

    def write(self, model: Model, progress: Mapping[str, Any]) -> None:
        """Write this moment's. FileError if it cannot be done."""
        if self._whole:
            arrays = {f"model/{name}": array for name, array in model.weights.items()}
        else:
            arrays = {f"weights/{name}": model.weights[f"{name}.weight"] for name in self._layers}
        if self._pinned is not None:
            seen = self._activations(model, self._pinned)
            arrays |= {f"activations/{name}": value for name, value in seen.items()}
        document = {"format": FORMAT, "step": progress["step"], "epoch": progress["epoch"]}
        container.write(self._folder / f"{named_after(progress['step'])}.safetensors", document, arrays)

    def _activations(self, model: Model, pixels: NDArray[Any]) -> dict[str, FloatArray]:
        images = model.prepare(pixels)
        with exclusive:
            plan = model.plan(len(images), "inference", self._layers)
            plan.input[...] = images
            plan.forward()
            return {name: plan.value(name).copy() for name in self._layers}


def layers(network: Network, keeping: Keeping) -> tuple[str, ...]:
    """The layers whose filters are written; RunError names those that have none."""
    sizes = {weight.removesuffix(".weight"): 4 * math.prod(spec.shape) for weight, spec in network.weights().items()
             if weight.endswith(".weight") and len(spec.shape) >= 2}  # fmt: skip
    if unknown := [name for name in keeping.layers if name not in sizes]:
        raise RunError(f"There are no filters in {', '.join(unknown)}; layers that have some: {', '.join(sizes)}.")
    if keeping.layers:
        return keeping.layers
    chosen, left = [], keeping.snapshot_bytes
    for name, nbytes in sizes.items():
        if len(network.weights()[f"{name}.weight"].shape) == 4 and nbytes <= left:
            chosen.append(name)
            left -= nbytes
    return tuple(chosen)


def moments(folder: Path) -> list[Moment]:
    """The snapshots in a run's folder, first to last; damaged ones are left out."""
    found = []
    for path in sorted(folder.glob("step-*.safetensors")):
        try:
            with container.opened(path) as file:
                found.append(Moment(int(file.document["step"]), int(file.document["epoch"]), path))
        except (ConvscopeError, KeyError, TypeError, ValueError):
            continue
    return found


def pin(folder: Path, images: NDArray[np.uint8]) -> None:
    """Keep the images that are pinned, pixels 0–255 (n, h, w, C), with the run."""
    container.write(folder / _PINNED, {"format": FORMAT}, {"images": np.asarray(images, np.uint8)})


def pinned(folder: Path) -> NDArray[np.uint8] | None:
    """The images that are pinned to the run, or None."""
    if not (folder / _PINNED).is_file():
        return None
    with container.opened(folder / _PINNED) as file:
        images: NDArray[np.uint8] = file.read("images")
        return images

"""All weights of a model: one flat buffer for those that learn, named views into it, and their packed copies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..graph.arena import aligned
from ..spec import ConvscopeError, Weight, size
from .backend import Backend, require_memory
from .binding import Array, Packed

FloatArray = NDArray[np.float32]
_FLOAT = 4


class NamedArrays(Mapping[str, FloatArray]):
    """Arrays by name that can be assigned to: `weights["conv1.weight"] = array` copies into place."""

    def __init__(self, arrays: dict[str, FloatArray], changed: Any = None) -> None:
        self._arrays, self._changed = arrays, changed

    def __getitem__(self, name: str) -> FloatArray:
        """The array itself; after writing into it call `Model.weights_changed()`."""
        try:
            return self._arrays[name]
        except KeyError:
            raise KeyError(f"there is no weight {name!r}; there are: {', '.join(self._arrays)}") from None

    def __setitem__(self, name: str, values: Any) -> None:
        target, given = self[name], np.asarray(values)
        if given.shape != target.shape:
            raise ConvscopeError(
                f"{name} has shape {target.shape} and the array given has {given.shape}; give one of that shape."
            )
        target[...] = given
        if self._changed is not None:
            self._changed()

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


class WeightStore:
    """Weights, gradients and packed copies of one model.

    `flat_weights` holds every trainable weight, each starting on a cache line, zeros between them;
    `flat_gradients_buffer` has the same layout. `decay_mask` is 1 where weight decay applies and 0 elsewhere.
    """

    def __init__(self, network: Network, seed: int, backend: Backend) -> None:
        self.seed = seed
        declared = network.weights()
        needed = 2 * _FLOAT * sum(size(w.shape) for w in declared.values())
        require_memory(backend, needed, f"The weights and gradients of {network.name}", "use fewer filters or units")
        self.packed: dict[str, Packed] = {}
        self._version = 0
        self._packed_version: dict[str, int] = {}
        learned = {name: w for name, w in declared.items() if w.trainable}
        self.flat_weights, self.flat_gradients_buffer, self.decay_mask = (_zeros(learned, backend) for _ in range(3))
        views, gradients, masks = (
            _views(learned, b) for b in (self.flat_weights, self.flat_gradients_buffer, self.decay_mask)
        )
        for name, weight in declared.items():
            if not weight.trainable:
                views[name] = np.zeros(weight.shape, np.float32)
            elif weight.decay:
                masks[name][...] = 1
        for index, (name, weight) in enumerate(declared.items()):
            views[name][...] = initial(weight, np.random.default_rng([seed, index]))
        self.weights = NamedArrays({name: views[name] for name in declared}, self.changed)
        self.gradients = NamedArrays(gradients)

    def changed(self) -> None:
        """Mark all packed copies as out of date."""
        self._version += 1

    def refresh(self, packed: Iterable[Packed]) -> None:
        """Make out-of-date packed copies again."""
        for entry in packed:
            if self._packed_version.get(entry.key) != self._version:
                entry.call()
                self._packed_version[entry.key] = self._version

    def flat(self, node: str) -> dict[str, Array]:
        """A node's weights as flat arrays by their short names."""
        return _of_node(self.weights, node)

    def flat_gradients(self, node: str) -> dict[str, Array]:
        return _of_node(self.gradients, node)


def initial(weight: Weight, random: np.random.Generator) -> FloatArray:
    """First values: He et al. 2015 (normal, variance 2/fan_in), Glorot & Bengio 2010 (2/(fan_in + fan_out)), 0 or 1."""
    if weight.initialiser in ("zeros", "ones"):
        return np.full(weight.shape, float(weight.initialiser == "ones"), np.float32)
    variance = 2 / weight.fan_in if weight.initialiser == "he" else 2 / (weight.fan_in + weight.fan_out)
    return random.standard_normal(weight.shape, np.float32) * np.float32(math.sqrt(variance))


def _zeros(weights: Mapping[str, Weight], backend: Backend) -> FloatArray:
    flat = backend.allocate(sum(aligned(size(w.shape) * _FLOAT) for w in weights.values())).view(np.float32)
    flat[...] = 0
    return flat


def _views(weights: Mapping[str, Weight], flat: FloatArray) -> dict[str, FloatArray]:
    views, at = {}, 0
    for name, weight in weights.items():
        count = size(weight.shape)
        views[name] = flat[at : at + count].reshape(weight.shape)
        at += aligned(count * _FLOAT) // _FLOAT
    return views


def _of_node(arrays: Mapping[str, FloatArray], node: str) -> dict[str, Array]:
    prefix = f"{node}."
    return {name.removeprefix(prefix): array.reshape(-1) for name, array in arrays.items() if name.startswith(prefix)}

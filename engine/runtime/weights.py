"""All weights of a model: one flat buffer for those that learn, named views into it, and their packed copies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..graph.arena import aligned
from ..spec import ConvscopeError, Weight, size
from .backend import Backend, require_memory
from .binding import Array, Packed
from .initialisers import Rule, by_declaration

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
    `flat_gradients_buffer` has the same layout. `decay_mask` is 1 where weight decay applies and 0 elsewhere. Unless
    `filled` all of them are left undefined, which is quick and takes no memory: enough to see what a plan would call.
    The weights of the layers `frozen` stay as they are and have no gradients: `learned_parts` are the ranges of the
    flat buffers that hold the others, for optimisers.
    """

    def __init__(
        self, network: Network, seed: int, backend: Backend, filled: bool = True, rule: Rule = by_declaration
    ) -> None:
        self.seed = seed
        self._rule = rule
        declared = network.weights()
        needed = 2 * _FLOAT * sum(size(w.shape) for w in declared.values())
        require_memory(backend, needed, f"The weights and gradients of {network.name}", "use fewer filters or units")
        self.packed: dict[str, Packed] = {}
        self._version = self._learned_version = 0
        self._packed_version: dict[str, tuple[int, int]] = {}
        learned = {name: w for name, w in declared.items() if w.trainable}
        self.flat_weights, self.flat_gradients_buffer, self.decay_mask = (_flat(learned, backend) for _ in range(3))
        views, gradients = _views(learned, self.flat_weights), _views(learned, self.flat_gradients_buffer)
        views |= {name: np.zeros(w.shape, np.float32) for name, w in declared.items() if not w.trainable}
        self.weights = NamedArrays({name: views[name] for name in declared}, self.changed)
        self.gradients = NamedArrays(gradients)
        self._learned = learned
        self.frozen: frozenset[str] = frozenset()
        self.learned_parts: tuple[slice, ...] = (slice(0, len(self.flat_weights)),)
        if filled:
            self._fill(declared, learned)

    def _fill(self, declared: Mapping[str, Weight], learned: Mapping[str, Weight]) -> None:
        """Initial weights, no gradients, and the mask."""
        for flat in (self.flat_weights, self.flat_gradients_buffer, self.decay_mask):
            flat[...] = 0
        for name, mask in _views(learned, self.decay_mask).items():
            mask[...] = learned[name].decay
        for index, (name, weight) in enumerate(declared.items()):
            self.weights[name][...] = initial(name, weight, np.random.default_rng([self.seed, index]), self._rule)

    def freeze(self, names: Collection[str]) -> None:
        """Let the weights of these layers, and of no others, stay as they are. Plans made before are void."""
        self.frozen = frozenset(names)
        self.packed.clear()
        self.changed()
        self.learned_parts = _parts(self._learned, self.frozen)
        for name, gradient in self.gradients.items():
            if self.is_frozen(name):
                gradient[...] = 0

    def is_frozen(self, name: str) -> bool:
        """Whether the weight of this name belongs to a frozen layer."""
        return _node(name) in self.frozen

    def changed(self) -> None:
        """Mark all packed copies as out of date."""
        self._version += 1

    def learned(self) -> None:
        """Mark the packed copies of weights that are not frozen as out of date."""
        self._learned_version += 1

    def refresh(self, packed: Iterable[Packed]) -> None:
        """Make out-of-date packed copies again."""
        for entry in packed:
            version = (self._version, 0 if entry.fixed else self._learned_version)
            if self._packed_version.get(entry.key) != version:
                entry.call()
                self._packed_version[entry.key] = version

    def flat(self, node: str) -> dict[str, Array]:
        """A node's weights as flat arrays by their short names."""
        return _of_node(self.weights, node)

    def flat_gradients(self, node: str) -> dict[str, Array]:
        return _of_node(self.gradients, node)


def initial(name: str, weight: Weight, random: np.random.Generator, rule: Rule) -> FloatArray:
    """The number that a weight starts at, or normal numbers with the deviation that the rule gives it."""
    if isinstance(weight.initialiser, float):
        return np.full(weight.shape, weight.initialiser, np.float32)
    if weight.initialiser in ("zeros", "ones"):
        return np.full(weight.shape, float(weight.initialiser == "ones"), np.float32)
    return random.standard_normal(weight.shape, np.float32) * np.float32(rule(name, weight))


def _flat(weights: Mapping[str, Weight], backend: Backend) -> FloatArray:
    """A buffer for all of them, each on a cache line of its own."""
    return backend.allocate(sum(aligned(size(w.shape) * _FLOAT) for w in weights.values())).view(np.float32)


def _views(weights: Mapping[str, Weight], flat: FloatArray) -> dict[str, FloatArray]:
    views, at = {}, 0
    for name, weight in weights.items():
        count = size(weight.shape)
        views[name] = flat[at : at + count].reshape(weight.shape)
        at += aligned(count * _FLOAT) // _FLOAT
    return views


def _parts(weights: Mapping[str, Weight], frozen: Collection[str]) -> tuple[slice, ...]:
    """The ranges of a flat buffer whose weights are not frozen; neighbours are one."""
    parts: list[slice] = []
    at = 0
    for name, weight in weights.items():
        end = at + aligned(size(weight.shape) * _FLOAT) // _FLOAT
        if _node(name) not in frozen:
            begin = parts.pop().start if parts and parts[-1].stop == at else at
            parts.append(slice(begin, end))
        at = end
    return tuple(parts)


def _node(name: str) -> str:
    """The layer that a weight belongs to; names of layers may hold dots."""
    return name.rpartition(".")[0]


def _of_node(arrays: Mapping[str, FloatArray], node: str) -> dict[str, Array]:
    prefix = f"{node}."
    return {name.removeprefix(prefix): array.reshape(-1) for name, array in arrays.items() if name.startswith(prefix)}

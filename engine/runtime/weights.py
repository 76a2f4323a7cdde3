"""All weights of a model: one flat buffer for those that learn, named views into it, and their packed copies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..graph.arena import aligned
from ..spec import ConvscopeError, Weight, size
from .backend import Backend, require_memory
from .binding import Array, Packed
from .glimpse import Camera, Glimpse
from .initialisers import Rule, by_declaration
from .mirror import Mirror

FloatArray = NDArray[np.float32]
T = TypeVar("T")
Take = Callable[[str, FloatArray], T]
"""Makes of an array, given with its name, what is kept of it: no view, since the array will be written to."""

_FLOAT = 4


class NamedArrays(Mapping[str, FloatArray]):
    """Arrays by name that can be assigned to: `weights["conv1.weight"] = array` copies into place.

    `update` brings the arrays up to date where the device has copies of its own, `changed` says that they were assigned
    to.
    """

    def __init__(
        self, arrays: dict[str, FloatArray], update: Callable[[], None], changed: Callable[[], None] | None = None
    ) -> None:
        self._arrays, self._update, self._changed = arrays, update, changed

    def __getitem__(self, name: str) -> FloatArray:
        """The array itself; after writing into it call `Model.weights_changed()`.

        Where a GPU computes it is what was there at the time of asking: ask again after training went on.
        """
        if name not in self._arrays:
            raise KeyError(f"there is no weight {name!r}; there are: {', '.join(self._arrays)}")
        self._update()
        return self._arrays[name]

    def __setitem__(self, name: str, values: Any) -> None:
        target, given = self[name], np.asarray(values)
        if given.shape != target.shape:
            raise ConvscopeError(
                f"{name} has shape {target.shape} and the array given has {given.shape}; give one of that shape."
            )
        target[...] = given
        if self._changed is not None:
            self._changed()

    def known(self, name: str) -> FloatArray:
        """The array as the host knows it, for which nothing is brought up to date."""
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


class WeightStore:
    """Weights, gradients and packed copies of one model.

    `trained` holds every trainable weight, each starting on a cache line, zeros between them; `slopes`, the gradients,
    and `decays`, 1 where weight decay applies and 0 elsewhere, have the same layout. `tracked` holds the others. The
    host's side of them is the user's: what is written there is sent before the next pass. Unless `filled` all of them
    are left undefined, which is quick and takes no memory: enough to see what a plan would call. The weights of the
    layers `frozen` stay as they are and have no gradients: `learned_parts` are the ranges of the flat buffers that hold
    the others, for optimisers.
    """

    def __init__(
        self, network: Network, seed: int, backend: Backend, filled: bool = True, rule: Rule = by_declaration
    ) -> None:
        self.seed = seed
        self._rule = rule
        declared = network.weights()
        needed = sum((3 if w.trainable else 1) * aligned(size(w.shape) * _FLOAT) for w in declared.values())
        require_memory(backend, needed, f"The weights and gradients of {network.name}", "use fewer filters or units")
        self.nbytes = needed
        """Bytes of the device: weights, gradients and the mask, without packed copies."""
        self.packed: dict[str, Packed] = {}
        self._version = self._learned_version = 0
        self._packed_version: dict[str, tuple[int, int]] = {}
        learned = {name: w for name, w in declared.items() if w.trainable}
        others = {name: w for name, w in declared.items() if not w.trainable}
        self.trained, self.slopes, self.decays = (Mirror(_flat(learned, backend), backend) for _ in range(3))
        self.tracked = Mirror(_flat(others, backend), backend)
        views = _views(learned, self.trained.copy) | _views(others, self.tracked.copy)
        self.weights = NamedArrays({name: views[name] for name in declared}, self._fetch, self.changed)
        self.gradients = NamedArrays(_views(learned, self.slopes.copy), self._fetch_gradients)
        self._on_device = _runs(learned, self.trained.device) | _runs(others, self.tracked.device)
        self._slopes_on_device = _runs(learned, self.slopes.device)
        self._learned, self._backend = learned, backend
        self._cameras: dict[tuple[int, str], Camera] = {}  # … by mirror and name
        self._unsent = False
        self.frozen: frozenset[str] = frozenset()
        self.learned_parts: tuple[slice, ...] = (slice(0, len(self.trained)),)
        if filled:
            self._fill(declared, learned)

    def _fill(self, declared: Mapping[str, Weight], learned: Mapping[str, Weight]) -> None:
        """Initial weights, no gradients, and the mask."""
        for mirror in (self.trained, self.tracked, self.slopes, self.decays):
            mirror.outgoing[...] = 0
        for name, mask in _views(learned, self.decays.copy).items():
            mask[...] = learned[name].decay
        for index, (name, weight) in enumerate(declared.items()):
            self.weights[name][...] = initial(name, weight, np.random.default_rng([self.seed, index]), self._rule)
        self.slopes.send()
        self.decays.send()
        self._unsent = True

    @property
    def flat_weights(self) -> FloatArray:
        """Every trainable weight."""
        return self.trained.host

    @property
    def flat_gradients_buffer(self) -> FloatArray:
        """The gradients, in the layout of `flat_weights`."""
        return self.slopes.host

    @property
    def decay_mask(self) -> FloatArray:
        """1 where weight decay applies and 0 elsewhere, in that layout."""
        return self.decays.host

    def clear_gradients(self) -> None:
        """Set all gradients to zero."""
        self.slopes.outgoing[...] = 0
        self.slopes.send()

    def freeze(self, names: Collection[str]) -> None:
        """Let the weights of these layers, and of no others, stay as they are. Plans made before are void."""
        self.frozen = frozenset(names)
        self.packed.clear()
        self._version += 1
        self.learned_parts = _parts(self._learned, self.frozen)
        for name, gradient in self.gradients.items():
            if self.is_frozen(name):
                gradient[...] = 0
        self.slopes.send()

    def glimpse_weights(self, names: Iterable[str], take: Take[T]) -> Glimpse[dict[str, T]]:
        """What `take` makes of these weights as they are when all calls made so far are done; nothing waits for it."""
        return Glimpse.joined({
            name: self._glimpse(name, take, self.weights, self.trained if name in self._learned else self.tracked,
                                self._on_device[name])
            for name in names
        })  # fmt: skip

    def glimpse_gradients(self, names: Iterable[str], take: Take[T]) -> Glimpse[dict[str, T]]:
        """The same of their gradients."""
        return Glimpse.joined({
            name: self._glimpse(name, take, self.gradients, self.slopes, self._slopes_on_device[name])
            for name in names
        })  # fmt: skip

    def _glimpse(self, name: str, take: Take[T], arrays: NamedArrays, of: Mirror, device: Array) -> Glimpse[T]:
        known = arrays.known(name)
        if not of.behind:
            return Glimpse.there(take(name, known))
        camera = self._cameras.setdefault((id(of), name), Camera(device, self._backend))
        return camera.glimpse(lambda flat: take(name, flat.reshape(known.shape)))

    def layer_at(self, place: int) -> str:
        """The layer whose trainable weights lie at this place of the flat buffers."""
        at = 0
        for name, weight in self._learned.items():
            at += aligned(size(weight.shape) * _FLOAT) // _FLOAT
            if place < at:
                return _node(name)
        raise IndexError(f"there are {at} places, and {place} is none of them")

    def is_frozen(self, name: str) -> bool:
        """Whether the weight of this name belongs to a frozen layer."""
        return _node(name) in self.frozen

    def changed(self) -> None:
        """Mark all packed copies, and the device's, as out of date.

        ConvscopeError if what was written to was taken before the last step, which it would undo.
        """
        if self.trained.behind or self.tracked.behind:
            raise ConvscopeError(
                "Weights were written to arrays that were taken before the model learned more; "
                "take them from `weights` again, and write then."
            )
        self._unsent = True
        self._version += 1

    def learned(self) -> None:
        """Mark the packed copies of weights that are not frozen as out of date, and the host's."""
        self._learned_version += 1
        self.trained.written()

    def send(self) -> None:
        """Send the device what was written."""
        if self._unsent:
            self.trained.send()
            self.tracked.send()
            self._unsent = False

    def refresh(self, packed: Iterable[Packed]) -> None:
        """Make out-of-date packed copies again."""
        for entry in packed:
            if self._packed_version.get(entry.key) != self._version_of(entry):
                entry.call()
                self._packed_version[entry.key] = self._version_of(entry)

    def note_packed(self, packed: Iterable[Packed]) -> None:
        """Take note that these copies were made of the weights as they are, by calls made or on their way."""
        for entry in packed:
            self._packed_version[entry.key] = self._version_of(entry)

    def _version_of(self, entry: Packed) -> tuple[int, int]:
        return self._version, 0 if entry.fixed else self._learned_version

    def flat(self, node: str) -> dict[str, Array]:
        """A node's weights as flat arrays by their short names."""
        return _of_node(self._on_device, node)

    def flat_gradients(self, node: str) -> dict[str, Array]:
        return _of_node(self._slopes_on_device, node)

    def _fetch(self) -> None:
        """Bring the host's weights up to date."""
        self.trained.host  # noqa: B018
        self.tracked.host  # noqa: B018

    def _fetch_gradients(self) -> None:
        self.slopes.host  # noqa: B018


def initial(name: str, weight: Weight, random: np.random.Generator, rule: Rule) -> FloatArray:
    """The number that a weight starts at, or normal numbers with the deviation that the rule gives it."""
    if isinstance(weight.initialiser, float):
        return np.full(weight.shape, weight.initialiser, np.float32)
    if weight.initialiser in ("zeros", "ones"):
        return np.full(weight.shape, float(weight.initialiser == "ones"), np.float32)
    return random.standard_normal(weight.shape, np.float32) * np.float32(rule(name, weight))


def _flat(weights: Mapping[str, Weight], backend: Backend) -> FloatArray:
    """A buffer of the device for all of them, each on a cache line of its own."""
    return backend.allocate(sum(aligned(size(w.shape) * _FLOAT) for w in weights.values())).view(np.float32)


def _runs(weights: Mapping[str, Weight], flat: Array) -> dict[str, Array]:
    """Each one's part of such a buffer, flat."""
    runs, at = {}, 0
    for name, weight in weights.items():
        count = size(weight.shape)
        runs[name] = flat[at : at + count]
        at += aligned(count * _FLOAT) // _FLOAT
    return runs


def _views(weights: Mapping[str, Weight], flat: FloatArray) -> dict[str, FloatArray]:
    """Each one's part in its shape."""
    return {name: run.reshape(weights[name].shape) for name, run in _runs(weights, flat).items()}


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


def _of_node(arrays: Mapping[str, Array], node: str) -> dict[str, Array]:
    prefix = f"{node}."
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

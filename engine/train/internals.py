"""What goes on inside a network while it learns: how weights, gradients and activations are spread, how large its steps
are, and which of its units are dead.

Figures of large layers are those of evenly spaced samples, so that looking costs about the same for every network.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cost import summarise
from ..graph import Network
from ..runtime.glimpse import Glimpse

if TYPE_CHECKING:
    from ..runtime.model import Model

BINS = 64
SAMPLES = 1 << 13
"""Values of an array that are looked at."""

HEALTHY_STEP = -3.0
"""log10 of the update-to-weight ratio at which learning rates tend to be right (Karpathy, CS231n notes)."""

DEAD_SHARE = 0.5
"""Share of a layer's units from which those that are dead are worth an alarm."""


@dataclass(frozen=True, eq=False)
class Spread:
    """A histogram: `counts` (BINS,) of values between `low` and `high`, with the root of their mean square.

    `bad` counts values that are not finite.
    """

    low: float
    high: float
    counts: NDArray[np.int64]
    rms: float
    bad: int = 0

    @classmethod
    def of(cls, values: NDArray[Any]) -> Spread:
        """Of any array; of at most `SAMPLES` of its values, evenly spaced."""
        sample = sampled(values).astype(np.float64)
        fine = sample[np.isfinite(sample)]
        bad = len(sample) - len(fine)
        if not len(fine):
            return cls(0.0, 0.0, np.zeros(BINS, np.int64), 0.0, bad)
        low, high = float(fine.min()), float(fine.max())
        scale = (BINS - 1e-9) / (high - low) if high > low else 0.0
        places = ((fine - low) * scale).astype(np.int64)
        return cls(low, high, np.bincount(places, minlength=BINS), float(np.sqrt(np.square(fine).mean())), bad)


@dataclass(frozen=True)
class StepFacts:
    """One step of training, the one with this number: by layer the spread of its weights after the step and of their
    gradients, and log10 of how large the change of the weights was beside the weights (root mean squares; −inf where
    nothing changed).
    """

    step: int
    weights: Mapping[str, Spread]
    gradients: Mapping[str, Spread]
    ratios: Mapping[str, float]


@dataclass(frozen=True)
class UnitFacts:
    """Outputs of layers for a batch of images: their spread, and for layers that can switch units off (`dead`, units in
    all) how many gave zero, or less where that is their floor, for every image and at every place.
    """

    activations: Mapping[str, Spread]
    units: Mapping[str, tuple[int, int]]

    def alarms(self, share: float = DEAD_SHARE) -> tuple[str, ...]:
        """The layers of which at least this share of the units is dead."""
        return tuple(name for name, (dead, all_units) in self.units.items() if dead >= share * all_units)


class StepWatch:
    """Looks at one step of training: `begin` before it, `end` after it. Training waits for neither."""

    def __init__(self) -> None:
        self._before: Glimpse[dict[str, NDArray[np.float32]]] = Glimpse.there({})
        self._model: Model | None = None

    def begin(self, model: Model) -> None:
        """Note the weights as they are."""
        self._model, self._before = model, model.glimpse_weights(_weights(model), _sample)

    def end(self, model: Model, step: int) -> Glimpse[StepFacts] | None:
        """What step number `step` has done since `begin`; None if that was another model's."""
        if model is not self._model:
            return None
        self._model = None
        names = _weights(model)
        now, slopes = model.glimpse_weights(names, _sample), model.glimpse_gradients(names, _sample)
        parts = Glimpse.joined({"before": self._before, "now": now, "slopes": slopes})
        return parts.then(lambda found: _facts(step, **found))


def _weights(model: Model) -> list[str]:
    return [f"{layer}.weight" for layer in weighted(model.network)]


def _facts(
    step: int, before: Mapping[str, NDArray[Any]], now: Mapping[str, NDArray[Any]], slopes: Mapping[str, NDArray[Any]]
) -> StepFacts:
    """From samples of the weights before a step and after it, and of its gradients."""
    layers = {name: name.removesuffix(".weight") for name in before}
    return StepFacts(
        step,
        weights={layer: Spread.of(now[name]) for name, layer in layers.items()},
        gradients={layer: Spread.of(slopes[name]) for name, layer in layers.items()},
        ratios={
            layer: log_ratio(now[name].astype(np.float64) - before[name], before[name])
            for name, layer in layers.items()
        },
    )


def probe_size(network: Network) -> int:
    """Images to look at the units with: many where that is cheap, and few where an image takes long."""
    totals = summarise(network).totals
    return int(min(max(_PROBE_MACS // max(totals.macs, 1), LEAST_PROBES), MOST_PROBES))


def unit_facts(model: Model, images: NDArray[Any]) -> Glimpse[UnitFacts]:
    """Run pixels 0–255 (n, h, w, C) through the model and look at the output of every layer."""
    x, network = model.prepare(images), model.network
    nodes = network.order()
    chunk = max(int(_PROBE_BYTES // max(sum(4 * math.prod(network.shapes()[n.name] or ()) for n in nodes), 1)), 1)
    switching = {node.name for node in nodes if node.layer.type_name() in SWITCHING}

    def take(name: str, values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
        return sampled(values), living_units(values) if name in switching else None

    names = [node.name for node in nodes]
    parts = {start: model.glimpse_outputs(x[start : start + chunk], names, take) for start in range(0, len(x), chunk)}
    return Glimpse.joined(parts).then(lambda found: _unit_facts(names, switching, list(found.values())))


def _unit_facts(names: Sequence[str], switching: Collection[str], parts: Sequence[Mapping[str, Any]]) -> UnitFacts:
    """From samples of the outputs of each part of the images, and which units were not zero there."""
    spreads = {name: Spread.of(np.concatenate([part[name][0] for part in parts])) for name in names}
    alive = {name: np.logical_or.reduce([part[name][1] for part in parts]) for name in names if name in switching}
    return UnitFacts(spreads, {name: (int((~some).sum()), len(some)) for name, some in alive.items()})


MOST_PROBES, LEAST_PROBES = 64, 8
_PROBE_MACS = 3_000_000_000
_PROBE_BYTES = 128 << 20  # of outputs kept at once

SWITCHING = frozenset({"ReLU", "ClippedReLU"})
"""Layers whose units can be off for good: where the output is zero, so is the gradient."""


def living_units(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which units (channels, or places of a vector) of outputs (n, …, K) are not zero throughout: (K,)."""
    return np.asarray(values.reshape(-1, values.shape[-1]).any(0), np.bool_)


def weighted(network: Network) -> tuple[str, ...]:
    """The layers that have filters or a matrix, in the network's order."""
    shapes = network.weights()
    names = (node.name for node in network.order())
    return tuple(n for n in names if f"{n}.weight" in shapes and len(shapes[f"{n}.weight"].shape) >= 2)


def log_ratio(change: NDArray[Any], before: NDArray[Any]) -> float:
    """log10 of the root mean square of a change beside that of what was changed."""
    size, whole = float(np.square(change).sum()), float(np.square(before, dtype=np.float64).sum())
    if not (size > 0 and whole > 0 and math.isfinite(size) and math.isfinite(whole)):
        return -math.inf
    return 0.5 * math.log10(size / whole)


def _sample(name: str, values: NDArray[Any]) -> NDArray[Any]:
    return sampled(values)


def sampled(values: NDArray[Any]) -> NDArray[Any]:
    """A copy of at most `SAMPLES` values of an array, evenly spaced in memory."""
    flat = values.reshape(-1)
    return flat[:: -(-max(flat.size, 1) // SAMPLES)].copy()

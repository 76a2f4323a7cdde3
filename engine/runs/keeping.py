"""What a run writes into its folder, and when."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .errors import RunError
from .intervals import Interval

FILM_BYTES = 64 << 20
"""What the snapshots of a film take at most."""

_MOST_FRAMES, _FEWEST_FRAMES = 64, 12
_NEXT = 1.05  # times as many steps between two frames at least

EVERY_EPOCH = (Interval(1, "epochs"), Interval(5, "minutes"))


@dataclass(frozen=True)
class Keeping:
    """When checkpoints and snapshots are written.

    `checkpoints` says how often the last checkpoint is renewed (the best one is renewed after each epoch that is
    better). Of the earlier ones the newest `earlier` stay under their step; None keeps all. `snapshots` is how often
    the filters, and the activations of pinned images, of `layers` are written; without names those of the
    convolutions, the first ones first, up to `snapshot_bytes` a time. With `whole` snapshots hold all weights, so that
    everything can be computed of them later, on any image.
    """

    checkpoints: tuple[Interval, ...] = EVERY_EPOCH
    earlier: int | None = 0
    snapshots: tuple[Interval, ...] = ()
    layers: tuple[str, ...] = ()
    snapshot_bytes: int = 4 << 20
    whole: bool = False

    def __post_init__(self) -> None:
        if self.earlier is not None and self.earlier < 0:
            raise RunError(f"{self.earlier} earlier checkpoints cannot be kept; give 0 or more, or None for all.")

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, with intervals as people write them."""
        return {
            "checkpoints": [str(interval) for interval in self.checkpoints],
            "earlier": self.earlier,
            "snapshots": [str(interval) for interval in self.snapshots],
            "layers": list(self.layers),
            "snapshot_bytes": self.snapshot_bytes,
            "whole": self.whole,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Keeping:
        """Read the JSON form; KeyError, TypeError, ValueError or ConvscopeError when it is damaged."""
        checkpoints, snapshots = (tuple(map(Interval.parse, values[key])) for key in ("checkpoints", "snapshots"))
        size, whole = int(values["snapshot_bytes"]), bool(values.get("whole", False))  # older runs have no whole ones
        return cls(checkpoints, values["earlier"], snapshots, tuple(values["layers"]), size, whole)


def filmed(keeping: Keeping, weights: int, steps: int) -> Keeping:
    """With snapshots for a film of a run of so many steps, of a network whose weights take so many bytes.

    They are evenly spaced on a logarithmic scale, as many as `FILM_BYTES` hold, and whole if that is enough for a film.
    """
    whole = weights * _FEWEST_FRAMES <= FILM_BYTES
    frames = min(FILM_BYTES // max(weights if whole else keeping.snapshot_bytes, 1), _MOST_FRAMES)
    times = max(max(steps, 2) ** (1 / (frames - 3)), _NEXT)  # the first and last moments come beside
    return replace(keeping, snapshots=(Interval(math.ceil(1000 * times) / 1000, "times"),), whole=whole)

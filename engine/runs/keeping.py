"""What a run writes into its folder, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import RunError
from .intervals import Interval

EVERY_EPOCH = (Interval(1, "epochs"), Interval(5, "minutes"))


@dataclass(frozen=True)
class Keeping:
    """When checkpoints and snapshots are written.

    `checkpoints` says how often the last checkpoint is renewed (the best one is renewed after each epoch that is
    better). Of the earlier ones the newest `earlier` stay under their step; None keeps all. `snapshots` is how often
    the filters, and the activations of pinned images, of `layers` are written; without names those of the
    convolutions, the first ones first, up to `snapshot_bytes` a time.
    """

    checkpoints: tuple[Interval, ...] = EVERY_EPOCH
    earlier: int | None = 0
    snapshots: tuple[Interval, ...] = ()
    layers: tuple[str, ...] = ()
    snapshot_bytes: int = 4 << 20

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
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Keeping:
        """Read the JSON form; KeyError, TypeError, ValueError or ConvscopeError when it is damaged."""
        checkpoints, snapshots = (tuple(map(Interval.parse, values[key])) for key in ("checkpoints", "snapshots"))
        return cls(checkpoints, values["earlier"], snapshots, tuple(values["layers"]), int(values["snapshot_bytes"]))

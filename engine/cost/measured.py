"""Times of a network's layers, as the runtime measures them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Milliseconds of one layer's kernels for a batch."""

    forward_ms: float
    backward_ms: float


@dataclass(frozen=True)
class Measured:
    """What running a network's plans on this machine gave, for one batch.

    `layers` are times of layers computed one by one, the least of several runs each; layers that only rename are left
    out. `inference_ms` and `training_ms` are whole passes with layers computed together, as a plan usually does;
    `training_ms` is forward and backward. Workspaces are bytes: the kernels' own memory, and weights in their layout.
    """

    device: str
    threads: int
    layers: Mapping[str, Times]
    inference_ms: float
    training_ms: float
    inference_workspace: int
    training_workspace: int

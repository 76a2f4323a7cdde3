"""Values that a network learns to give for images, in the place of classes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..graph import Network
from ..graph.scores import score_node
from ..spec import format_shape


@dataclass(frozen=True, eq=False)
class Targets:
    """Values for the training images (N, D) and the test images (M, D) of a data set, as float32."""

    train: NDArray[np.float32] = field(repr=False)
    test: NDArray[np.float32] = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("train", "test"):
            values = np.ascontiguousarray(getattr(self, name), np.float32)
            object.__setattr__(self, name, values[:, None] if values.ndim == 1 else values)

    @property
    def width(self) -> int:
        """D."""
        return int(self.train.shape[-1])

    def misfits(self, network: Network, dataset: Dataset) -> list[str]:
        """Reasons, each with its fix, why this network cannot learn these values for the images of this data set."""
        reasons = []
        for which, values, images in (
            ("training", self.train, dataset.train_images), ("test", self.test, dataset.test_images)
        ):  # fmt: skip
            if values.shape != (len(images), self.width):
                wanted = f"({len(images):,}, {self.width})"
                reasons.append(f"the {which} targets are {values.shape}, use {wanted}: a row for each image")
            elif not np.isfinite(values).all():
                reasons.append(f"the {which} targets hold NaN or infinity, use finite numbers")
        name = score_node(network)
        shape = network.shapes()[name]
        if shape != (self.width,):
            what = (
                f"{name} ({network[name].type_name()}) gives {format_shape(shape)} and a target has {self.width} values"
            )
            reasons.append(f"{what}, end with Dense({self.width})")
        return reasons

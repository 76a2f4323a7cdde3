"""A split of a data set, ready to be gathered in any order as network input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.augment import Augmentation
from ..data.augment.augmenter import Augmenter
from ..data.dataset import Images
from ..data.preprocess import Preprocessing
from ..runtime.threads import most_threads, threads
from ..spec import Shape
from .ahead import Ahead
from .plain import Plain


class Maker(Protocol):
    """Writes batches of network input."""

    @property
    def in_memory(self) -> bool:
        """Whether the pixels are at hand, so that nothing has to be read or decoded."""

    def fill(self, epoch: int, rows: NDArray[np.int64], out: NDArray[np.float32], threads: int = 1) -> None:
        """Write the images `rows`, as an epoch shows them, to `out` (n, H, W, C)."""


class Feed:
    """Images (N, h, w, C) and labels (N,) or values (N, D) of one split, for a network input of `shape` (H, W, C).

    Without augmentations `fill` writes a batch exactly as `Preprocessing.apply` would; with some, as the epoch that
    `follow` has named shows them with this seed. Where it is quicker, the batch behind the one asked for is made ready
    by a thread meanwhile; the bits are the same. `close` ends what goes on.
    """

    def __init__(
        self,
        images: Images,
        labels: NDArray[Any],
        preprocessing: Preprocessing,
        shape: Shape,
        augment: Sequence[Augmentation] = (),
        seed: int = 0,
        maker: Maker | None = None,
    ) -> None:
        self.labels: NDArray[Any] = np.ascontiguousarray(labels, np.int64 if labels.ndim == 1 else np.float32)
        self._images = images
        made = Augmenter(images, preprocessing, shape, augment, seed) if augment else None
        self.maker: Maker = maker or made or Plain(images, preprocessing, shape)
        """Writes the batches."""
        self._augmented = made is not None
        self._ahead = Ahead(self.maker.fill)
        self._epoch, self._next = 0, 0
        self._coming: list[NDArray[np.int64]] = []

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def epoch(self) -> int:
        """As `follow` has named it."""
        return self._epoch

    def follow(self, epoch: int, order: NDArray[np.int64], size: int, first: int = 0) -> None:
        """Say what is to be filled from now on: parts of so many of `order` (N,), beginning with number `first`."""
        self._ahead.forget()
        self._epoch, self._next = epoch, 0
        self._coming = [order[start : start + size] for start in range(first * size, len(order), size)]
        if not isinstance(self._images, np.ndarray):
            self._images.expect(order[first * size :])

    def fill(self, rows: NDArray[np.int64], out: NDArray[np.float32]) -> None:
        """Write the images `rows` to `out` (n, H, W, C). The caller holds `compute.exclusive`."""
        if not self._ahead.take(rows, out):
            self.maker.fill(self._epoch, rows, out, threads())
        if self._next < len(self._coming) and np.array_equal(rows, self._coming[self._next]):
            self._next += 1
            if self._next < len(self._coming) and self._gains_by_preparing():
                self._ahead.start(self._epoch, self._coming[self._next], out.shape[1:])

    def boxes(
        self, rows: NDArray[np.int64], boxes: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Where the boxes (n, 4) of the images `rows`, one each, lie in the input that `fill` gives, in its pixels.

        And which of them (n,) are still seen there.
        """
        assert isinstance(self.maker, Augmenter | Plain)  # other makers are for tests of classes alone
        return self.maker.boxes(self._epoch, rows, boxes)

    def close(self) -> None:
        """End the threads that make or read something ahead; what they made is dropped."""
        self._coming = []
        self._ahead.forget()
        if not isinstance(self._images, np.ndarray):
            self._images.close()

    def _gains_by_preparing(self) -> bool:
        """Whether a batch should be made while another trains: where files are read, or a core is free for it.

        Else training has all cores, and the batch is sooner done by all of them than by one that others wait for.
        """
        return not self.maker.in_memory or (self._augmented and threads() < most_threads())


def shuffled(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order of `count` images in an epoch (the first is 0): a permutation that depends on nothing else."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, epoch], np.uint64))).permutation(count)

"""What a run made of every test image at the end of its epochs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .metrics import Outcomes

if TYPE_CHECKING:
    from .localisation_figures import Localisation

MOST_BYTES = 64 << 20
MOST_EPOCHS = 512


@dataclass(frozen=True, eq=False)
class Judged:
    """The test images after an epoch: what became of each, and its box where the network gives boxes."""

    epoch: int
    outcomes: Outcomes
    boxes: Localisation | None = None

    @property
    def nbytes(self) -> int:
        """Bytes its arrays take."""
        own = sum(getattr(self.outcomes, name).nbytes for name in Outcomes.__dataclass_fields__)
        return own + (self.boxes.boxes.nbytes + self.boxes.ious.nbytes if self.boxes else 0)

    def compact(self) -> Judged:
        """The same in a third of the memory: probabilities to seven digits."""
        small = np.int16 if self.outcomes.labels.max(initial=0) < 1 << 15 else np.int32
        kept = self.outcomes
        return replace(
            self,
            outcomes=Outcomes(
                labels=kept.labels.astype(small),
                given=kept.given.astype(small),
                ranks=kept.ranks.astype(small),
                own=kept.own.astype(np.float32),
                confidence=kept.confidence.astype(np.float32),
            ),
        )

    def full(self) -> Judged:
        """`compact` undone, but for the digits."""
        kept = self.outcomes
        return replace(
            self,
            outcomes=Outcomes(
                labels=kept.labels.astype(np.int64),
                given=kept.given.astype(np.int64),
                ranks=kept.ranks.astype(np.int64),
                own=kept.own.astype(np.float64),
                confidence=kept.confidence.astype(np.float64),
            ),
        )


class JudgedEpochs:
    """The epochs of a run, first to last, at most so many of them and bytes: else every second one goes.

    The last is always there.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, most_epochs: int = MOST_EPOCHS) -> None:
        self._most, self._most_epochs = most_bytes, most_epochs
        self._kept: list[Judged] = []

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, place: int) -> Judged:
        return self._kept[place].full()

    def __iter__(self) -> Iterator[Judged]:
        return (one.full() for one in self._kept)

    @property
    def epochs(self) -> tuple[int, ...]:
        """Their numbers."""
        return tuple(one.epoch for one in self._kept)

    def add(self, judged: Judged) -> None:
        """Keep another epoch; those of the same number and later ones go, since they were undone."""
        self._kept = [one for one in self._kept if one.epoch < judged.epoch]
        self._kept.append(judged.compact())
        while len(self._kept) > 2 and self._too_many():
            self._kept = self._kept[-1::-2][::-1]

    def _too_many(self) -> bool:
        return len(self._kept) > self._most_epochs or sum(one.nbytes for one in self._kept) > self._most

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

"""What a dream makes stronger: a layer's values, one channel's, or those of a guide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..spec import ConvscopeError
from .probe import Floats
from .question import Question
from .scales import Scales


@dataclass(frozen=True)
class DreamAim:
    """½‖a‖² of a layer's values a (N, …, K), of one `channel` alone if it is not None.

    With `guide` values (M, K) it is the dot product of each position's values with the guide's that match them best.
    """

    channel: int | None = None
    guide: Floats | None = None

    @classmethod
    def of(cls, question: Question, scales: Scales) -> DreamAim:
        """What a question asks for; ConvscopeError for a unit that is no channel, or beside a guide."""
        channel = None
        if question.unit is not None:
            aim = question.aim()
            if aim.positions is not None or question.second is not None:
                raise ConvscopeError("A dream of a unit takes its channel, a whole number, and no second image.")
            channel = aim.channels[0]
        if question.second is None:
            return cls(channel)
        second = question.second
        values = scales.at(*second.shape[:2]).values(second[None], scales.node)[scales.node]
        return cls(None, values.reshape(-1, values.shape[-1]))

    def seed(self, values: Floats) -> Floats:
        """The gradient of the aim with respect to the values."""
        if self.guide is not None:
            return self._guided(values)
        if self.channel is None:
            return values
        found = np.zeros_like(values)
        found[..., self.channel] = values[..., self.channel]
        return found

    def score(self, values: Floats) -> Floats:
        """The mean over the values of what is ascended, (N,)."""
        if self.guide is not None:
            product = values * self._guided(values)
        else:
            chosen = values if self.channel is None else values[..., self.channel]
            product = np.square(chosen) / 2
        found: Floats = product.reshape(len(values), -1).mean(1)
        return found

    def _guided(self, values: Floats) -> Floats:
        """At each position the guide's values with the largest dot product."""
        assert self.guide is not None
        flat = values.reshape(-1, values.shape[-1])
        return self.guide[(flat @ self.guide.T).argmax(1)].reshape(values.shape)

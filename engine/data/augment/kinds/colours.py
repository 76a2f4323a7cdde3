"""Light and colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....spec import number
from ..base import Colour, Floats, Tint
from ..draws import Draws

_WHITE = 255.0


@dataclass(frozen=True)
class Contrast(Colour):
    """Differences from the image's mean multiplied by a random factor."""

    strength: float = number(
        0.2, label="Strength", help="Factors lie between 1 − strength and 1 + strength.", minimum=0.0, maximum=1.0
    )

    name = "contrast"
    title = "Contrast"
    summary = "Strengthens or weakens contrast."
    source = "Howard 2013"

    def tint(self, draws: Draws, before: Tint, components: Floats | None) -> Tint:
        return before.stretched(draws.uniform(1 - self.strength, 1 + self.strength))


@dataclass(frozen=True)
class Brightness(Colour):
    """A random share of the range of pixels added to all."""

    strength: float = number(
        0.2, label="Strength", help="Most that is added or taken, as a share of white.", minimum=0.0, maximum=1.0
    )

    name = "brightness"
    title = "Brightness"
    summary = "Makes the image brighter or darker."
    source = "Howard 2013"

    def tint(self, draws: Draws, before: Tint, components: Floats | None) -> Tint:
        return before.brighter(draws.uniform(-self.strength, self.strength)[:, None] * _WHITE)


@dataclass(frozen=True)
class PCAColour(Colour):
    """Multiples of the training set's principal components of colour added to all pixels: Σ αᵢ·λᵢ·pᵢ, αᵢ ~ N(0, σ).

    pᵢ and λᵢ are eigenvectors and eigenvalues of the covariance of the training pixels' channels, in units in which
    pixels run from 0 to 1, as are the sums.
    """

    sigma: float = number(
        0.1, label="σ", help="Standard deviation of the multiples of each component.", minimum=0.0, maximum=100.0
    )

    name = "pca-colour"
    title = "Colour along principal components"
    summary = "Shifts colours in the directions in which those of the training set vary."
    source = "Krizhevsky et al. 2012, §4.1"
    needs_components = True

    def tint(self, draws: Draws, before: Tint, components: Floats | None) -> Tint:
        assert components is not None  # measured for whoever says that it needs them
        added = np.zeros((len(draws), len(components)))
        for component in components.T:
            added += (self.sigma * _WHITE) * draws.normal()[:, None] * component
        return before.brighter(added)

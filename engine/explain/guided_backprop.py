"""Guided backpropagation: only what raises a unit passes each ReLU on the way back."""

from __future__ import annotations

from dataclasses import dataclass

from .rules import RuleMethod


@dataclass(frozen=True)
class GuidedBackprop(RuleMethod):
    """A gradient passes a ReLU where the ReLU let the signal through and the gradient itself is positive."""

    name = "guided_backprop"
    title = "Guided backpropagation"
    source = "Springenberg, Dosovitskiy, Brox & Riedmiller 2014, Striving for Simplicity, section 3.4"
    summary = "The strokes that excite a unit, without what inhibits it."
    caveat = (
        "Much of this picture can stay as it is when weights are randomised (Adebayo et al. 2018): "
        "see the randomisation check before you read meaning into it."
    )
    rule = "guided"

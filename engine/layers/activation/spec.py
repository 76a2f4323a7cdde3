"""Declarations of activation functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import About, Cost, Example, Layer, Shape, number, size


class _Activation(Layer):
    """An elementwise function: same shape out, two formulas in `scalar.py` named after `formula`."""

    formula = ""

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), ((3, 5, 7),)), Example(cls(), ((37,),)))


@dataclass(frozen=True)
class ReLU(_Activation):
    """max(0, x)."""

    about = About(
        "activation",
        "max(0, x)",
        "Passes positive values, stops negative ones. Its gradient is 1 or 0, so deep networks learn.",
        "Nair & Hinton 2010",
    )
    formula = "relu"
    backward_needs = frozenset({"output"})


@dataclass(frozen=True)
class LeakyReLU(_Activation):
    """x where positive, slope · x elsewhere."""

    slope: float = number(
        0.01, label="Slope", help="Factor for negative values; 0.01 and 0.1 are usual.", minimum=0.0, maximum=1.0
    )

    about = About(
        "activation",
        "x or slope·x",
        "A ReLU that lets a little through below zero, so that no unit dies.",
        "Maas et al. 2013",
    )
    formula = "leaky_relu"
    backward_needs = frozenset({"input"})

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (*super().examples(), Example(cls(0.1), ((4, 3, 2),)))


@dataclass(frozen=True)
class Tanh(_Activation):
    """2/(1 + e^(−2x)) − 1."""

    about = About(
        "activation",
        "Hyperbolic tangent, −1 to 1",
        "The activation of the 1990s networks: smooth, centred on zero, flat at both ends.",
        "LeCun et al. 1989",
    )
    formula = "tanh"
    backward_needs = frozenset({"output"})


@dataclass(frozen=True)
class Sigmoid(_Activation):
    """1/(1 + e^(−x))."""

    about = About(
        "activation",
        "Logistic function, 0 to 1",
        "Turns any number into a probability. Its flat ends make gradients vanish in deep networks.",
        "Rumelhart et al. 1986",
    )
    formula = "sigmoid"
    backward_needs = frozenset({"output"})


@dataclass(frozen=True)
class Softmax(Layer):
    """e^(x_i) / Σ e^(x_j) over the last axis: classes of a vector, channels at each position of an image."""

    about = About(
        "activation",
        "Scores to probabilities",
        "Exponentials divided by their sum, so that the outputs add up to one.",
        "Bridle 1990",
    )
    backward_needs = frozenset({"output"})

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost(elementwise=3 * size(output))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), ((4,),)), Example(cls(), ((3, 2, 19),)))

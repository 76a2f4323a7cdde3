"""Declarations of activation functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ...spec import About, Cost, Example, Layer, Shape, Weight, choice, number, size


class _Activation(Layer):
    """An elementwise function: same shape out, two formulas in `scalar.py` named after `formula`."""

    formula: ClassVar[str]

    @property
    def parameter(self) -> float:
        """The number p that the formulas are given."""
        return 0.0

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), ((3, 5, 7),)), Example(cls(), ((37,),)))


@dataclass(frozen=True)
class Step(_Activation):
    """1 where x is positive, 0 elsewhere."""

    about = About(
        "activation",
        "1 where positive, else 0",
        "The first artificial neuron: fires or not. Its gradient is 0 everywhere, so layers before it cannot learn.",
        "McCulloch & Pitts 1943; Rosenblatt 1958",
    )
    formula = "step"

    def warnings(self, inputs: Sequence[Shape]) -> list[tuple[str, str, str]]:
        what = "a step has no gradient, so the layers before it learn nothing from it"
        return [("no-gradient", what, "use Sigmoid, its smooth version, where they are to learn")]


@dataclass(frozen=True)
class Linear(Layer):
    """x itself."""

    about = About(
        "activation",
        "x itself: no bend",
        "Changes nothing and costs nothing. Layers with only this between them are together no more than one layer.",
        "Widrow & Hoff 1960",
    )

    def renames(self, training: bool) -> bool:
        return True

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost()

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
class ClippedReLU(_Activation):
    """min(max(0, x), ceiling)."""

    ceiling: float = number(
        6.0, label="Ceiling", help="The largest output; 6 is usual (ReLU6).", minimum=0.0, maximum=1e6, open_ends=True
    )

    about = About(
        "activation",
        "A ReLU that ends at a ceiling",
        "Passes values from 0 to the ceiling, so that few bits can hold them. With 6 it is MobileNet's ReLU6. "
        "Its gradient is 0 beyond both ends.",
        "Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10; Sandler et al. 2018, MobileNetV2",
    )
    formula = "clipped_relu"
    backward_needs = frozenset({"output"})

    @property
    def parameter(self) -> float:
        return self.ceiling

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (*super().examples(), Example(cls(0.7), ((4, 3, 2),)))


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

    @property
    def parameter(self) -> float:
        return self.slope

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (*super().examples(), Example(cls(0.1), ((4, 3, 2),)))


@dataclass(frozen=True)
class PReLU(Layer):
    """x where positive, slope · x elsewhere; each channel learns its slope."""

    about = About(
        "activation",
        "x or a learned slope·x",
        "A leaky ReLU whose slopes below zero are weights, one a channel; they start at 0.25.",
        "He et al. 2015, Delving Deep into Rectifiers, §2.1",
    )
    backward_needs = frozenset({"input"})

    def weights(self, inputs: Sequence[Shape]) -> tuple[Weight, ...]:
        return (Weight("weight", (inputs[0][-1],), 0.25, decay=False),)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), ((3, 5, 7),)), Example(cls(), ((37,),)), Example(cls(), ((9, 31, 2),)))


@dataclass(frozen=True)
class ELU(_Activation):
    """x where positive, alpha · (e^x − 1) elsewhere."""

    alpha: float = number(
        1.0, label="Alpha", help="The output far below zero is minus this.", minimum=0.0, maximum=100.0
    )

    about = About(
        "activation",
        "x or alpha·(e^x − 1)",
        "Smooth below zero and flat far below, which keeps the mean of activations near zero.",
        "Clevert, Unterthiner & Hochreiter 2015",
    )
    formula = "elu"
    backward_needs = frozenset({"output"})

    @property
    def parameter(self) -> float:
        return self.alpha

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (*super().examples(), Example(cls(0.3), ((4, 3, 2),)))


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
class HardSigmoid(_Activation):
    """x/6 + ½, from 0 to 1."""

    about = About(
        "activation",
        "A sigmoid of straight lines",
        "Close to the sigmoid without an exponential: x/6 + ½, held between 0 and 1.",
        "Howard et al. 2019, Searching for MobileNetV3, §5.2",
    )
    formula = "hard_sigmoid"
    backward_needs = frozenset({"output"})


@dataclass(frozen=True)
class Swish(_Activation):
    """x/(1 + e^(−beta·x))."""

    beta: float = number(
        1.0,
        label="Beta",
        help="0 gives half of x, 1 the usual swish (SiLU), a large number nearly a ReLU.",
        minimum=0.0,
        maximum=100.0,
    )

    about = About(
        "activation",
        "x · sigmoid(x)",
        "A smooth ReLU that dips a little below zero. Found by searching among formulas; also known as SiLU.",
        "Ramachandran, Zoph & Le 2017; Elfwing, Uchibe & Doya 2017",
    )
    formula = "swish"
    backward_needs = frozenset({"input"})

    @property
    def parameter(self) -> float:
        return self.beta

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (*super().examples(), Example(cls(1.7), ((4, 3, 2),)))


@dataclass(frozen=True)
class HardSwish(_Activation):
    """x · hard sigmoid of x."""

    about = About(
        "activation",
        "A swish of simple arithmetic",
        "Close to swish without an exponential: x times x/6 + ½ held between 0 and 1.",
        "Howard et al. 2019, Searching for MobileNetV3, §5.2",
    )
    formula = "hard_swish"
    backward_needs = frozenset({"input"})


@dataclass(frozen=True)
class GELU(_Activation):
    """x · Φ(x), where Φ is the standard normal distribution."""

    form: str = choice(
        "exact",
        ("exact", "tanh"),
        label="Form",
        help="The normal distribution itself, or the formula with tanh that comes within 0.0005 of it.",
    )

    about = About(
        "activation",
        "x · Φ(x), smooth",
        "Weighs x by the chance that a normal number is smaller. Usual in networks with attention.",
        "Hendrycks & Gimpel 2016",
    )
    formula = "gelu"
    backward_needs = frozenset({"input"})

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (*super().examples(), Example(cls("tanh"), ((4, 3, 2),)))


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

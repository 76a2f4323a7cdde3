"""The declaration every layer type makes. All else in Convscope is read from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from .declared import Declared
from .shapes import Shape, size

Category = Literal[
    "convolution", "pooling", "activation", "normalisation", "dense", "merge", "reshape", "regularisation", "block"
]
Initialiser = Literal["he", "xavier", "zeros", "ones"]


@dataclass(frozen=True)
class About:
    """Texts of a layer or block type: its palette category, a one-line summary, what to know, and its source."""

    category: Category
    summary: str
    help: str
    source: str


@dataclass(frozen=True)
class Ports:
    """How many inputs a layer takes; `maximum` None means any number."""

    minimum: int = 1
    maximum: int | None = 1

    def accepts(self, count: int) -> bool:
        return count >= self.minimum and (self.maximum is None or count <= self.maximum)

    def __str__(self) -> str:
        if self.maximum is None:
            return f"{self.minimum} or more inputs"
        return f"{self.minimum} input{'s' if self.minimum != 1 else ''}"


@dataclass(frozen=True)
class Weight:
    """One array of learned (or, when not `trainable`, tracked) numbers and how it starts: by a rule or at a number.

    `fan_in` and `fan_out` count the connections of one output and of one input value (Glorot & Bengio 2010).
    """

    name: str
    shape: Shape
    initialiser: Initialiser | float
    fan_in: int = 1
    fan_out: int = 1
    trainable: bool = True
    decay: bool = True  # whether weight decay applies: not to biases and normalisation


@dataclass(frozen=True)
class Saved:
    """An array that forward writes for backward, per sample: switches, masks, batch statistics (`per_sample` False)."""

    name: str
    shape: Shape
    dtype: Literal["float32", "uint8", "uint32"] = "float32"
    per_sample: bool = True


@dataclass(frozen=True)
class Cost:
    """Work of one forward pass for one sample. A multiply-add counts as one; FLOPs are twice the multiply-adds."""

    macs: int = 0  # multiply-adds of convolution and dense products
    bias_adds: int = 0
    elementwise: int = 0  # additions, comparisons, exponentials … of everything else


@dataclass(frozen=True)
class Window:
    """A sliding window for receptive-field arithmetic: effective kernel, stride and padding before, (rows, columns).

    It slides over the input spread out by `upsampling`: value i of a row lies at i·upsampling, with gaps between.
    With stride 0 it stays, and all outputs see the first value.
    """

    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    upsampling: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class Example:
    """A small case that every generic test runs: a layer and the shapes it is given."""

    layer: Layer
    inputs: tuple[Shape, ...]


class Layer(Declared):
    """Base of all layer types: a frozen dataclass whose fields are the parameters.

    Subclasses declare `about`, may override `ports`, `backward_needs` and the methods below, and list `examples`.
    """

    about: ClassVar[About]
    version: ClassVar[int] = 1
    ports: ClassVar[Ports] = Ports()
    backward_needs: ClassVar[frozenset[str]] = frozenset()  # of {"input", "output"}: values kept until backward
    differs_in_training: ClassVar[bool] = False  # dropout, batch norm

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Small cases for generic tests: odd sizes, every parameter exercised."""
        return ()

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Output shape for these input shapes; ShapeError if they do not fit. Most layers keep the shape."""
        return inputs[0]

    def warnings(self, inputs: Sequence[Shape]) -> list[tuple[str, str, str]]:
        """Doubtful but legal facts as (kind, what, fix)."""
        return []

    def weights(self, inputs: Sequence[Shape]) -> tuple[Weight, ...]:
        """Weights the layer owns when given these input shapes."""
        return ()

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        """Forward work for one sample. By default one elementary operation per output value."""
        return Cost(elementwise=size(output))

    def window(self, inputs: Sequence[Shape]) -> Window:
        """Sliding-window geometry; a 1×1 window with stride 1 unless the layer looks around."""
        return Window()

    def windows(self, inputs: Sequence[Shape]) -> tuple[tuple[Window, ...], ...]:
        """For each port the windows that lead from it to the output, one after another; by default `window` alone."""
        return ((self.window(inputs),),) * len(inputs)

    def renames(self, training: bool) -> bool:
        """Whether the output is the input under another shape, so that nothing needs to be computed."""
        return False

    def saved(self, inputs: Sequence[Shape], output: Shape) -> tuple[Saved, ...]:
        """Arrays that forward writes for backward, beside the inputs and outputs of `backward_needs`."""
        return ()

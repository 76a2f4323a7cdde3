"""Declarations of layers that join branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...spec import About, Cost, Example, Layer, Ports, Shape, ShapeError, Window, choice, format_shape, number, size


@dataclass(frozen=True)
class Add(Layer):
    """The sum of its inputs: the residual connection."""

    about = About(
        category="merge",
        summary="The sum of its inputs.",
        help="With a shortcut around a few layers, those layers learn only what to add to their input.",
        source="He et al. 2015, Deep Residual Learning",
    )
    ports = Ports(2, None)

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        if any(shape != inputs[0] for shape in inputs):
            raise ShapeError(
                "inputs " + " and ".join(format_shape(s) for s in inputs) + " differ and cannot be added",
                'bring them to one shape, for example by padding "same", or with a 1×1 Conv2D on the shorter path',
            )
        return inputs[0]

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost(elementwise=(len(inputs) - 1) * size(output))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), ((3, 5, 2), (3, 5, 2))), Example(cls(), ((7,), (7,), (7,))))


@dataclass(frozen=True)
class Multiply(Layer):
    """The product of its two inputs, value by value; one of them may be a gate that scales the other.

    A gate has one number for each channel, (C,) or (1, 1, C), or one for each position, (H, W, 1).
    """

    about = About(
        category="merge",
        summary="The product of its two inputs.",
        help="Lets one branch decide how much of another gets through: a vector of one number for each channel, as in "
        "squeeze-and-excitation, or a map of a single channel, as in spatial attention.",
        source="Hu, Shen & Sun 2018, Squeeze-and-Excitation Networks, eq. 4; Woo et al. 2018, CBAM, eq. 2",
    )
    ports = Ports(2, 2)
    backward_needs = frozenset({"input"})

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        return inputs[self.scaled_port(inputs)]

    @staticmethod
    def scaled_port(inputs: Sequence[Shape]) -> int:
        """Which input has the shape of the product; the other scales it. ShapeError if neither fits the other."""
        for port in (0, 1):
            if inputs[1 - port] in _gates(inputs[port]):
                return port
        raise ShapeError(
            "inputs " + " and ".join(format_shape(s) for s in inputs) + " cannot be multiplied",
            "give both one shape, or one of them a number for each channel or for each position of the other",
        )

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost(elementwise=size(output))

    def windows(self, inputs: Sequence[Shape]) -> tuple[tuple[Window, ...], ...]:
        """Every unit sees all that a gate of channels sees."""
        scaled = self.scaled_port(inputs)
        shape, gate = inputs[scaled], inputs[1 - scaled]
        shared = Window(stride=(0, 0)) if len(shape) == 3 and gate[:-1] in ((), (1, 1)) else Window()
        return tuple((shared if port != scaled else Window(),) for port in (0, 1))

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (
            Example(cls(), ((3, 5, 2), (3, 5, 2))),
            Example(cls(), ((7,), (7,))),
            Example(cls(), ((3, 4, 19), (1, 1, 19))),
            Example(cls(), ((4, 3, 1), (4, 3, 5))),
        )


def _gates(shape: Shape) -> tuple[Shape, ...]:
    """Shapes that can scale a value of this one."""
    if len(shape) != 3:
        return (shape,)
    rows, columns, channels = shape
    return shape, (channels,), (1, 1, channels), (rows, columns, 1)


@dataclass(frozen=True)
class Concat(Layer):
    """Its inputs side by side along the channels, in the order of the inputs."""

    about = About(
        category="merge",
        summary="Its inputs side by side, channel after channel.",
        help="Joins parallel branches, as in Inception and Fire modules. Heights and widths must agree.",
        source="Szegedy et al. 2014, Going Deeper with Convolutions",
    )
    ports = Ports(2, None)

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        if any(shape[:-1] != inputs[0][:-1] for shape in inputs):
            raise ShapeError(
                "inputs " + " and ".join(format_shape(s) for s in inputs) + " differ in more than their channels",
                "bring them to one height and width, for example with the same stride and padding",
            )
        return (*inputs[0][:-1], sum(shape[-1] for shape in inputs))

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost()

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), ((3, 2, 5), (3, 2, 1))), Example(cls(), ((4,), (3,), (9,))))


@dataclass(frozen=True)
class WithBox(Layer):
    """Class scores, passed on as they are, and beside them a box around the object: the end of a network of two heads.

    The second input has four numbers, or four for each class: middle (x, y), width and height of the box, in fifths of
    the image counted from its half. Training adds their loss, times the weight, to that of the scores.
    """

    loss: str = choice("l2", ("l2", "smooth-l1"), label="Loss", help="What is made small of the box's four errors.")
    weight: float = number(
        1.0,
        label="Weight",
        help="How much the box counts beside the class; 0 leaves it untrained.",
        minimum=0.0,
        maximum=1e6,
    )

    about = About(
        category="merge",
        summary="Class scores with a box around the object.",
        help="Ends a network that also says where the object is. Its output are the scores; the second input, four "
        "numbers or four for each class, is trained towards the boxes of the data set.",
        source="Sermanet et al. 2014, OverFeat, §4.2; Simonyan & Zisserman 2015, appendix A",
    )
    ports = Ports(2, 2)

    def renames(self, training: bool) -> bool:
        return True

    def infer_shape(self, inputs: Sequence[Shape]) -> Shape:
        scores, box = inputs
        if len(scores) != 1 or len(box) != 1 or box[0] not in (4, 4 * scores[0]):
            wanted = "4" if len(scores) != 1 else f"4 or {4 * scores[0]}"
            raise ShapeError(
                f"inputs {format_shape(scores)} and {format_shape(box)} are not scores and a box",
                f"give one score for each class first, and then {wanted} numbers from a Dense layer",
            )
        return scores

    def cost(self, inputs: Sequence[Shape], output: Shape) -> Cost:
        return Cost()

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(), ((5,), (4,))), Example(cls("smooth-l1", 0.5), ((3,), (12,))))

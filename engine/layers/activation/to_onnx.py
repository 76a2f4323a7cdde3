"""Activation functions as nodes of ONNX."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .spec import (
    ELU,
    GELU,
    ClippedReLU,
    HardSigmoid,
    HardSwish,
    LeakyReLU,
    Linear,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Step,
    Swish,
    Tanh,
)

if TYPE_CHECKING:
    from ...io.onnx.nodes import NodeWriter

_SIXTH = {"alpha": 1 / 6, "beta": 0.5}


def plain(operator: str) -> Callable[[Any, NodeWriter], str]:
    return lambda layer, write: write(operator, write.inputs[0])


def step(layer: Step, write: NodeWriter) -> str:
    return write("Cast", write("Greater", write.inputs[0], _number(write, "zero", 0)), to=1)  # TensorProto.FLOAT


def clipped_relu(layer: ClippedReLU, write: NodeWriter) -> str:
    return write("Clip", write.inputs[0], _number(write, "floor", 0), _number(write, "ceiling", layer.ceiling))


def leaky_relu(layer: LeakyReLU, write: NodeWriter) -> str:
    return write("LeakyRelu", write.inputs[0], alpha=layer.slope)


def prelu(layer: PReLU, write: NodeWriter) -> str:
    slopes = write.by_feature("weight")
    beside = [1] * (len(write.shapes[0]) - 1)
    return write("PRelu", write.inputs[0], write.constant("weight", slopes.reshape(-1, *beside)))


def elu(layer: ELU, write: NodeWriter) -> str:
    return write("Elu", write.inputs[0], alpha=layer.alpha)


def hard_sigmoid(layer: HardSigmoid, write: NodeWriter) -> str:
    return write("HardSigmoid", write.inputs[0], **_SIXTH)


def hard_swish(layer: HardSwish, write: NodeWriter) -> str:
    x = write.inputs[0]
    return write("HardSwish", x) if write.opset >= 14 else write("Mul", x, write("HardSigmoid", x, **_SIXTH))


def swish(layer: Swish, write: NodeWriter) -> str:
    x = write.inputs[0]
    scaled = x if layer.beta == 1 else write("Mul", x, _number(write, "beta", layer.beta))
    return write("Mul", x, write("Sigmoid", scaled))


def gelu(layer: GELU, write: NodeWriter) -> str:
    """An operator of its own from opset 20 on; before, its formula."""
    x = write.inputs[0]
    if write.opset >= 20:
        return write("Gelu", x, approximate="tanh" if layer.form == "tanh" else "none")
    half, one = _number(write, "half", 0.5), _number(write, "one", 1)
    if layer.form == "tanh":
        cubed = write("Mul", write("Mul", x, x), x)
        bent = write("Add", x, write("Mul", cubed, _number(write, "cube", 0.044715)))
        share = write("Tanh", write("Mul", bent, _number(write, "bend", math.sqrt(2 / math.pi))))
    else:
        share = write("Erf", write("Mul", x, _number(write, "scale", math.sqrt(0.5))))
    return write("Mul", write("Mul", x, half), write("Add", share, one))


def softmax(layer: Softmax, write: NodeWriter) -> str:
    """Before opset 13 it runs over all axes from the one named on, so that channels must be the last."""
    x = write.inputs[0]
    if write.opset >= 13 or len(write.shapes[0]) == 1:
        return write("Softmax", x, axis=1)
    last = write("Softmax", write("Transpose", x, perm=(0, 2, 3, 1)), axis=3)
    return write("Transpose", last, perm=(0, 3, 1, 2))


def _number(write: NodeWriter, name: str, value: float) -> str:
    return write.constant(name, np.array(value, np.float32))


NODES = {
    Step: step,
    Linear: plain("Identity"),
    ReLU: plain("Relu"),
    ClippedReLU: clipped_relu,
    LeakyReLU: leaky_relu,
    PReLU: prelu,
    ELU: elu,
    Tanh: plain("Tanh"),
    Sigmoid: plain("Sigmoid"),
    HardSigmoid: hard_sigmoid,
    Swish: swish,
    HardSwish: hard_swish,
    GELU: gelu,
    Softmax: softmax,
}

"""Activation functions as PyTorch code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

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
    from ...io.pytorch.part import Part


def plain(kind: str, *arguments: object) -> Callable[[Any, Part], str]:
    return lambda layer, part: f"{part.module(part.call(kind, *arguments))}({part.inputs[0]})"


def step(layer: Step, part: Part) -> str:
    x = part.inputs[0]
    return f"({x} > 0).to({x}.dtype)"


def relu(layer: ReLU, part: Part) -> str:
    return f"{part.module(part.call('nn.ReLU', inplace=part.optional(part.overwrites, False)))}({part.inputs[0]})"


def clipped_relu(layer: ClippedReLU, part: Part) -> str:
    call = "nn.ReLU6()" if layer.ceiling == 6 else part.call("nn.Hardtanh", 0.0, layer.ceiling)
    return f"{part.module(call)}({part.inputs[0]})"


def leaky_relu(layer: LeakyReLU, part: Part) -> str:
    return f"{part.module(part.call('nn.LeakyReLU', layer.slope))}({part.inputs[0]})"


def prelu(layer: PReLU, part: Part) -> str:
    slopes = part.call("nn.PReLU", part.shapes[0][-1])
    return f"{part.module(slopes, {'weight': 'weight'}, by_feature=('weight',))}({part.inputs[0]})"


def elu(layer: ELU, part: Part) -> str:
    return f"{part.module(part.call('nn.ELU', part.optional(layer.alpha, 1.0)))}({part.inputs[0]})"


def swish(layer: Swish, part: Part) -> str:
    x = part.inputs[0]
    return f"{part.module('nn.SiLU()')}({x})" if layer.beta == 1 else f"{x} * torch.sigmoid({layer.beta!r} * {x})"


def gelu(layer: GELU, part: Part) -> str:
    form = "tanh" if layer.form == "tanh" else None
    return f"{part.module(part.call('nn.GELU', approximate=form))}({part.inputs[0]})"


MODULES = {
    Step: step,
    Linear: plain("nn.Identity"),
    ReLU: relu,
    ClippedReLU: clipped_relu,
    LeakyReLU: leaky_relu,
    PReLU: prelu,
    ELU: elu,
    Tanh: plain("nn.Tanh"),
    Sigmoid: plain("nn.Sigmoid"),
    HardSigmoid: plain("nn.Hardsigmoid"),
    Swish: swish,
    HardSwish: plain("nn.Hardswish"),
    GELU: gelu,
    Softmax: plain("nn.Softmax", 1),
}

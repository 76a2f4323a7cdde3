"""Dense layers as PyTorch code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Dense, DropConnect

if TYPE_CHECKING:
    from ...io.pytorch.part import Part


def dense(layer: Dense, part: Part) -> str:
    call = part.call("nn.Linear", part.shapes[0][0], layer.units, bias=part.optional(layer.bias, True))
    names = {name: name for name in (("weight", "bias") if layer.bias else ("weight",))}
    return f"{part.module(call, names, by_feature=('weight',))}({part.inputs[0]})"


def drop_connect(layer: DropConnect, part: Part) -> str:
    part.note(f"trained with DropConnect, rate {layer.rate}, which PyTorch lacks")
    return dense(layer, part)


MODULES = {Dense: dense, DropConnect: drop_connect}

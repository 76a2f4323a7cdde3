"""Normalisation as PyTorch code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import BatchNorm, LocalResponseNorm

if TYPE_CHECKING:
    from ...io.pytorch.part import Part

_NAMES = ("weight", "bias", "running_mean", "running_var")


def batch_norm(layer: BatchNorm, part: Part) -> str:
    kind = "nn.BatchNorm2d" if len(part.shapes[0]) == 3 else "nn.BatchNorm1d"
    numbers = {"eps": part.optional(layer.epsilon, 1e-5), "momentum": part.optional(layer.momentum, 0.1)}
    norm = part.module(
        part.call(kind, part.shapes[0][-1], **numbers), {name: name for name in _NAMES}, by_feature=_NAMES
    )
    return f"{norm}({part.inputs[0]})"


def local_response(layer: LocalResponseNorm, part: Part) -> str:
    """PyTorch divides alpha by the size."""
    numbers = (layer.factor * layer.size, layer.beta, layer.k)
    return f"{part.module(part.call('nn.LocalResponseNorm', layer.size, *numbers))}({part.inputs[0]})"


MODULES = {BatchNorm: batch_norm, LocalResponseNorm: local_response}

"""Layers that act otherwise in training as PyTorch code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Dropout

if TYPE_CHECKING:
    from ...io.pytorch.part import Part


def dropout(layer: Dropout, part: Part) -> str:
    dropped = f"{part.module(part.call('nn.Dropout', layer.rate))}({part.inputs[0]})"
    return dropped if layer.scaling == "training" else f"{dropped} * {1 - layer.rate!r}"


MODULES = {Dropout: dropout}

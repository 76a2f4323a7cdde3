"""Layers that rearrange values or resize images as PyTorch code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import Flatten, PadChannels, Upsample, ZeroPad

if TYPE_CHECKING:
    from ...io.pytorch.part import Part


def flatten(layer: Flatten, part: Part) -> str:
    """In the order of channels first, to which what follows is adapted, or turned to ours where it cannot be."""
    x = f"{part.inputs[0]}.permute(0, 2, 3, 1)" if part.turns else part.inputs[0]
    return f"torch.flatten({x}, 1)"


def pad_channels(layer: PadChannels, part: Part) -> str:
    ends = (layer.before, layer.after)
    return f"F.pad({part.inputs[0]}, {(0, 0, 0, 0, *ends) if len(part.shapes[0]) == 3 else ends})"


def zero_pad(layer: ZeroPad, part: Part) -> str:
    top, bottom, left, right = layer.padding
    return f"F.pad({part.inputs[0]}, {(left, right, top, bottom)})"


def upsample(layer: Upsample, part: Part) -> str:
    centred = {"align_corners": False} if layer.mode == "bilinear" else {}
    factor = {"scale_factor": tuple(float(f) for f in layer.factor)}
    return f"{part.module(part.call('nn.Upsample', **factor, mode=layer.mode, **centred))}({part.inputs[0]})"


MODULES = {Flatten: flatten, PadChannels: pad_channels, ZeroPad: zero_pad, Upsample: upsample}

"""Pooling as PyTorch code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .spec import AvgPool2D, GlobalAvgPool, MaxPool2D, MaxUnpool2D

if TYPE_CHECKING:
    from ...io.pytorch.part import Part

_UNPOOL = '''\
def unpool(x, before, kernel, stride, padding, dilation):
    """Values of x where max pooling finds the maxima of `before`, zeros elsewhere; values that meet add up."""
    padded = F.pad(before, padding, value=-torch.inf)
    _, places = F.max_pool2d(padded, kernel, stride, 0, dilation, return_indices=True)
    result = torch.zeros_like(padded).flatten(2).scatter_add(2, places.flatten(2), x.flatten(2)).view_as(padded)
    return F.pad(result, [-rows for rows in padding])
'''


def max_pool(layer: MaxPool2D, part: Part) -> str:
    x, options = _padded(layer, part, "value=-torch.inf")
    spacing = part.optional(layer.dilation, (1, 1))
    return f"{part.module(part.call('nn.MaxPool2d', layer.kernel, layer.stride, dilation=spacing, **options))}({x})"


def average_pool(layer: AvgPool2D, part: Part) -> str:
    """Padding that PyTorch lacks is laid around first; the mean is then divided by the share that counts."""
    if layer.kernel == (1, 1):
        return f"{part.inputs[0]}[:, :, ::{layer.stride[0]}, ::{layer.stride[1]}]"
    x, options = _padded(layer, part)
    counts = {"count_include_pad": part.optional(layer.count_padding, True)}
    pool = part.module(part.call("nn.AvgPool2d", layer.kernel, layer.stride, **options, **counts))
    if x == part.inputs[0]:
        return f"{pool}({x})"
    top, bottom, left, right = layer.geometry.reached(*part.shapes[0][:2])
    ones, counted = f"torch.ones_like({part.inputs[0]}[:1, :1])", (0, 0, 0, 0)
    if layer.count_padding:
        above, below, before, behind = layer.geometry.pads(*part.shapes[0][:2])
        counted = (before, behind, above, below)
        ones = f"F.pad({ones}, {counted}, value=1)"
    rest = tuple(a - b for a, b in zip((left, right, top, bottom), counted))
    return f"{pool}({x}) / {pool}(F.pad({ones}, {rest}))"


def max_unpool(layer: MaxUnpool2D, part: Part) -> str:
    part.helper(_UNPOOL)
    pooled, before = part.inputs
    top, bottom, left, right = layer.geometry.reached(*part.shapes[1][:2])
    padding = (left, right, top, bottom)
    return f"unpool({pooled}, {before}, {layer.kernel}, {layer.stride}, {padding}, {layer.dilation})"


def global_average(layer: GlobalAvgPool, part: Part) -> str:
    return f"{part.inputs[0]}.mean((2, 3))"


def _padded(layer: MaxPool2D | AvgPool2D, part: Part, value: str = "") -> tuple[str, dict[str, object]]:
    """What the pooling reads, and its options: PyTorch pads both sides alike, at most by half the kernel."""
    top, bottom, left, right = layer.geometry.pads(*part.shapes[0][:2])
    if (top, left) == (bottom, right) and 2 * top <= layer.kernel[0] and 2 * left <= layer.kernel[1]:
        rounded = part.optional(layer.ceil_mode, False)
        return part.inputs[0], {"padding": part.optional((top, left), (0, 0)), "ceil_mode": rounded}
    top, bottom, left, right = layer.geometry.reached(*part.shapes[0][:2])
    filling = f", {value}" if value else ""
    return f"F.pad({part.inputs[0]}, {(left, right, top, bottom)}{filling})", {}


MODULES = {MaxPool2D: max_pool, AvgPool2D: average_pool, MaxUnpool2D: max_unpool, GlobalAvgPool: global_average}

"""Prefer chains of small filters: they see as much as one large filter, with fewer weights and more bends.

One F×F takes F²·C² weights for C channels, (F − 1)/2 of 3×3 take 9·(F − 1)/2·C²: 49C² become 27C² (Simonyan & Zisserman
2014, Very Deep Convolutional Networks, §2.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...layers.activation.spec import ReLU
from ...layers.conv.spec import Conv2D
from ...spec import Layer, Shape
from ...spec.param import Pads
from .findings import Advice
from .rewrite import Rewrite
from .study import PICTURE_CHANNELS, Study, filter_weights

_NUMBERS = ("no", "one", "two", "three", "four", "five")
# Larger ones are whole maps taken at once, as dense layers are; a chain for them would be longer than networks are.
_LARGEST = 11
# A 3×3 that moves by more than this would leave pixels between its windows unseen, or barely seen.
_LARGEST_STRIDE = 2


def check(study: Study) -> Iterator[Advice]:
    """Square filters from 5×5 to 11×11 for which a chain of 3×3 takes less."""
    for node, layer, reads in study.convolutions():
        convolutions = chain(layer, reads)
        if not convolutions:
            continue
        exchange = study.exchange(node, _named(convolutions))
        if study.worth(exchange):
            size, count = layer.kernel[0], _NUMBERS[len(convolutions)]
            rewrite = Rewrite(f"{node.name}: {count} 3×3 for one {size}×{size}", (exchange,))
            yield Advice((node.name,), "large-filter", f"{node.name}: {_text(layer, convolutions, reads)}", rewrite)


def chain(layer: Conv2D, reads: Shape) -> list[Conv2D]:
    """3×3 convolutions that see at least what the layer sees and give its shape; empty if there is no such chain.

    Between them are as many channels as on the narrower side. The first takes the stride, so its followers need to be
    fewer. The padding is shared out, so that every output stays at its place.
    """
    size, stride = layer.kernel[0], layer.stride[0]
    small_and_even = not (5 <= size <= _LARGEST and size % 2)
    if small_and_even or layer.dilation != (1, 1) or layer.stride != (stride, stride) or stride > _LARGEST_STRIDE:
        return []
    if reads[2] <= PICTURE_CHANNELS:
        return []
    pads = layer.geometry.pads(reads[0], reads[1])
    paddings = _shared(pads, size // 2) if stride == 1 else _before(pads, size, stride)
    between = min(reads[2], layer.filters)
    links = [Conv2D(between, 3, padding=padding) for padding in paddings]
    if links:
        links[0] = links[0].replace(stride=stride)
        links[-1] = links[-1].replace(filters=layer.filters, bias=layer.bias)
    return links


def _shared(pads: Pads, count: int) -> list[Pads]:
    """Each side's zeros dealt out over so many layers, the first getting the odd ones."""
    return [
        (_part(pads[0], count, i), _part(pads[1], count, i), _part(pads[2], count, i), _part(pads[3], count, i))
        for i in range(count)
    ]


def _part(zeros: int, count: int, index: int) -> int:
    return zeros // count + (index < zeros % count)


def _before(pads: Pads, size: int, stride: int) -> list[Pads]:
    """Padding of a chain that begins with the stride: a 3×3 at the large filter's centre, then some that keep the size.

    Empty where the large filter is not padded enough for its centre to move over the same places.
    """
    inset = (size - 3) // 2
    if min(pads) < inset:
        return []
    first: Pads = (pads[0] - inset, pads[1] - inset, pads[2] - inset, pads[3] - inset)
    return [first, *[(1, 1, 1, 1)] * -(-inset // stride)]


def _named(convolutions: list[Conv2D]) -> list[tuple[str, Layer]]:
    """Links with a ReLU after each but the last."""
    links: list[tuple[str, Layer]] = []
    for number, layer in enumerate(convolutions[:-1], start=1):
        links += [(f"{number}", layer), (f"{number}_relu", ReLU())]
    return [*links, ("", convolutions[-1])]


def _text(layer: Conv2D, convolutions: list[Conv2D], reads: Shape) -> str:
    size, channels, count = layer.kernel[0], reads[2], len(convolutions)
    widths = [channels, *(link.filters for link in convolutions)]
    weights = 9 * sum(a * b for a, b in pairwise(widths))
    seen = 3 + 2 * layer.stride[0] * (count - 1)
    same = f"the same {size}×{size}" if seen == size else f"{seen}×{seen}"
    if channels == layer.filters:
        old, new, between = f"{size**2}·{channels}²", f"{9 * count}·{channels}²", ""
        ends = f"with {channels} channels in and out"
    else:
        old, new = f"{size**2}·{channels}·{layer.filters}", f"9·({' + '.join(f'{a}·{b}' for a, b in pairwise(widths))})"
        ends, between = f"from {channels} to {layer.filters} channels", f" with {widths[1]} channels between them"
    more = f"{_NUMBERS[count - 1]} ReLU{'s' if count > 2 else ''} more"
    return (
        f"one {size}×{size} {ends} takes {old} = {filter_weights(layer, reads):,} weights; "
        f"{_NUMBERS[count]} 3×3{between} see {same} for {new} = {weights:,}, with {more}"
    )

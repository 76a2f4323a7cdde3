"""How receptive fields grow along a chain of windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..cost.receptive import Field, through
from ..spec import ConvscopeError, Window
from ..spec.param import Param

LONGEST_CHAIN = 100
_KERNEL = Param("integer", 3, "Kernel", "Values that a unit sees in the layer before, in one direction.", 1, 1000)
_STRIDE = Param("integer", 1, "Stride", "Step between neighbouring units.", 1, 1000)


@dataclass(frozen=True)
class Step:
    """The receptive field behind one more layer, in one direction.

    `size` and `stride` are in pixels of the image; `needed` is how many of this layer's values one unit of the last
    layer sees; `text` shows how `size` came about.
    """

    kernel: int
    stride_of_layer: int
    size: int
    stride: int
    needed: int
    text: str


@dataclass(frozen=True)
class Growth:
    """One step a layer, from the first; `needed` is how many pixels one unit of the last layer sees.

    `formula` is the closed form where all layers are alike, else empty.
    """

    steps: tuple[Step, ...]
    needed: int
    formula: str


def growth(chain: Sequence[tuple[int, int]]) -> Growth:
    """Receptive fields along a chain of (kernel, stride), counted in both directions.

    From the image on a layer adds (kernel − 1)·stride so far; from the last unit back, n units need
    (n − 1)·stride + kernel values of the layer before. Both give the same at the image (Araujo, Norris & Sim 2019,
    Computing Receptive Fields of Convolutional Neural Networks, Distill).
    """
    windows = _parsed(chain)
    needed = [1]
    for kernel, stride in reversed(windows):
        needed.append((needed[-1] - 1) * stride + kernel)
    needed.reverse()
    field, steps = Field(), []
    for (kernel, stride), units in zip(windows, needed[1:]):
        before, field = field, through(field, Window((kernel, 1), (stride, 1)))
        size, pace = field.size[0], int(before.stride[0])
        text = f"{before.size[0]} + ({kernel} − 1)·{pace} = {size}"
        steps.append(Step(kernel, stride, size, int(field.stride[0]), units, text))
    return Growth(tuple(steps), needed[0], _formula(windows, steps[-1].size))


def _parsed(chain: Any) -> list[tuple[int, int]]:
    """The chain as whole numbers, or ConvscopeError naming the layer that is wrong."""
    try:
        pairs = [(kernel, stride) for kernel, stride in chain]
    except (TypeError, ValueError):
        raise ConvscopeError("The chain is no list of (kernel, stride); use for example [(3, 1), (3, 2)].") from None
    if not 1 <= len(pairs) <= LONGEST_CHAIN:
        raise ConvscopeError(f"The chain has {len(pairs)} layers; use 1 to {LONGEST_CHAIN}.")
    windows = []
    for number, (kernel, stride) in enumerate(pairs, 1):
        try:
            windows.append((_KERNEL.parse(kernel), _STRIDE.parse(stride)))
        except ValueError as error:
            raise ConvscopeError(f"Layer {number} of the chain: {error}.") from None
    return windows


def _formula(windows: list[tuple[int, int]], size: int) -> str:
    """1 + L·(F − 1) for stride 1, else 1 + (F − 1)·(S^L − 1)/(S − 1), of which 2^(L+1) − 1 is the case F 3, S 2."""
    if len(set(windows)) > 1:
        return ""
    (kernel, stride), layers = windows[0], len(windows)
    if stride == 1:
        return f"1 + {layers}·({kernel} − 1) = {size}"
    if (kernel, stride) == (3, 2):
        return f"2^({layers} + 1) − 1 = {size}"
    return f"1 + ({kernel} − 1)·({stride}^{layers} − 1)/({stride} − 1) = {size}"

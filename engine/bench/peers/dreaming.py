"""DeepDream in PyTorch, as its users write it: the same octaves, shifts and steps as ours, gradients by autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn.functional import interpolate

from ...explain.smoothing import back, drawn_shift
from ..cases import Arrays, Floats
from ..explaining import ExplainCase
from .torch_layers import translated

_SCALE = 1 / 255  # the preprocessing of a model that was given none


def step(case: ExplainCase, weights: Arrays, layout: Any) -> tuple[Floats, Callable[[], object]]:
    """The dream in our order, and the call that dreams it."""
    module = translated(case.network().part(end=case.layer), weights).eval().requires_grad_(False)
    module.to(case.device, memory_format=layout)  # type: ignore[call-overload]
    image = torch.from_numpy(np.ascontiguousarray(case.image()[None].transpose(0, 3, 1, 2)))
    image = image.to(case.device).contiguous(memory_format=layout)

    found = _dreamt(module, image, **case.compared.parameters)
    ours = np.ascontiguousarray(found.numpy().transpose(0, 2, 3, 1)[0])
    return ours, lambda: _dreamt(module, image, **case.parameters)


def _dreamt(
    module: torch.nn.Module, base: torch.Tensor, iterations: int, octaves: int, ratio: float, rate: float, jitter: int
) -> torch.Tensor:
    random = np.random.Generator(np.random.Philox(key=np.zeros(2, np.uint64)))  # the seed 0 of ours
    detail, image = torch.zeros_like(base), base
    for octave in reversed(range(octaves)):
        size = tuple(round(length / ratio**octave) for length in base.shape[2:])
        small = _resized(base, size)
        image = (small + _resized(detail, size)).clamp(0, 255)
        for _ in range(iterations):
            shift = drawn_shift(random, jitter)
            gradient = torch.roll(_gradient(module, torch.roll(image, shift, (2, 3))), back(shift), (2, 3))
            image = (image + rate * gradient / gradient.abs().mean()).clamp(0, 255)
        detail = image - small
    return image.cpu()  # as ours it ends where the picture can be read


def _gradient(module: torch.nn.Module, image: torch.Tensor) -> torch.Tensor:
    image.requires_grad_()
    [found] = torch.autograd.grad(module(image * _SCALE).square().sum() / 2, image)
    return found


def _resized(images: torch.Tensor, size: tuple[int, ...]) -> torch.Tensor:
    if tuple(images.shape[2:]) == size:
        return images
    return interpolate(images, size, mode="bilinear", antialias=True)

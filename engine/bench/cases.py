"""What is measured: networks with their batches, convolutions, and the numbers that go in. The same for every side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph import Network
from ..layers.conv.spec import Conv2D
from ..spec import ConvscopeError, Shape, size
from ..zoo import ARCHITECTURES, architecture

Floats = NDArray[np.float32]
Arrays = dict[str, Floats]
Pixels = tuple[NDArray[np.uint8], NDArray[np.int64]]

RATE, MOMENTUM, WEIGHT_DECAY = 1e-3, 0.9, 5e-4
"""The recipe of every side's training step."""

TRAINING_BATCHES = {"lenet5": 64, "vgg_mini": 64, "resnet20_cifar": 128, "mobilenet_mini": 64}
"""Networks that are measured unless others are named, with the images of a training step."""

INFERENCE_BATCHES = (1, 64)
_USUAL_BATCH = 64
_DATA_BATCHES, _DATA_BYTES = 64, 1 << 26  # training data: so many batches, fewer where pictures are large


@dataclass(frozen=True)
class NetworkCase:
    """An architecture at its published size, and how many images it is given at a time."""

    name: str
    batch: int

    def network(self) -> Network:
        return architecture(self.name).build()

    @property
    def classes(self) -> int:
        """Scores of the output."""
        network = self.network()
        return (network.shapes()[network.output] or (1,))[-1]


def networks(names: Sequence[str], batches: Sequence[int]) -> list[NetworkCase]:
    """A case for each name and batch; without names the usual networks, without batches the usual for training."""
    for name in names:
        architecture(name)  # raises, naming what is near
    usual = [name for name in TRAINING_BATCHES if name in ARCHITECTURES]
    return [
        NetworkCase(name, batch)
        for name in names or usual
        for batch in batches or (TRAINING_BATCHES.get(name, _USUAL_BATCH),)
    ]


@dataclass(frozen=True)
class ConvCase:
    """A square convolution: (N, size, size, C) and K filters of kernel × kernel."""

    batch: int
    channels: int
    size: int
    filters: int
    kernel: int
    stride: int
    padding: int
    groups: int = 1

    @classmethod
    def parse(cls, text: str) -> ConvCase:
        """From `N,C,H,K,F,S,P` or `N,C,H,K,F,S,P,groups`; ConvscopeError if it is not that or cannot be."""
        parts = text.split(",")
        if len(parts) not in (7, 8) or not all(part.strip().isdecimal() for part in parts):
            raise ConvscopeError(f"{text!r} is not a convolution; write N,C,H,K,F,S,P or N,C,H,K,F,S,P,groups")
        case = cls(*map(int, parts))
        if min(case.batch, case.channels, case.size) < 1:
            raise ConvscopeError(f"{text!r} is not a convolution; batch, channels and size are at least 1")
        case.network().check()
        return case

    def __str__(self) -> str:
        sizes = (self.batch, self.channels, self.size, self.filters, self.kernel, self.stride, self.padding)
        return ",".join(map(str, sizes if self.groups == 1 else (*sizes, self.groups)))

    @property
    def passes(self) -> tuple[str, ...]:
        """Forward and the gradients that training needs: an image has none (three channels at most are an image)."""
        return ("forward", "weights") if self.channels <= 3 else ("forward", "weights", "input")

    @property
    def layer(self) -> Conv2D:
        return Conv2D(self.filters, self.kernel, self.stride, self.padding, groups=self.groups)

    def network(self) -> Network:
        """The convolution alone, as the node `conv`."""
        net = Network((self.size, self.size, self.channels), "convolution")
        net.add(self.layer, "conv")
        return net

    @property
    def out_shape(self) -> Shape:
        return self.layer.infer_shape(((self.size, self.size, self.channels),))

    @property
    def flops(self) -> int:
        """Floating-point operations of the direct sum, two for a multiply-add; each pass has the same number."""
        return 2 * self.batch * self.layer.cost(((self.size, self.size, self.channels),), self.out_shape).macs


def _convolutions(*rows: tuple[int, ...]) -> tuple[ConvCase, ...]:
    return tuple(ConvCase(*row) for row in rows)


CONVOLUTIONS = _convolutions(
    # 3×3 at stride 1: most of the work of VGG and of residual networks
    (64, 32, 32, 32, 3, 1, 1),
    (64, 64, 16, 64, 3, 1, 1),
    (64, 128, 8, 128, 3, 1, 1),
    (128, 32, 16, 32, 3, 1, 1),
    (128, 64, 8, 64, 3, 1, 1),
    (64, 16, 32, 16, 3, 1, 1),
    # stride 2
    (128, 16, 32, 32, 3, 2, 1),
    (128, 32, 16, 64, 3, 2, 1),
    # 1×1 and depthwise: MobileNet
    (64, 64, 16, 128, 1, 1, 0),
    (64, 128, 8, 256, 1, 1, 0),
    (64, 32, 32, 32, 3, 1, 1, 32),
    (64, 64, 32, 64, 3, 2, 1, 64),
    # 5×5 with channels that fill no vector: LeNet-5
    (64, 6, 14, 16, 5, 1, 0),
    # layers that see the image
    (64, 1, 28, 6, 5, 1, 2),
    (64, 3, 32, 32, 3, 1, 1),
    (16, 3, 96, 64, 7, 2, 3),
    # one image
    (1, 32, 32, 32, 3, 1, 1),
    (1, 64, 16, 64, 3, 1, 1),
)


def images(case: NetworkCase) -> Floats:
    """Network input (N, H, W, C), the same in every process."""
    return np.random.default_rng(1).standard_normal((case.batch, *case.network().input), np.float32)


def pixels(case: NetworkCase) -> Pixels:
    """Random pictures (M, H, W, C) for some training steps, and labels (M,)."""
    random, shape = np.random.default_rng(2), case.network().input
    batches = min(max(_DATA_BYTES // (case.batch * size(shape)), 1), _DATA_BATCHES)
    count = batches * case.batch
    return random.integers(0, 256, (count, *shape), np.uint8), random.integers(0, case.classes, count)


def lively(weights: Any) -> None:
    """Move biases and all of batch norm away from 0 and 1, so that a peer that confuses them is found out."""
    random = np.random.default_rng(3)
    for name, array in weights.items():
        if array.ndim == 1:
            weights[name] = array + random.uniform(-0.2, 0.2, array.shape).astype(np.float32)


def convolution(case: ConvCase) -> Arrays:
    """Operands: x (N, H, W, C), weight (R, S, C/groups, K), bias (K,), dy (N, H', W', K)."""
    random = np.random.default_rng(4)
    shapes = {
        "x": (case.batch, case.size, case.size, case.channels),
        "weight": (case.kernel, case.kernel, case.channels // case.groups, case.filters),
        "bias": (case.filters,),
        "dy": (case.batch, *case.out_shape),
    }
    return {name: random.standard_normal(shape, np.float32) for name, shape in shapes.items()}

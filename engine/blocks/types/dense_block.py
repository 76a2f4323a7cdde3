"""DenseNet's block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...layers.merge.spec import Concat
from ...spec import About, flag, integer
from ..block import Block, Example
from ..chains import bn_relu_conv


@dataclass(frozen=True)
class DenseBlock(Block):
    """3×3 convolutions each of which reads the results of all before it, and the block's input."""

    layers: int = integer(6, label="Layers", help="3×3 convolutions in the block.", maximum=512)
    growth: int = integer(32, label="Growth", help="Channels that each of them adds: the paper's k.")
    bottleneck: bool = flag(
        True, label="Bottleneck", help="A 1×1 convolution to 4·k channels before each 3×3: the paper's DenseNet-B."
    )

    about = About(
        category="block",
        summary="Convolutions that read everything before them, joined channel by channel.",
        help="Features are reused instead of learned again, so few filters a layer suffice. Batch norm and ReLU stand "
        "before each convolution.",
        source="Huang et al. 2016, Densely Connected Convolutional Networks, §3",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        for number in range(1, self.layers + 1):
            new = self._layer(net, f"{name}_{number}", source)
            source = net.add(Concat(), f"{name}_{number}_concat", [source, new])
        return source

    def _layer(self, net: Network, prefix: str, source: str) -> str:
        if not self.bottleneck:
            return bn_relu_conv(net, f"{prefix}_conv1", self.growth, 3, source, padding=1)
        reduced = bn_relu_conv(net, f"{prefix}_conv1", 4 * self.growth, 1, source)
        return bn_relu_conv(net, f"{prefix}_conv2", self.growth, 3, reduced, padding=1)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(2, 2), (5, 7, 3)), Example(cls(3, 2, bottleneck=False), (5, 7, 3)))

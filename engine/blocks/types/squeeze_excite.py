"""The squeeze-and-excitation block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...graph import Network
from ...spec import About, choice, integer
from ..block import Block, Example, channels_of
from ..excitation import KINDS, excited


@dataclass(frozen=True)
class SqueezeExcite(Block):
    """Each channel times a share between 0 and 1 that two dense layers find from the means of all channels."""

    squeezed: int = integer(16, label="Squeezed", help="Units of the first dense layer; a sixteenth of the channels.")
    kind: str = choice(
        "sigmoid",
        KINDS,
        label="Kind",
        help="A ReLU and a sigmoid as published, a ReLU and a hard sigmoid (MobileNetV3), or swish and a sigmoid "
        "(EfficientNet).",
    )

    about = About(
        category="block",
        summary="Scales each channel by what the image holds on the whole.",
        help="Costs a few weights and hardly any work, and can be put behind any layer that gives an image.",
        source="Hu, Shen & Sun 2018, Squeeze-and-Excitation Networks, figure 1",
    )

    def expand(self, net: Network, name: str, source: str) -> str:
        return excited(net, name, source, channels_of(net, source), self.squeezed, self.kind)

    @classmethod
    def examples(cls) -> Sequence[Example]:
        return (Example(cls(2), (5, 7, 3)), Example(cls(1, "hard"), (3, 2, 4)), Example(cls(3, "swish"), (4, 4, 2)))

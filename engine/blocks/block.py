"""The declaration every block makes: like a layer's, and in place of kernels the plain layers it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..graph import INPUT, Network
from ..spec import About, Declared, NetworkError, Problem, Shape

_LARGE_IMAGE = 2048


@dataclass(frozen=True)
class Example:
    """A small case that every generic test runs: a block and the image it is given."""

    block: Block
    input: Shape


class Block(Declared):
    """Base of all blocks: a frozen dataclass whose fields are the parameters.

    Subclasses declare `about`, add their layers in `expand` and list `examples`. A block reads one node and gives one.
    """

    about: ClassVar[About]
    version: ClassVar[int] = 1

    @classmethod
    def examples(cls) -> Sequence[Example]:
        """Small cases for generic tests: odd sizes, every parameter exercised."""
        return ()

    @property
    def telling(self) -> bool:
        """Whether layers that equal the expansion are this block, and not just layers in a row."""
        return True

    def expand(self, net: Network, name: str, source: str) -> str:
        """Add the layers behind `source`, each named `<name>_…`, and return the name of the last one.

        The network is the caller's to restore if this raises: `Network.add_block` does.
        """
        raise NotImplementedError


def image_before(net: Network, name: str) -> Shape | None:
    """The shape of the image that a node gives; None if it is a vector or cannot be known.

    Where the network's image is too small for its layers, the shape is that for a large one: channels are the same.
    """
    shape = net.shape_of(name)
    if shape is None and net.input[0] < _LARGE_IMAGE:
        larger = net.copy()
        larger.input = (_LARGE_IMAGE, _LARGE_IMAGE, net.input[2])
        shape = larger.shape_of(name)
    return shape if shape is not None and len(shape) == 3 else None


def channels_of(net: Network, name: str) -> int:
    """The channels that a node gives. NetworkError if it gives a vector or nothing."""
    shape = image_before(net, name)
    if shape is None:
        what = "the block needs an image to read, and it is not known how many channels this layer gives"
        layer = None if name == INPUT or name not in net else net[name].type_name()
        fix = "mend the layers before it, or name a layer that gives an image"
        raise NetworkError([Problem("shape", name, layer, what, fix)])
    return shape[2]

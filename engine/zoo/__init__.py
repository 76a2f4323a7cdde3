"""Architectures as functions that return a Network. `ARCHITECTURES` lists them; `build` makes one by name."""

from __future__ import annotations

from ..graph import Network
from .catalogue import ARCHITECTURES, Architecture, architecture, build_for
from .lenet import lenet5
from .resnet import resnet20_cifar
from .vgg import vgg_mini

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "architecture",
    "build",
    "build_for",
    "lenet5",
    "resnet20_cifar",
    "vgg_mini",
]


def build(name: str, **options: object) -> Network:
    """The architecture of this name; ConvscopeError with the known names if there is none."""
    return architecture(name).build(**options)


def __getattr__(name: str) -> object:
    raise AttributeError(f"no architecture {name!r}; there are: {', '.join(ARCHITECTURES)}")

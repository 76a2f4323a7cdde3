"""Architectures as functions that return a Network. `ARCHITECTURES` lists them; `build` makes one by name.

Every module beside this file is read, and what it registers with `catalogue.entry` is an attribute of this one:
`from convscope.engine import zoo; zoo.lenet5()`.
"""

from __future__ import annotations

import importlib
import pkgutil

from ..graph import Network
from .catalogue import ARCHITECTURES, Architecture, Builder, architecture, build_for

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

globals().update({name: entry.build for name, entry in ARCHITECTURES.items()})
__all__ = ["ARCHITECTURES", "Architecture", "architecture", "build", "build_for", *ARCHITECTURES]  # noqa: PLE0604


def build(name: str, **options: object) -> Network:
    """The architecture of this name; ConvscopeError with the nearest names if there is none."""
    return architecture(name).build(**options)


def __getattr__(name: str) -> Builder:
    raise AttributeError(f"there is no architecture {name!r}; ARCHITECTURES lists those there are")

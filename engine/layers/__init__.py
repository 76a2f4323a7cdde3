"""All layer types, discovered from the family folders beside this file.

Each family is a folder with a `spec.py`; every public `Layer` subclass defined there is a layer type and an
attribute of this module: `from convscope.engine import layers as L; L.Conv2D(32, 3)`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from ..spec import Layer


def _families() -> Iterator[str]:
    return (info.name for info in pkgutil.iter_modules(__path__) if info.ispkg)


def _discover() -> dict[str, type[Layer]]:
    types: dict[str, type[Layer]] = {}
    for family in _families():
        module = importlib.import_module(f"{__name__}.{family}.spec")
        for value in vars(module).values():
            here = isinstance(value, type) and value.__module__ == module.__name__
            if here and issubclass(value, Layer) and hasattr(value, "about"):
                types[value.type_name()] = value
    return dict(sorted(types.items()))


TYPES: dict[str, type[Layer]] = _discover()
"""Layer types by name."""

globals().update(TYPES)
__all__ = ["TYPES", "family_of", *TYPES]  # noqa: PLE0604


def family_of(layer_type: type[Layer]) -> str:
    """The import path of the family folder a layer type lives in."""
    return layer_type.__module__.rpartition(".")[0]


def __getattr__(name: str) -> Any:  # so that type checkers, too, know that types are found, not listed
    raise AttributeError(f"no layer type {name!r}; there are: {', '.join(TYPES)}")

"""All block types, one file each, discovered from the modules beside this file."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from ..block import Block


def _discover() -> dict[str, type[Block]]:
    types: dict[str, type[Block]] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for value in vars(module).values():
            here = inspect.isclass(value) and value.__module__ == module.__name__
            if here and issubclass(value, Block) and hasattr(value, "about"):
                types[value.type_name()] = value
    return dict(sorted(types.items()))


TYPES: dict[str, type[Block]] = _discover()
"""Block types by name."""

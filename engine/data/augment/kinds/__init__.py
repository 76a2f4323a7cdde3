"""All augmentations, found in the files of this folder: every public `Augmentation` with a name is one."""

from __future__ import annotations

import importlib
import pkgutil

from ..base import Augmentation


def _discover() -> dict[str, type[Augmentation]]:
    types: dict[str, type[Augmentation]] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for value in vars(module).values():
            here = isinstance(value, type) and value.__module__ == module.__name__
            if here and issubclass(value, Augmentation) and value.name:
                types[value.type_name()] = value
    return dict(sorted(types.items()))


TYPES: dict[str, type[Augmentation]] = _discover()
"""Classes of augmentations by their names."""

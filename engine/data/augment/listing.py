"""Lists of augmentations as people write them and files hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...spec import ConvscopeError, find
from .base import Augmentation
from .kinds import TYPES

AUGMENTATIONS = {kind.name: kind for kind in TYPES.values()}
"""Augmentations by the names that texts and files know them by."""


def augmentations(given: Any) -> tuple[Augmentation, ...]:
    """A list from instances, names, JSON forms, or one text such as "flip,crop:padding=4,border=reflect".

    ConvscopeError tells of every unknown name and illegal parameter.
    """
    if isinstance(given, str):
        given = _split(given)
    elif isinstance(given, Augmentation | Mapping):
        given = [given]
    if not isinstance(given, Iterable):
        raise ConvscopeError(f'The augmentations are {given!r}; give a list such as ["flip", "crop:padding=4"]')
    found, faults = [], []
    for one in given:
        try:
            found.append(find(AUGMENTATIONS, one))
        except ConvscopeError as error:
            faults.append(str(error).removesuffix("."))
    if faults:
        raise ConvscopeError("; ".join(faults))
    return tuple(found)


def _split(text: str) -> list[str]:
    """Texts of single augmentations; a part with an equals sign but no colon goes on with the one before it."""
    found: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        if found and "=" in part and ":" not in part:
            found[-1] += f"{',' if ':' in found[-1] else ':'}{part}"
        else:
            found.append(part)
    return found

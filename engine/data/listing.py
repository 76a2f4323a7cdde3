"""Pictures by their files, as folders, lists and annotations name them, before any is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .boxes import Objects

_SHOWN = 12
TRAIN_NAMES = frozenset({"train", "training"})
TEST_NAMES = frozenset({"test", "testing", "val", "valid", "validation"})
"""What folders and columns call the two sides."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file and its class; `test` says on which side it is (None: to be drawn), `objects` what is where in it."""

    path: Path
    label: int
    test: bool | None = None
    objects: Objects | None = None


@dataclass(frozen=True)
class Listing:
    """All pictures of a data set. Either all of them have objects or none has."""

    name: str
    classes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    warnings: tuple[str, ...] = ()


def natural(name: str) -> tuple[list[tuple[int, int | str]], str]:
    """Sorts as people do: `img2` before `img10`, upper and lower case together."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts], name


def side(word: str) -> bool | None:
    """Whether a folder or column's word means the test side; None for a word that means neither."""
    known = word.strip().casefold()
    return False if known in TRAIN_NAMES else True if known in TEST_NAMES else None


def some(items: Iterable[str], most: int = _SHOWN, between: str = "; ") -> str:
    """The first items and how many more there are."""
    found = list(items)
    more = f"{between}and {len(found) - most:,} more" if len(found) > most else ""
    return between.join(found[:most]) + more


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 picture`, `2 pictures`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def find(name: str, folders: Sequence[Path]) -> Path | None:
    """The file of this name in the first folder that has it. Names that cannot be files' are those of no file."""
    relative = name.replace("\\", "/")
    return next((path for folder in folders if os.path.isfile(path := folder / relative)), None)

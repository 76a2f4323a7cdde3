"""A folder of pictures: one subfolder a class, below `train` and `test` or not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from .dataset import DataError
from .images import suffixes
from .listing import Listing, Picture, counted, natural, side, some

_IGNORED = frozenset({"__macosx", "thumbs.db", "desktop.ini"})  # what systems leave behind


def subfolders(folder: Path) -> list[Path]:
    """Folders in it that people made, in natural order."""
    return sorted((p for p in folder.iterdir() if p.is_dir() and not _hidden(p)), key=lambda p: natural(p.name))


def read_folder(folder: Path) -> Listing:
    """The pictures in `folder`; DataError if there are no classes or no pictures.

    With a `train` folder classes lie in it, and those of `test` (or `val`) beside it are the test images. Otherwise
    every subfolder is a class. Pictures may lie deeper; their classes are natural-sorted.
    """
    sides = {found: p for p in reversed(subfolders(folder)) if (found := side(p.name)) is not None}
    roots: dict[bool | None, Path] = {False: sides[False]} if False in sides else {None: folder}
    if False in sides and True in sides:
        roots[True] = sides[True]
    names = sorted({p.name for root in roots.values() for p in subfolders(root)}, key=natural)
    if not names:
        raise DataError(f"{folder} holds no folders; put the pictures of each class into a folder of its own.")
    numbers = {name: label for label, name in enumerate(names)}
    pictures: list[Picture] = []
    warnings: list[str] = []
    for test, root in roots.items():
        alien: list[str] = []
        for path in _files(root):
            if path.suffix.casefold() not in suffixes():
                alien.append(str(path.relative_to(folder)))
            elif path.parent == root:
                alien.append(f"{path.relative_to(folder)} (in no class)")
            else:
                pictures.append(Picture(path, numbers[path.relative_to(root).parts[0]], test))
        if alien:
            warnings.append(f"{counted(len(alien), 'file')} of {root} left out: {some(alien, 3, ', ')}.")
    if not pictures:
        raise DataError(f"{folder} holds no pictures ({', '.join(sorted(suffixes()))}) in its folders; add some.")
    return Listing(folder.resolve().name, tuple(names), tuple(pictures), tuple(warnings))


def _files(root: Path) -> Iterator[Path]:
    """All files below, in natural order, not following links to folders except from the classes themselves."""
    for top in [root, *subfolders(root)]:
        for place, folders, files in os.walk(top):
            here = Path(place)
            folders[:] = [] if here == root else sorted((f for f in folders if not _hidden(Path(f))), key=natural)
            yield from (here / name for name in sorted(files, key=natural) if not _hidden(Path(name)))


def _hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name.casefold() in _IGNORED

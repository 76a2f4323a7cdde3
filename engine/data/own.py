"""What a path of one's own holds: a folder of pictures, a list, annotations, or an archive of these."""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Collection
from pathlib import Path

from .archives import SUFFIXES, is_archive, unpacked
from .coco import is_coco, read_coco
from .csv_list import read_csv
from .dataset import DataError
from .download import Progress
from .folder import read_folder, subfolders
from .listing import Listing
from .voc import is_voc, read_voc

LISTS = (".csv", ".tsv")
ANNOTATIONS = (".json",)


def existing(name: str, known: Collection[str]) -> Path:
    """An existing path; DataError tells a name that is none of the known from a missing file."""
    path = Path(name).expanduser()
    if name and os.path.exists(path):
        return path
    if len(path.parts) > 1 or path.suffix.casefold() in (*LISTS, *ANNOTATIONS, *SUFFIXES):
        raise DataError(f"There is no file or folder {name}; check the path.")
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(known)}; or the path of your own."
    raise DataError(f"There is no dataset {name!r}; {hint}")


def listing(path: Path, images: Path | None, progress: Progress | None) -> Listing:
    """The files, labels and boxes at a path; names of lists and annotations are read from `images`, if that is given.

    DataError if it is nothing of the kind.
    """
    if path.is_dir():
        return _of_folder(path)
    suffix = path.suffix.casefold()
    if suffix in LISTS:
        return read_csv(path, images)
    if suffix in ANNOTATIONS:
        return read_coco(path, images)
    if is_archive(path):
        folder = unpacked(path, progress)
        return dataclasses.replace(_of_folder(folder), name=folder.name)
    known = ", ".join((*LISTS, *ANNOTATIONS, *SUFFIXES))
    raise DataError(f"{path} is no data set; name a folder of pictures, or a file ending in {known}.")


def _of_folder(folder: Path) -> Listing:
    """VOC's form, classes in subfolders, or a list or annotations among the pictures; also one folder further in."""
    if is_voc(folder):
        return read_voc(folder)
    lists = [path for path in sorted(folder.iterdir()) if path.suffix.casefold() in LISTS]
    annotations = [path for path in sorted(folder.iterdir()) if path.suffix.casefold() in ANNOTATIONS]
    if len(lists) == 1:
        return read_csv(lists[0])
    if len(annotations) == 1 and is_coco(annotations[0]):
        return read_coco(annotations[0])
    inside = subfolders(folder)
    if len(inside) == 1 and (subfolders(inside[0]) or any(p.suffix.casefold() in LISTS for p in inside[0].iterdir())):
        return _of_folder(inside[0])
    return read_folder(folder)

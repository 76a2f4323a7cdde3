"""What `--data` and `load_dataset` may be given: a name, a folder, a list, annotations or an archive, with options."""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
from pathlib import Path

from .archives import SUFFIXES, is_archive, unpacked
from .cifar10 import CIFAR10
from .coco import is_coco, read_coco
from .csv_list import read_csv
from .dataset import DataError, Dataset
from .digits import DIGITS
from .download import Progress
from .entry import Entry
from .folder import read_folder, subfolders
from .gather import gather
from .listing import Listing
from .mnist import FASHION_MNIST, MNIST
from .options import Options, PictureOptions, parse, written
from .preprocess import Preprocessing
from .shapes import SHAPES
from .voc import is_voc, read_voc

DATASETS: dict[str, Entry] = {entry.name: entry for entry in (DIGITS, MNIST, FASHION_MNIST, CIFAR10, SHAPES)}
"""Known datasets by name."""

FOLDER = "folder"
"""Stands for whatever lies in the folder that is given beside it."""

LISTS = (".csv", ".tsv")
ANNOTATIONS = (".json",)
_OPTIONS = re.compile(r":(\w+\s*(?:=[^,/\\]*)?(?:,\s*\w+\s*(?:=[^,/\\]*)?)*)$")


def load_dataset(
    what: str | os.PathLike[str], directory: str | os.PathLike[str] | None = None, progress: Progress | None = None
) -> Dataset:
    """A data set: one of `DATASETS` by name, or your own pictures by path.

    A path names a folder with a subfolder for each class, a CSV file of image and label (and boxes), a JSON file in
    COCO's form, a folder in Pascal VOC's, or a .zip or .tar archive of any of these. Options follow a colon:
    `shapes:size=64,count=2000`, `flowers:size=96,test=0.1` (see `options.py`).

    A known set without `directory` comes from the user's cache, and is downloaded into it at first use; `directory` is
    a folder that holds the files themselves. For lists and annotations it is the folder that pictures are named from,
    and for "folder" the folder itself. `progress` is told how it goes. DataError names what is missing or damaged and
    what to do.
    """
    name, asked = separated(os.fspath(what))
    folder = None if directory is None else Path(directory).expanduser()
    if name in DATASETS:
        options = parse(DATASETS[name].options, asked)
        return _chosen(DATASETS[name].load(folder, progress, options), options)
    if name == FOLDER:
        if folder is None:
            raise DataError("The data set 'folder' needs a folder; name it (--data-dir), or give its path instead.")
        name, folder = str(folder), None
    picture_options = parse(PictureOptions, asked)
    assert isinstance(picture_options, PictureOptions)
    listing = _listing(_path(name), folder, progress)
    return _chosen(gather(listing, picture_options, progress), picture_options)


def separated(what: str) -> tuple[str, str]:
    """A name or path, and the options behind it; a path that exists is never cut."""
    found = None if os.path.exists(Path(what).expanduser()) else _OPTIONS.search(what)
    return (what[: found.start()], found[1]) if found else (what, "")


def _chosen(dataset: Dataset, options: Options) -> Dataset:
    """The data set with the options that hold for all kinds carried out, and all of them in its name."""
    if options.hold_out:
        dataset = dataset.split(options.hold_out, options.seed)
    if options.per_class:
        dataset = dataset.subset(per_class=options.per_class, seed=options.seed)
    dataset = dataclasses.replace(dataset, preprocessing=_preprocessing(dataset, options))
    text = written(options)
    return dataclasses.replace(dataset, name=f"{dataset.name}:{text}") if text else dataset


def _preprocessing(dataset: Dataset, options: Options) -> Preprocessing:
    """The data set's own, with the mean and the way into the network that were asked for."""
    found = dataset.preprocessing
    if options.mean in {"channel", "image"}:
        found = Preprocessing.measured(dataset, "image" if options.mean == "image" else "channel")
    if options.input == "stretch":
        return found
    short_side = min(dataset.image_shape[:2]) if options.input == "centre" else None
    return dataclasses.replace(found, fit="crop", short_side=short_side)


def _path(name: str) -> Path:
    """An existing path; DataError tells an unknown name from a missing file."""
    path = Path(name).expanduser()
    if name and os.path.exists(path):
        return path
    if len(path.parts) > 1 or path.suffix.casefold() in (*LISTS, *ANNOTATIONS, *SUFFIXES):
        raise DataError(f"There is no file or folder {name}; check the path.")
    near = difflib.get_close_matches(name, DATASETS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"use one of: {', '.join(DATASETS)}; or the path of your own."
    raise DataError(f"There is no dataset {name!r}; {hint}")


def _listing(path: Path, images: Path | None, progress: Progress | None) -> Listing:
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

"""What `--data` and `load_dataset` may be given: a name, a folder, a list, annotations or an archive, with options."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path

from .cifar10 import CIFAR10
from .dataset import DataError, Dataset
from .digits import DIGITS
from .download import Progress
from .entry import Entry
from .mnist import FASHION_MNIST, MNIST
from .options import Options, PictureOptions, parse, written
from .preprocess import Preprocessing
from .shapes import SHAPES

DATASETS: dict[str, Entry] = {entry.name: entry for entry in (DIGITS, MNIST, FASHION_MNIST, CIFAR10, SHAPES)}
"""Known datasets by name."""

FOLDER = "folder"
"""Stands for whatever lies in the folder that is given beside it."""

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
    from .gather import gather  # readers of one's own files are loaded for those who have some  # noqa: PLC0415
    from .own import existing, listing  # noqa: PLC0415

    found = listing(existing(name, DATASETS), folder, progress)
    return _chosen(gather(found, picture_options, progress), picture_options)


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

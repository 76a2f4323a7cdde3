"""From a list of picture files to a data set: headers, size, sides, then pixels in memory or read when wanted."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .boxes import Objects, box_fault, largest_boxes
from .dataset import DataError, Dataset, Images
from .download import Progress
from .geometry import Fit, placing
from .images import Header, read_fitted, read_header
from .listing import Listing, Picture, counted, some
from .options import PictureOptions
from .preprocess import Preprocessing
from .reading import each_file
from .splits import held_out
from .stream import ImageStream

LONGEST_SHORT_SIDE = 256
"""Pictures whose size nobody set are reduced to this short side, as those of ImageNet are (Krizhevsky et al. 2012)."""

_MEASURED = 2048  # training images that mean and deviation are taken from
_NAMED = 5  # files named in one warning


@dataclass(frozen=True)
class _Form:
    """What all pictures are brought to."""

    size: int | tuple[int, int]
    channels: int
    fit: Fit

    @property
    def shape(self) -> tuple[int, int, int]:
        height, width = (self.size, self.size) if isinstance(self.size, int) else self.size
        return height, width, self.channels


def gather(listing: Listing, options: PictureOptions, progress: Progress | None = None) -> Dataset:
    """The data set of a listing.

    Files that cannot be read are left out and named in the warnings; DataError if none is left. Sets of up to
    `options.memory` MiB of pixels are decoded once, larger ones are read when wanted. The order of the images is that
    of the listing.
    """
    files = [picture.path for picture in listing.pictures]
    headers, faults = each_file(files, lambda row: read_header(files[row]), progress, "Looking at pictures")
    pictures = [p for p, header in zip(listing.pictures, headers) if header is not None]
    found = [header for header in headers if header is not None]
    if not pictures:
        raise _nothing(listing, faults)
    form = _form(found, options, boxed=pictures[0].objects is not None)
    pictures, lost = _placed(pictures, found, form)
    pictures = _on_sides(pictures, options)
    fits = len(pictures) * int(np.prod(form.shape)) <= options.memory << 20
    take = partial(_kept, form=form, progress=progress, faults=faults) if fits else partial(_streamed, form=form)
    train, test = (take([p for p in pictures if bool(p.test) is wanted]) for wanted in (False, True))
    if not train.pictures:
        if test.pictures:
            raise DataError(f"{listing.name} has test images only; mark some as training images.")
        raise _nothing(listing, faults)
    warnings = [*listing.warnings, *lost, *_left_out(faults, files)]
    return _assembled(listing, train, test, warnings, _notes(found, form))


@dataclass(frozen=True)
class _Side:
    """Training or test images and what is known of them."""

    pictures: list[Picture]
    images: Images

    @property
    def labels(self) -> NDArray[np.int64]:
        return np.array([picture.label for picture in self.pictures], np.int64)

    @property
    def objects(self) -> tuple[Objects, ...]:
        return tuple(picture.objects for picture in self.pictures if picture.objects is not None)


def _kept(pictures: list[Picture], form: _Form, progress: Progress | None, faults: list[str]) -> _Side:
    """Decoded into one array; faults tell of those that cannot be."""
    height, width, channels = form.shape
    pixels = np.empty((len(pictures), *form.shape), np.uint8)

    def decode(row: int) -> bool:
        pixels[row] = read_fitted(pictures[row].path, channels, (height, width), form.fit)
        return True

    done, more = each_file([p.path for p in pictures], decode, progress, "Reading pictures")
    faults += more
    rows = [row for row, read in enumerate(done) if read]
    return _Side([pictures[row] for row in rows], pixels[rows] if more else pixels)


def _streamed(pictures: list[Picture], form: _Form) -> _Side:
    """To be read when wanted."""
    labels = np.array([picture.label for picture in pictures], np.int64)
    return _Side(pictures, ImageStream([p.path for p in pictures], labels, form.shape, form.fit))


def _nothing(listing: Listing, faults: list[str]) -> DataError:
    return DataError(f"No picture of {listing.name} can be read: {some(faults, 3)}")


def _left_out(faults: list[str], files: Sequence[Path]) -> list[str]:
    if not faults:
        return []
    root = _above(files)
    named = some((text.replace(root, "", 1).removesuffix(".") for text in faults), _NAMED)
    return [f"{counted(len(faults), 'picture')} left out: {named}."]


def _notes(headers: Sequence[Header], form: _Form) -> list[str]:
    """How pictures of other sizes are brought to the one that all have."""
    sizes = sorted({(header.height, header.width) for header in headers}, key=lambda size: size[0] * size[1])
    height, width, _ = form.shape
    if sizes == [(height, width)]:
        return []
    given = " to ".join(f"{h}×{w}" for h, w in dict.fromkeys((sizes[0], sizes[-1])))
    how = "stretched" if form.fit == "stretch" else "scaled by their short sides, their centres cut out"
    return [f"Pictures of {given} (height × width) are brought to {height}×{width}: {how}."]


def _above(files: Sequence[Path]) -> str:
    """The folder that all files lie below, which texts about them need not repeat."""
    try:
        return f"{os.path.commonpath([path.parent.parent for path in files])}{os.sep}"
    except ValueError:  # several drives
        return ""


def _form(headers: Sequence[Header], options: PictureOptions, boxed: bool) -> _Form:
    """See `PictureOptions` for the rules."""
    channels = options.channels or (1 if all(header.grey for header in headers) else 3)
    fit: Fit = "crop" if options.fit == "crop" or (options.fit == "auto" and not boxed) else "stretch"
    if options.size:
        return _Form(options.size, channels, fit)
    sizes = {(header.height, header.width) for header in headers}
    common = next(iter(sizes))
    if len(sizes) == 1 and min(common) <= LONGEST_SHORT_SIDE:
        return _Form(common, channels, fit)
    short = int(np.median([min(header.height, header.width) for header in headers]))
    return _Form(min(max(short, 1), LONGEST_SHORT_SIDE), channels, fit)


def _placed(pictures: list[Picture], headers: list[Header], form: _Form) -> tuple[list[Picture], list[str]]:
    """The pictures with their boxes in pixels of the new size; a warning tells of those that lose all their boxes."""
    if pictures[0].objects is None:
        return pictures, []
    kept, lost, outside = [], [], []
    height, width, _ = form.shape
    for picture, header in zip(pictures, headers):
        assert picture.objects is not None
        place = placing((header.height, header.width), (height, width), form.fit)
        moved = picture.objects.placed(place)
        faults = [box_fault(box.tolist(), header.width, header.height) for box in picture.objects.boxes]
        outside += [f"{picture.path}: {fault}" for fault in faults if fault]
        if moved is None:
            lost.append(str(picture.path))
        else:
            label = int(moved.labels[moved.largest])
            kept.append(dataclasses.replace(picture, objects=moved, label=label))
    warnings = [f"{counted(len(outside), 'box', 'boxes')} left out: {some(outside, 3)}."] if outside else []
    if lost:
        warnings.append(f"{counted(len(lost), 'picture')} without any box left out: {some(lost, 3, ', ')}.")
    if not kept:
        raise DataError(f"No picture has a box that lies in it: {some(outside or lost, 3)}.")
    return kept, warnings


def _assembled(listing: Listing, train: _Side, test: _Side, warnings: list[str], notes: list[str]) -> Dataset:
    boxed = bool(train.objects)
    return Dataset(
        listing.name,
        train.images,
        train.labels,
        test.images,
        test.labels,
        listing.classes,
        _measured(train.images),
        tuple(warnings),
        tuple(notes),
        train_boxes=largest_boxes(train.objects) if boxed else None,
        test_boxes=largest_boxes(test.objects) if boxed else None,
        train_objects=train.objects if boxed else None,
        test_objects=test.objects if boxed else None,
    )


def _on_sides(pictures: list[Picture], options: PictureOptions) -> list[Picture]:
    """The pictures with their sides: as marked, or drawn class by class where none is marked as a test image.

    Drawn before pixels are read, so that the sides are the same for sets in memory and sets that are not.
    """
    if any(picture.test for picture in pictures):
        return pictures
    drawn = held_out(np.array([picture.label for picture in pictures], np.int64), options.test, options.seed)
    return [dataclasses.replace(picture, test=bool(test)) for picture, test in zip(pictures, drawn)]


def _measured(images: Images) -> Preprocessing:
    """Mean and deviation a channel, of evenly spread images if there are many."""
    from .facts import measure  # noqa: PLC0415

    rows = np.unique(np.linspace(0, len(images) - 1, min(len(images), _MEASURED)).astype(np.int64))
    found = measure(images if len(rows) == len(images) else images[rows])
    std = tuple(float(max(v, 1.0)) / 255 for v in found.std)
    return Preprocessing(mean=tuple(float(v) / 255 for v in found.mean), std=std)

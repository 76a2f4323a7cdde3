"""From a list of picture files to a data set: headers, size, sides, then pixels in memory or read when wanted."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

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
from .splits import held_out
from .stream import ImageStream, readers

LONGEST_SHORT_SIDE = 256
"""Pictures whose size nobody set are reduced to this short side, as those of ImageNet are (Krizhevsky et al. 2012)."""

_MEASURED = 2048  # training images that mean and deviation are taken from
_NAMED = 5  # files named in one warning
T = TypeVar("T")


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
    headers, faults = _told(files, read_header, progress, "Looking at pictures")
    pictures = [p for p, header in zip(listing.pictures, headers) if header is not None]
    found = [header for header in headers if header is not None]
    if not pictures:
        raise DataError(f"No picture of {listing.name} can be read: {some(faults, 3)}")
    form = _form(found, options, boxed=pictures[0].objects is not None)
    pictures, lost = _placed(pictures, found, form)
    pictures = _on_sides(pictures, options)
    warnings = [*listing.warnings, *lost]
    pixels: list[NDArray[np.uint8]] | None = None
    if len(pictures) * int(np.prod(form.shape)) <= options.memory << 20:
        decoded, more = _told([p.path for p in pictures], _decoder(form), progress, "Reading pictures")
        faults += more
        pixels = [image for image in decoded if image is not None]
        pictures = [p for p, image in zip(pictures, decoded) if image is not None]
        if not pictures:
            raise DataError(f"No picture of {listing.name} can be read: {some(faults, 3)}")
    if faults:
        root = _above(files)
        named = some((text.replace(root, "", 1).removesuffix(".") for text in faults), _NAMED)
        warnings.append(f"{counted(len(faults), 'picture')} left out: {named}.")
    return _assembled(listing, pictures, pixels, form, warnings)


def _told(
    files: Sequence[Path], work: Callable[[Path], T], progress: Progress | None, what: str
) -> tuple[list[T | None], list[str]]:
    """`work` on each file, by threads, in order; None and a fault for each DataError."""
    results: list[T | None] = []
    faults: list[str] = []
    nbytes = [_size(path) for path in files]
    total, done = sum(nbytes), 0
    with ThreadPoolExecutor(readers(), "convscope-read") as pool:
        futures = [pool.submit(work, path) for path in files]
        try:
            for future, size in zip(futures, nbytes):
                try:
                    results.append(future.result())
                except DataError as error:
                    results.append(None)
                    faults.append(str(error))
                done += size
                if progress:
                    progress(what, done, total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results, faults


def _above(files: Sequence[Path]) -> str:
    """The folder that all files lie below, which texts about them need not repeat."""
    try:
        return f"{os.path.commonpath([path.parent.parent for path in files])}{os.sep}"
    except ValueError:  # several drives
        return ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _decoder(form: _Form) -> Callable[[Path], NDArray[np.uint8]]:
    height, width, channels = form.shape
    return lambda path: read_fitted(path, channels, (height, width), form.fit)


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
    warnings = [f"{counted(len(outside), 'box')[:-1]}es left out: {some(outside, 3)}."] if outside else []
    if lost:
        warnings.append(f"{counted(len(lost), 'picture')} without any box left out: {some(lost, 3, ', ')}.")
    if not kept:
        raise DataError(f"No picture has a box that lies in it: {some(outside or lost, 3)}.")
    return kept, warnings


def _assembled(
    listing: Listing,
    pictures: list[Picture],
    pixels: list[NDArray[np.uint8]] | None,
    form: _Form,
    warnings: list[str],
) -> Dataset:
    labels = np.array([picture.label for picture in pictures], np.int64)
    test = np.array([bool(picture.test) for picture in pictures])
    objects = [picture.objects for picture in pictures if picture.objects is not None]
    rows = {False: np.flatnonzero(~test), True: np.flatnonzero(test)}
    if not len(rows[False]):
        raise DataError(f"{listing.name} has test images only; mark some as training images.")

    def images(which: bool) -> Images:
        if pixels is None:
            return ImageStream([pictures[row].path for row in rows[which]], labels[rows[which]], form.shape, form.fit)
        return (
            np.stack([pixels[row] for row in rows[which]]) if len(rows[which]) else np.zeros((0, *form.shape), np.uint8)
        )

    def theirs(which: bool) -> tuple[Objects, ...] | None:
        return tuple(objects[row] for row in rows[which]) if objects else None

    train = images(False)
    return Dataset(
        listing.name, train, labels[rows[False]], images(True), labels[rows[True]], listing.classes, _measured(train),
        tuple(warnings),
        train_boxes=largest_boxes(theirs(False) or ()) if objects else None,
        test_boxes=largest_boxes(theirs(True) or ()) if objects else None,
        train_objects=theirs(False), test_objects=theirs(True),
    )  # fmt: skip


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

"""Boxes in the form of COCO: one JSON file with images, categories and annotations.

Lin et al. 2014, Microsoft COCO: Common Objects in Context; its data format for object detection.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from .boxes import Objects, box_fault
from .dataset import DataError
from .listing import Listing, Picture, counted, find, natural, some

T = TypeVar("T")
MOST_BYTES = 1 << 30


def read_coco(path: Path, images: Path | None = None) -> Listing:
    """The pictures with boxes of an annotation file; files lie in `images`, beside it, or in an `images` folder there.

    Crowds are left out, and so are pictures without boxes. DataError lists everything that is wrong.
    """
    document = _document(path)
    faults: list[str] = []
    names = dict(_entries(document, "categories", _category, faults))
    files = dict(_entries(document, "images", _image, faults))
    found = _entries(document, "annotations", _annotation, faults)
    crowds = sum(annotation is None for annotation in found)
    boxes: dict[int, list[tuple[int, tuple[float, ...]]]] = {}
    for image, category, box in filter(None, found):
        if image not in files:
            faults.append(f"an annotation belongs to image {image}, which is not listed")
        elif category not in names:
            faults.append(f"an annotation has category {category}, which is not listed")
        else:
            boxes.setdefault(image, []).append((category, box))
    classes = tuple(sorted(set(names.values()), key=natural))
    folders = _folders(path, images)
    paths = {image: find(files[image], folders) for image in boxes}
    faults += [f"there is no file {folders[0] / files[image]}" for image, file in paths.items() if file is None]
    if faults:
        raise DataError(f"{path} cannot be used, it has {counted(len(faults), 'fault')}: {some(faults)}.")
    if not boxes:
        raise DataError(f"{path} holds no boxes; name a COCO file with annotations for detection.")
    pictures = []
    for image in sorted(boxes, key=lambda key: natural(files[key])):
        labels = [classes.index(names[category]) for category, _ in boxes[image]]
        objects = Objects.of(labels, [box for _, box in boxes[image]])
        file = paths[image]
        assert file is not None
        pictures.append(Picture(file, int(objects.labels[objects.largest]), None, objects))
    return Listing(path.stem, classes, tuple(pictures), _notes(len(files) - len(boxes), crowds))


def is_coco(path: Path) -> bool:
    """Whether a JSON file looks like one of COCO's."""
    document = _document(path)
    return {"images", "annotations"} <= document.keys()


def _notes(without: int, crowds: int) -> tuple[str, ...]:
    notes = []
    if without:
        notes.append(f"{counted(without, 'picture')} without boxes left out.")
    if crowds:
        notes.append(f"{counted(crowds, 'crowd')} left out: their boxes hold many objects.")
    return tuple(notes)


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is larger than {MOST_BYTES >> 30} GiB; split it.")
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the path and its permissions.") from None
    except (ValueError, RecursionError):
        raise DataError(f"{path} is not JSON; name an annotation file in COCO's form.") from None
    if not isinstance(document, dict):
        raise DataError(f"{path} is a list; name an annotation file in COCO's form, with images and annotations.")
    return document


def _entries(document: dict[str, Any], name: str, read: Callable[[Any], T], faults: list[str]) -> list[T]:
    given = document.get(name)
    if not isinstance(given, list):
        faults.append(f"it has no list {name!r}")
        return []
    found = []
    for number, entry in enumerate(given, 1):
        try:
            found.append(read(entry))
        except DataError as error:
            faults.append(f"{name} {number}: {error}")
        except (KeyError, TypeError, ValueError, AttributeError):
            faults.append(f"{name} {number} is not of COCO's form")
    return found


def _category(entry: Any) -> tuple[int, str]:
    return int(entry["id"]), str(entry["name"])


def _image(entry: Any) -> tuple[int, str]:
    return int(entry["id"]), str(entry["file_name"])


def _annotation(entry: Any) -> tuple[int, int, tuple[float, ...]] | None:
    """Image, category and box; None for a crowd. COCO's boxes are x, y, width, height."""
    if entry.get("iscrowd"):
        return None
    x, y, width, height = (float(value) for value in entry["bbox"])
    box = (x, y, x + width, y + height)
    if fault := box_fault(box):
        raise DataError(fault)
    return int(entry["image_id"]), int(entry["category_id"]), box


def _folders(path: Path, images: Path | None) -> list[Path]:
    """Where the pictures may be: COCO keeps `annotations/instances_train2017.json` beside a folder `train2017`."""
    if images is not None:
        return [images]
    part = path.stem.rpartition("_")[2]
    return [path.parent, path.parent / "images", path.parent.parent / part, path.parent.parent / "images" / part,
            path.parent.parent / "images"]  # fmt: skip

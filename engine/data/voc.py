"""Boxes in the form of Pascal VOC: a folder with `Annotations` (one XML file a picture) and `JPEGImages`.

Everingham et al. 2010, The Pascal Visual Object Classes (VOC) Challenge.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from .boxes import Objects, box_fault
from .dataset import DataError
from .listing import Listing, Picture, counted, find, natural, some

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ANNOTATIONS, _PICTURES, _SETS = "Annotations", "JPEGImages", Path("ImageSets", "Main")
_Found = tuple[Path, list[tuple[str, tuple[float, ...]]]]


def is_voc(folder: Path) -> bool:
    """Whether a folder holds annotations in VOC's form."""
    annotations = folder / _ANNOTATIONS
    return annotations.is_dir() and any(annotations.glob("*.xml"))


def read_voc(folder: Path) -> Listing:
    """The pictures with boxes of a VOC folder. Sides are those of `ImageSets/Main`, where `val` or `test` is.

    VOC counts pixels from 1 and includes the last; boxes are brought to the form used here. Pictures without boxes
    are left out. DataError lists everything that is wrong.
    """
    faults: list[str] = []
    found: dict[str, _Found] = {}
    files = sorted((folder / _ANNOTATIONS).glob("*.xml"), key=lambda path: natural(path.name))
    for file in files:
        try:
            found[file.stem] = _read(file, folder)
        except DataError as error:
            faults.append(str(error).removesuffix("."))
    if faults:
        raise DataError(f"{folder} cannot be used, it has {counted(len(faults), 'fault')}: {some(faults)}.")
    classes = tuple(sorted({name for _, boxes in found.values() for name, _ in boxes}, key=natural))
    numbers = {name: index for index, name in enumerate(classes)}
    sides = _sides(folder)
    pictures = []
    for stem, (path, boxes) in found.items():
        if boxes:
            objects = Objects.of([numbers[name] for name, _ in boxes], [box for _, box in boxes])
            pictures.append(Picture(path, int(objects.labels[objects.largest]), sides.get(stem), objects))
    if not pictures:
        raise DataError(f"{folder} holds no boxes; name a folder with annotations for detection.")
    without = len(found) - len(pictures)
    notes = (f"{counted(without, 'picture')} without boxes left out.",) if without else ()
    return Listing(folder.resolve().name, classes, tuple(pictures), notes)


def _read(file: Path, folder: Path) -> _Found:
    """Picture and named boxes of one annotation. XML that declares entities, as bombs do, is refused."""
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415
    from defusedxml.ElementTree import parse  # noqa: PLC0415

    try:
        root: Element = parse(file).getroot()
    except ParseError as error:
        raise DataError(f"{file} is not XML ({error}).") from None
    except DefusedXmlException:
        raise DataError(f"{file} declares entities, which annotations do not need.") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror}).") from None
    name = (root.findtext("filename") or "").strip() or f"{file.stem}.jpg"
    path = find(name, [folder / _PICTURES, folder])
    if path is None:
        raise DataError(f"{file} is about {name}, which is not in {folder / _PICTURES}.")
    return path, [_object(file, element) for element in root.iter("object")]


def _object(file: Path, element: Element) -> tuple[str, tuple[float, ...]]:
    name = (element.findtext("name") or "").strip()
    try:
        x1, y1, x2, y2 = (float(element.findtext(f"bndbox/{key}") or "") for key in ("xmin", "ymin", "xmax", "ymax"))
    except ValueError:
        raise DataError(f"{file} has an object {name!r} without a box of four numbers.") from None
    box = (x1 - 1, y1 - 1, x2, y2)
    if not name:
        raise DataError(f"{file} has an object without a name.")
    if fault := box_fault(box):
        raise DataError(f"{file}: {fault}.")
    return name, box


def _sides(folder: Path) -> dict[str, bool]:
    """On which side the lists of the challenge put each picture; empty without such lists."""
    sides: dict[str, bool] = {}
    for name, test in (("trainval", False), ("train", False), ("val", True), ("test", True)):
        path = folder / _SETS / f"{name}.txt"
        if path.is_file():
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            sides |= {line.split()[0]: test for line in lines if line.strip()}
    return sides

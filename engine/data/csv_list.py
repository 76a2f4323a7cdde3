"""A table of pictures: a CSV file of image and label, with boxes or without."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .boxes import Objects, box_fault
from .dataset import DataError
from .listing import Listing, Picture, counted, find, natural, side, some

_COLUMNS = {
    "image": ("image", "file", "filename", "file_name", "filepath", "path", "picture", "image_path", "image_id"),
    "label": ("label", "class", "class_name", "category", "target", "name"),
    "x1": ("x1", "xmin", "x_min", "left"),
    "y1": ("y1", "ymin", "y_min", "top"),
    "x2": ("x2", "xmax", "x_max", "right"),
    "y2": ("y2", "ymax", "y_max", "bottom"),
    "split": ("split", "set", "subset", "part"),
}
"""Names of columns as people write them."""

_BOX = ("x1", "y1", "x2", "y2")
_DELIMITERS = ",;\t|"
_MOST_FAULTS = 20
MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class _Row:
    line: int
    image: Path
    label: str
    test: bool | None
    box: tuple[float, float, float, float] | None


def read_csv(path: Path, images: Path | None = None) -> Listing:
    """The pictures a CSV file lists: `image,label` or `image,label,x1,y1,x2,y2`, with a line of names or without.

    Files are named from the CSV file's folder, or from `images`. A column `split` (train, test, val) marks the sides.
    Several lines with boxes may name one picture. DataError lists everything that is wrong, with line numbers.
    """
    lines = list(_lines(path))
    if not lines:
        raise DataError(f"{path} is empty; write a line image,label for each picture.")
    columns, body = _columns(path, lines)
    folders = [images] if images is not None else [path.parent]
    faults: list[str] = []
    rows = [row for number, cells in body if (row := _row(number, cells, columns, folders, faults))]
    faults += _contradictions(rows, boxed="x1" in columns)
    if faults:
        shown = some(faults, _MOST_FAULTS)
        raise DataError(f"{path} cannot be used, it has {counted(len(faults), 'fault')}: {shown}.")
    if not rows:
        raise DataError(f"{path} names columns but no pictures; write a line image,label for each.")
    return _listing(path.stem, rows)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells, without empty lines."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is larger than {MOST_BYTES >> 30} GiB; split it.")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path} is not written in UTF-8; save it as CSV (UTF-8).") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the path and its permissions.") from None
    head = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}, is not CSV ({error}); check its quotation marks.") from None


def _columns(path: Path, lines: list[tuple[int, list[str]]]) -> tuple[dict[str, int], list[tuple[int, list[str]]]]:
    """Where which column stands, and the lines with pictures. Without a line of names the order is as in `read_csv`."""
    head = [cell.casefold() for cell in lines[0][1]]
    named = {column: head.index(n) for column, names in _COLUMNS.items() for n in reversed(names) if n in head}
    if not named.keys() & {"image", "label"}:
        if len(head) not in {2, 6}:
            what = f"{path} has {counted(len(head), 'column')} and no line of names"
            raise DataError(f"{what}; begin with a line image,label or image,label,x1,y1,x2,y2.")
        return dict(zip(("image", "label", *_BOX), range(len(head)))), lines
    missing = [column for column in ("image", "label") if column not in named]
    if named.keys() & set(_BOX):
        missing += [column for column in _BOX if column not in named]
    if missing:
        found = ", ".join(lines[0][1])
        raise DataError(f"{path} names the columns {found} and lacks {', '.join(missing)}; add them.")
    return named, lines[1:]


def _row(
    number: int, cells: list[str], columns: dict[str, int], folders: Sequence[Path], faults: list[str]
) -> _Row | None:
    """One line, or None and faults."""
    before = len(faults)
    if len(cells) <= max(columns.values()):
        faults.append(f"line {number} has {counted(len(cells), 'column')} instead of {max(columns.values()) + 1}")
        return None
    values = {column: cells[place] for column, place in columns.items()}
    path = find(values["image"], folders) if values["image"] else None
    if path is None:
        what = f"there is no file {folders[0] / values['image']}" if values["image"] else "no image is named"
        faults.append(f"line {number}: {what}")
    if not values["label"]:
        faults.append(f"line {number}: {values['image']} has no label")
    test = side(values["split"]) if values.get("split") else None
    if values.get("split") and test is None:
        faults.append(f"line {number}: the split is {values['split']!r}, use train, val or test")
    box = _box(number, values, faults) if "x1" in values else None
    if len(faults) > before or path is None:
        return None
    return _Row(number, path, values["label"], test, box)


def _box(number: int, values: dict[str, str], faults: list[str]) -> tuple[float, float, float, float] | None:
    try:
        x1, y1, x2, y2 = (float(values[name]) for name in _BOX)
    except ValueError:
        x1 = y1 = x2 = y2 = math.nan
    fault = box_fault((x1, y1, x2, y2))
    if fault is None:
        return x1, y1, x2, y2
    given = ",".join(values[name] for name in _BOX)
    faults.append(f"line {number}: {fault}" if not math.isnan(x1) else f"line {number}: the box {given} is not numbers")
    return None


def _contradictions(rows: list[_Row], boxed: bool) -> list[str]:
    """Labels that differ in case only, pictures listed twice, and a single class."""
    faults = []
    spelled: dict[str, _Row] = {}
    pictures: dict[Path, _Row] = {}
    for row in rows:
        first = spelled.setdefault(row.label.casefold(), row)
        if first.label != row.label:
            faults.append(f"line {row.line}: the label {row.label!r} is written {first.label!r} in line {first.line}")
        before = pictures.setdefault(row.image, row)
        if before is not row and not boxed:
            same = "again" if before.label == row.label else f"as {before.label!r} too"
            faults.append(f"line {row.line}: {row.image.name} was listed {same} in line {before.line}")
        elif before.test != row.test:
            faults.append(f"line {row.line}: {row.image.name} is on the other side in line {before.line}")
    if len(spelled) == 1 and len(rows) > 1:
        faults.append(f"all lines have the label {rows[0].label!r}, two classes are needed at least")
    return faults


def _listing(name: str, rows: list[_Row]) -> Listing:
    classes = tuple(sorted({row.label for row in rows}, key=natural))
    numbers = {label: index for index, label in enumerate(classes)}
    grouped: dict[Path, list[_Row]] = {}
    for row in rows:
        grouped.setdefault(row.image, []).append(row)
    pictures = []
    for path, same in grouped.items():
        boxes = [row.box for row in same if row.box is not None]
        objects = Objects.of([numbers[row.label] for row in same], boxes) if boxes else None
        label = numbers[same[0].label] if objects is None else int(objects.labels[objects.largest])
        pictures.append(Picture(path, label, same[0].test, objects))
    return Listing(name, classes, tuple(pictures))

"""`convscope data`: the data sets that are there, and what is in one."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import sources
from .output import complain, emit, say, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..data.facts import Facts
    from ..data.options import Options


@click.command(short_help="Show what is in a data set.")
@click.argument("what", metavar="NAME|PATH", required=False)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder that holds the data set's files.")
@click.option(
    "--mean-image", type=click.Path(path_type=Path), help="PNG file to write the mean of all training images to."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def data(what: str | None, data_dir: Path | None, mean_image: Path | None, as_json: bool) -> None:
    """Sizes, classes, balance, mean and doubts of a data set; without a name, the data sets that are known.

    Every image is read once. A set may be named with options, as in shapes:size=64,count=2000.
    """
    if what is None:
        _list(as_json)
        return
    from ..data.facts import describe, measure  # noqa: PLC0415

    dataset = sources.dataset(what, data_dir, as_json)
    measured = measure(dataset.train_images)
    facts = describe(dataset, measured)
    if mean_image is not None:
        _write_picture(mean_image, measured.mean_image)
    if as_json:
        emit(facts.to_dict())
        return
    say(_text(facts))
    for warning in facts.warnings:
        complain(f"warning: {warning}")


def _text(facts: Facts) -> str:
    from ..cost.units import format_bytes  # noqa: PLC0415
    from ..spec import format_shape  # noqa: PLC0415

    where = "in memory" if facts.in_memory else "read from files when wanted"
    boxes = "" if facts.boxes is None else f", {facts.boxes:,} boxes"
    head = (
        f"{facts.name}: {facts.train_images:,} training and {facts.test_images:,} test images of "
        f"{format_shape(facts.image_shape)}, {len(facts.classes)} classes{boxes}\n"
        f"{format_bytes(facts.nbytes)} of pixels, {where}; largest class {facts.balance:.2g} times the smallest\n"
        f"mean {_values(facts.mean)}, standard deviation {_values(facts.std)} (pixels 0–255, a channel)"
    )
    head = "\n".join([head, *facts.notes])
    rows = [(name, f"{train:,}", f"{test:,}") for name, train, test in facts.classes]
    return f"{head}\n\n{table(('class', 'training', 'test'), rows, (False, True, True))}"


def _values(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.2f}" for value in values)


def _list(as_json: bool) -> None:
    """The known sets, and the options of each."""
    from ..cost.units import format_bytes  # noqa: PLC0415
    from ..data import DATASETS  # noqa: PLC0415
    from ..data.options import PictureOptions  # noqa: PLC0415

    if as_json:
        emit([
            {
                "name": entry.name, "summary": entry.summary, "source": entry.source,
                "image_shape": list(entry.image_shape), "classes": list(entry.classes),
                "download_bytes": entry.download_bytes, "options": _options(entry.options),
            }
            for entry in DATASETS.values()
        ])  # fmt: skip
        return
    rows = [(e.name, format_bytes(e.download_bytes) if e.download_bytes else "–", e.summary) for e in DATASETS.values()]
    say(table(("name", "download", "what it is"), rows, (False, True, False)))
    say("\nOr your own: a folder with a subfolder for each class, image,label in a CSV file, COCO or VOC annotations.")
    for title, kind in (("shapes", DATASETS["shapes"].options), ("your own", PictureOptions)):
        options = [(o["name"], str(o["default"]), o["help"]) for o in _options(kind)]
        say(f"\nOptions of {title}:\n{table(('option', 'default', 'meaning'), options, (False, True, False))}")


def _options(kind: type[Options]) -> list[dict[str, Any]]:
    from ..data.options import params  # noqa: PLC0415

    return [{"name": name, "default": param.default, "help": param.help} for name, param in params(kind)]


def _write_picture(path: Path, values: NDArray[Any]) -> None:
    """A PNG file of values 0–255 (H, W, C)."""
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    from ..io.atomic import atomic_write  # noqa: PLC0415

    pixels = np.rint(values).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0]).save(buffer, "PNG")
    atomic_write(path, buffer.getvalue())

"""`convscope evaluate`: how well a trained model, or several together, do on a data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import sources
from .data_options import data_options
from .device_option import device_option
from .output import complain, emit, percent, say, table
from .progress import Bar

if TYPE_CHECKING:
    from ..data import Dataset
    from ..runtime.model import Model
    from ..train import Evaluation
    from ..train.localisation_figures import Localisation

_MOST_CLASSES = 20  # more do not fit a terminal's width as a matrix


@click.command(short_help="Measure trained models on a data set.")
@click.argument("files", metavar="NAME|FILE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@data_options
@click.option("--crops", type=click.Choice(["1", "10"]), default="1", help="Crops of an image, averaged  [default: 1]")
@click.option("--scales", type=click.Choice(["1", "5"]), default="1", help="Scales of an image, averaged  [default: 1]")
@device_option()
@click.option("--hardest", type=click.IntRange(0), default=0, metavar="N", help="Show the N images it is furthest off.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    files: tuple[Path, ...],
    data: str,
    data_dir: Path | None,
    crops: str,
    scales: str,
    device: str,
    hardest: int,
    as_json: bool,
) -> None:
    """Measure a model on the test images of a data set: accuracy, loss, figures of every class, calibration.

    It is the one in FILE, or one that comes trained under NAME (see `convscope zoo --trained`).

    Several are one ensemble: the probabilities that they give are averaged. So are those of several crops; ten
    are the corners and the centre of each image, also mirrored. Where model and data set have boxes, those are measured
    too.
    """
    from ..train import evaluate as measure  # noqa: PLC0415

    models = [sources.model(file, device) for file in files]
    images = sources.dataset(data, data_dir, as_json)
    for file, model in zip(files, models):
        _warn_of_other_classes(file, model, images)
    _warn(images.warnings)
    with Bar(quiet=as_json) as bar:
        result = measure(models, images, progress=bar.reached, crops=int(crops), scales=int(scales))
    _warn(images.late_warnings())
    located = _located(models, images)
    if as_json:
        emit(result.to_dict(hardest) | ({"boxes": located.to_dict()} if located else {}))
    else:
        say(_text(result, hardest) + (f"\n\n{_boxes(located)}" if located else ""))


def _located(models: Sequence[Model], images: Dataset) -> Localisation | None:
    """How well a model that gives boxes finds those of the data set; None if there is nothing to compare."""
    from ..train.localisation import box_node  # noqa: PLC0415
    from ..train.localisation_figures import evaluate_boxes  # noqa: PLC0415

    if len(models) > 1 or box_node(models[0].network) is None or images.test_boxes is None:
        return None
    return evaluate_boxes(models[0], images)


def _boxes(found: Localisation) -> str:
    return (
        f"boxes: {percent(found.iou)} overlap (intersection over union) on average, {percent(found.found)} with half "
        f"or more; class right as well: {percent(found.located)}"
    )


def _warn(texts: Iterable[str]) -> None:
    for text in texts:
        complain(f"warning: {text}")


def _warn_of_other_classes(file: Path, model: Model, images: Dataset) -> None:
    if model.classes and model.classes != images.classes:
        known = ", ".join(model.classes[:5])
        complain(f"warning: {file} was not trained on {images.name}: its classes are {known} …")


def _text(result: Evaluation, hardest: int) -> str:
    head = f"{result.network} on {result.images:,} {result.split} images of {result.dataset}"
    if result.views > 1:
        head += f", {result.views} crops of each averaged"
    figures = f"top-1 {percent(result.top1)}   top-5 {percent(result.top5)}   loss {result.loss:.4f}"
    parts = [f"{head}\n{figures}\n{_calibration(result)}", _classes(result)]
    if len(result.classes) <= _MOST_CLASSES:
        parts.append(_matrix(result))
    if hardest:
        parts.append(_hardest(result, hardest))
    return "\n\n".join(parts)


def _calibration(result: Evaluation) -> str:
    """One line: how sure it is and how often right."""
    found = result.calibration
    sure = float(result.outcomes.confidence.mean())
    return (
        f"confidence {percent(sure)} on average; calibration error {percent(found.error)}, "
        f"{percent(found.worst)} in the worst of {len(found.bins)} bins"
    )


def _classes(result: Evaluation) -> str:
    rows = [
        (row.name, f"{row.images:,}", percent(row.recall), percent(row.precision), percent(row.f1))
        for row in result.per_class
    ]
    return table(("class", "images", "recognised", "right when given", "F1"), rows, (False, True, True, True, True))


def _matrix(result: Evaluation) -> str:
    """Rows are true classes, columns what the model took them for; a dot for none."""
    head = ("true \\ taken for", *(name[:8] for name in result.classes))
    rows = [
        (name, *(f"{count:,}" if count else "·" for count in counts))
        for name, counts in zip(result.classes, result.confusion)
    ]
    return table(head, rows, (False, *(True for _ in result.classes)))


def _hardest(result: Evaluation, count: int) -> str:
    """The images that were furthest off, by their numbers in the split."""
    rows = [
        (
            f"{sample.index:,}",
            result.classes[sample.label],
            percent(sample.own),
            result.classes[sample.given],
            percent(sample.confidence),
        )
        for sample in result.outcomes.hardest(count)
    ]
    head = ("hardest image", "class", "its probability", "taken for", "with")
    return table(head, rows, (True, False, True, False, True))

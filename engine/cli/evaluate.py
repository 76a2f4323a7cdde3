"""`convscope evaluate`: how well a trained model does on a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import sources
from .output import complain, emit, percent, say, table
from .progress import Bar

if TYPE_CHECKING:
    from ..train import Evaluation

_MOST_CLASSES = 20  # more do not fit a terminal's width as a matrix


@click.command(short_help="Measure a trained model on a data set.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--data", required=True, metavar="NAME", help="Data set: digits, mnist, fashion-mnist.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder that holds the data set's files.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(file: Path, data: str, data_dir: Path | None, as_json: bool) -> None:
    """Top-1 and top-5 accuracy, loss and confusion matrix of the model in FILE on the test images of a data set."""
    from ..io import load  # noqa: PLC0415
    from ..train import evaluate as measure  # noqa: PLC0415

    model = load(file)
    images = sources.dataset(data, data_dir, as_json)
    if model.classes and model.classes != images.classes:
        complain(f"warning: {file} was not trained on {data}: its classes are {', '.join(model.classes[:5])} …")
    with Bar(quiet=as_json) as bar:
        result = measure(model, images, progress=bar.reached)
    if as_json:
        emit(result.to_dict())
    else:
        say(_text(result))


def _text(result: Evaluation) -> str:
    head = f"{result.network} on {result.images:,} {result.split} images of {result.dataset}"
    figures = f"top-1 {percent(result.top1)}   top-5 {percent(result.top5)}   loss {result.loss:.4f}"
    return "\n\n".join(
        [f"{head}\n{figures}", _classes(result), *([_matrix(result)] if len(result.classes) <= _MOST_CLASSES else [])]
    )


def _classes(result: Evaluation) -> str:
    counts = result.confusion.sum(1)
    rows = [
        (name, f"{count:,}", percent(recall), percent(precision))
        for name, count, recall, precision in zip(result.classes, counts, result.recall, result.precision)
    ]
    return table(("class", "images", "recognised", "right when given"), rows, (False, True, True, True))


def _matrix(result: Evaluation) -> str:
    """Rows are true classes, columns what the model took them for; a dot for none."""
    head = ("true \\ taken for", *(name[:8] for name in result.classes))
    rows = [
        (name, *(f"{count:,}" if count else "·" for count in counts))
        for name, counts in zip(result.classes, result.confusion)
    ]
    return table(head, rows, (False, *(True for _ in result.classes)))

"""`convscope features`: what a trained network makes of images, and how far a simple classifier gets with it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import sources
from .data_options import data_options
from .device_option import device_option
from .output import emit, percent, say, table
from .progress import Bar

if TYPE_CHECKING:
    from ..train.features_classifier import Fitted

_CLASSIFIERS = ("linear", "svm")


@click.command(short_help="Classify by the features of a trained network's layers.")
@click.argument("file", metavar="NAME|FILE", type=click.Path(path_type=Path))
@data_options
@click.option("--layer", "layers", multiple=True, metavar="LAYER", help="Try this layer; may be repeated  [each stage]")
@click.option(
    "--classifier", type=click.Choice(_CLASSIFIERS), default="linear", show_default=True, help="What to train on them."
)
@click.option("--strength", type=float, default=1.0, show_default=True, help="C: how little weights are held back.")
@click.option("--pooled", is_flag=True, help="Average maps over their positions.")
@device_option()
@click.option("--npz", type=click.Path(path_type=Path), help="Write the features and labels of one layer to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def features(
    file: Path,
    data: str,
    data_dir: Path | None,
    layers: tuple[str, ...],
    classifier: str,
    strength: float,
    pooled: bool,
    device: str,
    npz: Path | None,
    as_json: bool,
) -> None:
    """Train a linear classifier or a support vector machine on what the layers of the model in FILE give.

    NAME is one that comes trained with the program (see `convscope zoo --trained`).

    Without --layer the last layer of each image size is tried, and what the class scores are made of.
    """
    from ..train.features import stages  # noqa: PLC0415
    from ..train.features_classifier import fit_classifier  # noqa: PLC0415

    model, images = sources.model(file, device), sources.dataset(data, data_dir, as_json)
    chosen = layers or stages(model.network)
    if npz and len(chosen) != 1:
        raise click.UsageError(f"--npz holds the features of one layer; name it with --layer: {', '.join(chosen)}.")
    found = []
    for layer in chosen:
        with Bar(quiet=as_json) as bar:
            found.append(fit_classifier(model, images, layer, classifier, pooled, strength, bar.reached))
        if not as_json:
            say(f"{layer}: {percent(found[-1].test_accuracy)}")
    if npz:
        _write(npz, found[0].arrays)
    if as_json:
        emit({"network": model.network.name, "dataset": images.name, "layers": [one.to_dict() for one in found]})
    else:
        say(f"\n{_text(found)}")
        if npz:
            say(f"\nThe features of {chosen[0]} are in {npz}.")


def _text(found: Sequence[Fitted]) -> str:
    rows = [
        (one.layer, f"{one.features:,}", percent(one.train_accuracy), percent(one.test_accuracy), one.note)
        for one in found
    ]
    head = ("layer", "features", "training", "test", "")
    return f"{found[0].classifier} classifier\n\n{table(head, rows, (False, True, True, True, False))}"


def _write(path: Path, arrays: dict[str, Any]) -> None:
    import numpy as np  # noqa: PLC0415

    from ..io.atomic import atomic_write  # noqa: PLC0415

    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    atomic_write(path, buffer.getvalue())

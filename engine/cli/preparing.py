"""What training and transfer do to a model before the run: another head, a box, frozen layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..data import Dataset
    from ..runtime.model import Model
    from ..train.transfer import Freeze

Change = Callable[["Model", "Dataset"], "Model"]
"""Makes the model to train of the one that was named."""

HEAD = ("freeze", "boxes", "box_at", "box_per_class")
"""The options of `head_options`, as `preparation` takes them."""

_BOXES = ("joint", "alone")


def head_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that `preparation` reads."""
    options = (
        click.option(
            "--freeze", metavar="LAYERS",
            help="Layers that keep their weights: names with commas, or the number of last ones that learn.",
        ),
        click.option(
            "--boxes", is_flag=False, flag_value="joint", type=click.Choice(_BOXES),
            help="Add a head that gives a box around the object: trained with the rest, or alone  [default: joint]",
        ),
        click.option("--box-at", metavar="LAYER", help="Layer the box is attached to  [default: the last map]"),
        click.option("--box-per-class", is_flag=True, help="A box for each class instead of one for all."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def preparation(freeze: str | None, boxes: str | None, box_at: str | None, box_per_class: bool) -> Change:
    """What these options ask for."""

    def change(model: Model, dataset: Dataset) -> Model:
        from ..train.localisation import box_node, localise  # noqa: PLC0415

        if boxes and box_node(model.network) is None:
            model.classes = dataset.classes
            model = localise(model, box_at, box_per_class, alone=boxes == "alone", seed=model.seed)
        if freeze is not None:
            model.frozen = frozen_of(model, freeze)
        return model

    return change


def frozen_of(model: Model, text: str) -> tuple[str, ...]:
    """The layers that a text like `conv1,conv2` or `2` (all but the last two) freezes."""
    from ..train.transfer import frozen_layers  # noqa: PLC0415

    return frozen_layers(model.network, parsed(text))


def parsed(text: str) -> Freeze:
    """A number, `all`, `none`, or names with commas between."""
    text = text.strip()
    if text == "all":
        return "all"
    if text == "none":
        return "none"
    return int(text) if text.isdecimal() else [name.strip() for name in text.split(",") if name.strip()]

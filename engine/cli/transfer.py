"""`convscope transfer`: a trained network's layers under a new head, trained on other classes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .output import emit, say, table
from .preparing import HEAD, parsed, preparation
from .recipe_options import NAMES
from .run_options import kept
from .train import train

if TYPE_CHECKING:
    from ..data import Dataset
    from ..runtime.model import Model

_NOT_HERE = {"target", "resume", "freeze"}  # the file is named, and --freeze means the old layers


@click.command(short_help="Train a trained network's layers on other classes.")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--advice", is_flag=True, help="Show what to do with how much data of which kind, and stop.")
@click.option("--cut", metavar="LAYER", help="Last layer that stays  [default: what the class scores are made of]")
@click.option(
    "--freeze",
    default="all",
    show_default=True,
    metavar="WHAT",
    help="Old layers that keep their weights: all, none, names with commas, or the number of last ones that learn.",
)
@click.option("--hidden", type=click.IntRange(0), default=0, help="Units of a dense layer before the scores  [none]")
@click.option("--average", is_flag=True, help="Average maps before the new head instead of flattening them.")
def transfer(file: Path | None, advice: bool, **options: Any) -> int:
    """Put a new head on the model in FILE, for the classes of a data set, and train it.

    Little data: keep the old layers (--freeze all), which makes them a feature extractor. More data: let the last ones
    learn too (--freeze 2), or all (--freeze none), at a learning rate of 0.01 unless told otherwise. See also
    `convscope features`.
    """
    if advice:
        _show_advice(options["as_json"])
        return 0
    if file is None or options["data"] is None:
        raise click.UsageError("Name the FILE of a trained model and the data set (--data).")
    from .session import Order, run  # loads the kernels  # noqa: PLC0415

    settings = _gentle({name: options.pop(name) for name in NAMES}, options["freeze"])
    head = {name: options.pop(name) for name in ("cut", "freeze", "hidden", "average")}
    boxes = {name: options.pop(name) for name in HEAD if name not in _NOT_HERE}
    add_box = preparation(freeze=None, **boxes)

    def change(model: Model, dataset: Dataset) -> Model:
        from ..train.transfer import transfer as put_head  # noqa: PLC0415

        freeze = parsed(head["freeze"])
        arguments = {**head, "freeze": freeze, "seed": settings["seed"] or 0}
        return add_box(put_head(model, dataset.classes, **arguments), dataset)

    return run(Order(target=str(file), resume=None, settings=settings, kept=kept(options), change=change, **options))


def _gentle(settings: dict[str, Any], freeze: str) -> dict[str, Any]:
    """The settings, with the rate of fine-tuning where old layers learn and nothing else was asked for."""
    from ..train.transfer import FINE_TUNING_RATE  # noqa: PLC0415

    asked = any(settings[name] is not None for name in ("recipe", "optimizer", "learning_rate"))
    return settings if asked or freeze == "all" else {**settings, "learning_rate": FINE_TUNING_RATE}


def _optional(param: click.Parameter) -> click.Parameter:
    """The same option, not required: --advice needs none."""
    twin = copy.copy(param)
    twin.required = False
    return twin


transfer.params += [_optional(param) for param in train.params if param.name not in _NOT_HERE]


def _show_advice(as_json: bool) -> None:
    from ..train.transfer import ADVICE, MUCH  # noqa: PLC0415

    if as_json:
        emit({"much_from_images_a_class": MUCH, "advice": [vars(case) for case in ADVICE]})
        return
    rows = [(f"{case.amount} data", case.similarity, case.what, str(case.freeze)) for case in ADVICE]
    say(table(("data", "beside the old", "advice", "--freeze"), rows, (False, False, False, False)))
    say(f"\nMuch is, as a rule of thumb, {MUCH} images a class or more. Why:")
    for case in ADVICE:
        say(f"  {case.amount}, {case.similarity}: {case.why}.")

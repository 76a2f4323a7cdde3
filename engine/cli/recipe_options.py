"""The options that make a run's recipe, with their texts from the declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class ToldOption(click.Option):
    """An option whose text is asked for when help is shown: what declares it is too much to load at every start."""

    def __init__(self, *args: Any, told: Callable[[], str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._told = told

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        self.help = self._told()
        return super().get_help_record(ctx)


def _recipes() -> str:
    from ..train.recipes import RECIPES  # noqa: PLC0415

    return f"Preset that the other options change: {', '.join(RECIPES)} (see `convscope recipes`)."


def _optimizers() -> str:
    from ..train.optimizer import OPTIMIZERS, SGD  # noqa: PLC0415

    return f"{_named(OPTIMIZERS)}, such as adam:beta1=0.8  [default: {SGD.name}]"


def _schedules() -> str:
    from ..train.schedule import SCHEDULES, Cosine  # noqa: PLC0415

    return f"Learning rate over time: {_named(SCHEDULES)}, such as step:every=30,factor=0.1  [default: {Cosine.name}]"


def _losses() -> str:
    from ..train.loss import LOSSES  # noqa: PLC0415

    names = _named({name: kind for name, kind in LOSSES.items() if not kind.for_values})
    return f"{names}, such as cross-entropy:smoothing=0.1  [default: without smoothing]"


def _initialisers() -> str:
    from ..runtime.initialisers import INITIALISERS  # noqa: PLC0415

    return (
        f"How new weights start: {_named(INITIALISERS)}, such as gaussian:sigma=0.02  [default: as each layer declares]"
    )


def _value(name: str) -> Callable[[], str]:
    def told() -> str:
        from ..train.optimizer import SGD  # noqa: PLC0415

        return f"{SGD.params()[name].label}, of any optimiser that has one  [default: {SGD.params()[name].default:g}]"

    return told


def _augmentations() -> str:
    from ..data.augment import AUGMENTATIONS  # noqa: PLC0415

    return f"Changes to images at random, such as flip,crop:padding=4: {_named(AUGMENTATIONS)}  [default: none]"


def _named(kinds: Mapping[str, Any]) -> str:
    return ", ".join(kinds)


_OPTIONS = (
    click.option("--recipe", cls=ToldOption, told=_recipes, metavar="NAME"),
    click.option("--epochs", type=int, help="Passes over the training images  [default: suits the data set]"),
    click.option("--batch-size", type=int, help="Images a step  [default: 64, fewer for small sets]"),
    click.option(
        "--shrink-batch", is_flag=True, help="Where the batch does not fit into memory, take the largest that does."
    ),
    click.option("--optimizer", cls=ToldOption, told=_optimizers, metavar="NAME[:…]"),
    click.option("--lr", "learning_rate", cls=ToldOption, told=_value("learning_rate"), type=float),
    click.option("--momentum", cls=ToldOption, told=_value("momentum"), type=float),
    click.option("--weight-decay", cls=ToldOption, told=_value("weight_decay"), type=float),
    click.option("--schedule", cls=ToldOption, told=_schedules, metavar="NAME[:…]"),
    click.option("--loss", cls=ToldOption, told=_losses, metavar="NAME[:…]"),
    click.option(
        "--mixup", type=float, help="Mix images in pairs, in shares drawn from Beta(MIXUP, MIXUP)  [default: 0]"
    ),
    click.option(
        "--early-stopping",
        metavar="EPOCHS|LIST",
        help="End when so many epochs brought nothing better, and go back to the best one: 5, or "
        "patience=5,monitor=test_accuracy  [default: never]",
    ),
    click.option("--augment", cls=ToldOption, told=_augmentations, metavar="LIST"),
    click.option("--init", cls=ToldOption, told=_initialisers, metavar="NAME[:…]"),
    click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of weights, order and dropout  [default: 0]"),
)
NAMES = (
    "recipe", "epochs", "batch_size", "shrink_batch", "optimizer", "learning_rate", "momentum", "weight_decay",
    "schedule", "loss", "mixup", "early_stopping", "augment", "seed",
)  # fmt: skip
"""The options that `fit` takes, under its names."""


def recipe_options(command: F) -> F:
    """All of them, in this order."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command

"""`convscope recipes`: what a run can be made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from ..spec.named import written
from .output import emit, say, table


@click.command(short_help="List recipes and what a run can be made of.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def recipes(as_json: bool) -> None:
    """List the presets of `convscope train --recipe`, and what its other options take, with parameters and defaults."""
    from ..train.recipes import RECIPES  # noqa: PLC0415

    kinds = _kinds()
    if as_json:
        presets = [
            {"name": r.name, "title": r.title, "summary": r.summary, "source": r.source, **_values(r)}
            for r in RECIPES.values()
        ]
        emit({"recipes": presets, **{name: [_told(kind) for kind in found.values()] for name, found in kinds.items()}})
        return
    head = ("recipe", "epochs", "batch", "optimiser", "schedule", "augmentation", "start", "source")
    rows = [
        (r.name, str(r.epochs), str(r.batch_size), str(r.optimizer), str(r.schedule), ",".join(r.augment) or "–",
         str(r.initialiser), r.source)
        for r in RECIPES.values()
    ]  # fmt: skip
    say(table(head, rows, (False, True, True, *[False] * 5)))
    for found in kinds.values():
        noun = next(iter(found.values())).kind
        say(f"\n{table((noun, 'parameters', 'source'), map(_row, found.values()), (False,) * 3)}")


def _kinds() -> dict[str, Mapping[str, Any]]:
    from ..data.augment import AUGMENTATIONS  # noqa: PLC0415
    from ..runtime.initialisers import INITIALISERS  # noqa: PLC0415
    from ..train.loss import LOSSES  # noqa: PLC0415
    from ..train.optimizer import OPTIMIZERS  # noqa: PLC0415
    from ..train.schedule import SCHEDULES  # noqa: PLC0415

    return {
        "optimizers": OPTIMIZERS,
        "schedules": SCHEDULES,
        "losses": LOSSES,
        "augmentations": AUGMENTATIONS,
        "initialisers": INITIALISERS,
    }


def _values(recipe: Any) -> dict[str, Any]:
    named = {name: getattr(recipe, name).to_dict() for name in ("optimizer", "schedule", "loss", "initialiser")}
    plain = {name: getattr(recipe, name) for name in ("epochs", "batch_size", "mixup")}
    return {**plain, **named, "augment": list(recipe.augment)}


def _told(kind: Any) -> dict[str, Any]:
    params = [
        {"name": name, "label": p.label, "kind": p.kind, "default": p.default, "minimum": p.minimum,
         "maximum": p.maximum, "choices": list(p.choices), "help": p.help}
        for name, p in kind.params().items()
    ]  # fmt: skip
    return {"name": kind.name, "title": kind.title, "source": kind.source, "parameters": params}


def _row(kind: Any) -> tuple[str, str, str]:
    text = ",".join(f"{name}={written(value)}" for name, value in kind().values().items())
    return kind.name, text or "–", kind.source

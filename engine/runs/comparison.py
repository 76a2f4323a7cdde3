"""Runs side by side: the settings in which they differ, and their figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .folder import RunFolder
from .summary import RunSummary, flat, summarise

CURVES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")


@dataclass(frozen=True)
class Comparison:
    """`differing` and `common` are settings by name, the first with a value for each run; None where it has none.

    `curves` are figures by name: for each run its values epoch by epoch.
    """

    runs: tuple[RunSummary, ...]
    differing: dict[str, tuple[Any, ...]]
    common: dict[str, Any]
    curves: dict[str, tuple[tuple[float | None, ...], ...]]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "runs": [run.to_dict() for run in self.runs],
            "differing": {name: list(values) for name, values in self.differing.items()},
            "common": self.common,
            "curves": {name: [list(values) for values in curves] for name, curves in self.curves.items()},
        }


def compare(folders: Iterable[RunFolder]) -> Comparison:
    """Runs side by side. RunError if one cannot be read."""
    runs = list(folders)
    recipes = [_recipe(folder.config()) for folder in runs]
    names = list(dict.fromkeys(name for recipe in recipes for name in recipe))
    values = {name: tuple(recipe.get(name) for recipe in recipes) for name in names}
    differing = {name: each for name, each in values.items() if any(value != each[0] for value in each)}
    common = {name: each[0] for name, each in values.items() if name not in differing}
    stories = [[line for line in folder.story() if line["event"] == "epoch"] for folder in runs]
    curves = {name: tuple(tuple(line.get(name) for line in story) for story in stories) for name in CURVES}
    return Comparison(tuple(map(summarise, runs)), differing, common, curves)


def _recipe(config: dict[str, Any]) -> dict[str, Any]:
    """Everything that may make two runs differ, by name."""
    model, data = config["model"], config["data"]["identity"]
    return {
        "network": model["network"]["name"],
        "parameters": model["parameters"],
        "frozen": ", ".join(model["frozen"]),
        "dataset": data["name"],
        "train images": data["train_images"],
        **flat(config["settings"]),
        "initial weights": f"of seed {model['seed']}" if model["fresh"] else "given",
        "threads": config["threads"],
        "device": config["device"],
        "convscope": config["convscope"],
    }

"""What is to be known of a run at a glance, read from its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import log
from .folder import RunFolder
from .merit import merit_of

FIGURES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "images_per_second")


@dataclass(frozen=True)
class RunSummary:
    """A run in a list. `status` is completed, cancelled, error, running or interrupted.

    Figures are those of the last full epoch; `best_epoch` and `best_accuracy` of the best one. `settings` are those it
    was begun with, an optimiser's parameters under their own names. `seconds` is the time its epochs took.
    """

    id: str
    name: str
    status: str
    message: str
    created: str
    network: str
    parameters: int
    dataset: str
    epoch: int
    step: int
    figures: Mapping[str, float | None]
    best_epoch: int | None
    best_accuracy: float | None
    seconds: float
    settings: Mapping[str, Any]
    tags: tuple[str, ...]
    notes: str
    path: str
    nbytes: int

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunSummary:
        """Read the JSON form."""
        return cls(**{**values, "tags": tuple(values["tags"])})


def summarise(folder: RunFolder) -> RunSummary:
    """Read a run's folder. RunError if its recipe cannot be read."""
    config, about, told = folder.config(), folder.about(), folder.story()
    epochs = [line for line in told if line["event"] == "epoch"]
    best = max(epochs, key=merit_of, default=None)
    status, message = _status(folder, told)
    return RunSummary(
        id=folder.id,
        name=about.name,
        status=status,
        message=message,
        created=config["created"],
        network=config["model"]["network"]["name"],
        parameters=config["model"]["parameters"],
        dataset=config["data"]["identity"]["name"],
        epoch=epochs[-1]["epoch"] if epochs else 0,
        step=max((line["step"] for line in told if line["event"] == "batch"), default=0),
        figures={name: epochs[-1][name] if epochs else None for name in FIGURES},
        best_epoch=best["epoch"] if best else None,
        best_accuracy=_accuracy(best) if best else None,
        seconds=sum(line["seconds"] for line in epochs),
        settings=flat(config["settings"]),
        tags=about.tags,
        notes=about.notes,
        path=str(folder.path),
        nbytes=_size(folder.path),
    )


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by single names: what is declared gives its name, and its parameters under their own names.

    A parameter whose name another one has is written `schedule.every`.
    """
    found: dict[str, Any] = {}
    for key, value in settings.items():
        if not isinstance(value, Mapping):
            found[key] = _plain(value)
            continue
        found[key] = value.get("name")
        for name, parameter in value.items():
            if name != "name":
                found[f"{key}.{name}" if name in found or name in settings else name] = _plain(parameter)
    return found


def _plain(value: Any) -> Any:
    """A value on one line: lists of declared things as text."""
    if isinstance(value, list):
        return ", ".join(str(_plain(one)) for one in value)
    if isinstance(value, Mapping):
        rest = ",".join(f"{key}={_plain(one)}" for key, one in value.items() if key != "name")
        return f"{value.get('name')}:{rest}" if rest else value.get("name")
    return value


def _accuracy(epoch: log.Line) -> float | None:
    """An epoch's accuracy on the test images, or else the training images; None where targets are values."""
    found: float | None = epoch["train_accuracy"] if epoch["test_loss"] is None else epoch["test_accuracy"]
    return found


def _status(folder: RunFolder, told: list[log.Line]) -> tuple[str, str]:
    if folder.is_running():
        return "running", ""
    if told and told[-1]["event"] == "ended":
        return told[-1]["reason"], told[-1]["message"]
    return "interrupted", f"Interrupted; go on with convscope runs resume {folder.id}."


def _size(path: Path) -> int:
    """Bytes on the disk; a file of several names is counted once."""
    found = {}
    for file in path.rglob("*"):
        try:
            facts = file.stat()
        except OSError:
            continue
        found[facts.st_ino or str(file)] = 0 if file.is_dir() else facts.st_size
    return sum(found.values())

"""Runs that are kept, as the window has them: when they are written, and what it takes to go on with one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.engine.graph.network import Network

from .history import History, history
from .recipe import DataChoice, Recipe

if TYPE_CHECKING:
    from convscope.engine.runs import Keeping, RunSummary
    from convscope.engine.runs.log import Line
    from convscope.engine.train import TrainRun

CHECKPOINT_MINUTES = 0.5
"""After a crash so much of a run has to be done again at most. The best epoch's weights are written in any case."""

SNAPSHOT_BYTES = 1 << 20
"""Filters that are kept of a moment of a network too large to be kept whole so often."""

THAW = "thaw"
"""What is written of a run's recipe beside what the engine knows: after how many epochs one layer more learns."""


@dataclass(frozen=True)
class Kept:
    """A run that is to go on from a checkpoint, with its network, recipe, and curves up to now.

    The recipe freezes what was frozen last, since stages that are over are not gone through again.
    """

    run: str
    checkpoint: str | int
    network: Network
    recipe: Recipe
    history: History


def keeping(run: TrainRun) -> Keeping:
    """When the window's runs are written: by the clock, since epochs of a small network take no time.

    Moments of it are kept as a film of limited size.
    """
    from convscope.engine.runs import Interval, Keeping  # noqa: PLC0415
    from convscope.engine.runs.keeping import filmed  # noqa: PLC0415

    settings, weights = run.settings, run.model.weights
    steps = settings.epochs * -(-len(run.dataset.train_images) // settings.batch_size)
    often = Keeping((Interval(CHECKPOINT_MINUTES, "minutes"),), snapshot_bytes=SNAPSHOT_BYTES)
    return filmed(often, sum(array.nbytes for array in weights.values()), steps)


def kept_run(run: str, checkpoint: str | int) -> Kept:
    """Read what it takes to go on with a run. RunError if it cannot be read."""
    from convscope.engine.runs import RunStore  # noqa: PLC0415
    from convscope.engine.train.settings import Settings  # noqa: PLC0415

    folder = RunStore().folder(run)
    config, story = folder.config(), folder.story()
    data = DataChoice.of(config["data"]["source"], config["data"]["folder"])
    recipe = Recipe.of(
        data, Settings.from_dict(config["settings"]), freeze=_frozen_last(story, config["model"]["frozen"]),
        thaw=_stages(config.get("extra")), recompute=bool(config["recompute"]), keep=True,
    )  # fmt: skip
    network = Network.from_dict(config["model"]["network"])
    return Kept(folder.id, checkpoint, network, recipe, curves_of(folder))


def _frozen_last(story: Iterable[Line], first: Iterable[str]) -> tuple[str, ...]:
    """What is frozen at the end of a story that began with these layers frozen."""
    changes = [line["value"] for line in story if line["event"] == "changed" and line["setting"] == "frozen"]
    return tuple(changes[-1] if changes else first)


def _stages(extra: Any) -> int:
    """The epochs of a stage; 0 for runs that have none, or were recorded by something else."""
    epochs = extra.get(THAW) if isinstance(extra, dict) else None
    return epochs if isinstance(epochs, int) and epochs > 0 else 0


def is_checkpoint(path: Path) -> bool:
    """Whether a file belongs to a run, and so is no place to save to."""
    return path.parent.name == "checkpoints" and (path.parent.parent / "run.json").is_file()


def curves_of(folder: Any) -> History:
    """The curves of a run's folder."""
    return history(folder.id, folder.about().name or folder.id, folder.story())


def title_of(summary: RunSummary) -> str:
    """What to call a run: its name, or its id."""
    return summary.name or summary.id

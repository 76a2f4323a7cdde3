"""A kept run as a film: what its network was and made of images at the moments that were written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from ..io import container, load
from ..spec import ConvscopeError
from ..train.film import Frame, photograph
from . import resuming, snapshots
from .errors import RunError
from .folder import RunFolder

if TYPE_CHECKING:
    from ..runtime.model import Model


@dataclass(frozen=True)
class Reel:
    """What there is of a run to be replayed: steps of its moments and checkpoints, and the bytes of the moments."""

    run: str
    steps: tuple[int, ...]
    nbytes: int


def reel(folder: RunFolder) -> Reel:
    """What there is of a run, found without computing anything."""
    moments, points = snapshots.moments(folder.snapshots_path), _checkpoints(folder)
    steps = {moment.step for moment in moments} | set(points) | ({0} if folder.config()["model"]["fresh"] else set())
    return Reel(folder.id, tuple(sorted(steps)), sum(moment.path.stat().st_size for moment in moments))


def frames(folder: RunFolder, pinned: Mapping[Any, NDArray[Any]]) -> Iterator[Frame]:
    """The frames of a run, first to last; `pinned` are images, pixels 0–255 (h, w, C), by their keys.

    A snapshot that is not whole has filters alone; first weights that were drawn are drawn again. What has become
    unreadable meanwhile is left out. RunError if there is nothing to replay.
    """
    moments = {moment.step: moment for moment in snapshots.moments(folder.snapshots_path)}
    points = _checkpoints(folder)
    if not moments and not points:
        raise RunError(f"Nothing of {folder.id} was kept that could be replayed.")
    config = folder.config()
    model = resuming.first_model(config | {"device": "cpu"})
    if config["model"]["fresh"] and 0 not in moments and 0 not in points:
        yield photograph(model, 0, pinned).read()
    for step in sorted({*moments, *points}):
        try:
            yield _frame(model, step, moments.get(step), points.get(step), pinned)
        except (ConvscopeError, KeyError, ValueError):
            continue


def _frame(
    model: Model, step: int, moment: snapshots.Moment | None, point: Path | None, pinned: Mapping[Any, NDArray[Any]]
) -> Frame:
    found: Mapping[str, Any] = moment.model() if moment else {}
    if not found and point:
        found = load(point).weights
    if not found:
        assert moment is not None  # a step is there because of one of them
        return Frame(step, {f"{layer}.weight": array for layer, array in moment.weights().items()})
    for name, array in model.weights.items():
        array[...] = found[name]
    model.weights_changed()
    return photograph(model, step, pinned).read()


def _checkpoints(folder: RunFolder) -> dict[int, Path]:
    """The files of the checkpoints that can be read, by the steps they were written after."""
    found: dict[int, Path] = {}
    for name in reversed(folder.checkpoints.names()):
        path = folder.checkpoints.path(name)
        try:
            with container.opened(path) as file:
                found[int(file.document["training"]["progress"]["step"])] = path
        except (ConvscopeError, KeyError, TypeError, ValueError):
            continue
    return found

"""Where an interrupted run goes on: a checkpoint that can be read, its images, and the changes that are to come."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import Dataset, Preprocessing, load_dataset
from ..graph import Network
from ..io import FileError, load, load_training_state
from ..spec import ConvscopeError
from . import log
from .checkpoints import LAST, named_after
from .data_identity import identity
from .errors import RunError
from .folder import RunFolder

if TYPE_CHECKING:
    from ..runtime.model import Model


@dataclass(frozen=True)
class Point:
    """A checkpoint with what it holds; `name` is "" for a run that begins anew. `faults` are of newer ones."""

    name: str
    model: Model
    state: dict[str, Any] | None
    faults: tuple[str, ...] = ()

    @property
    def progress(self) -> dict[str, Any]:
        return self.state["meta"]["progress"] if self.state else {"step": 0, "epoch": 0}


def point(folder: RunFolder, config: dict[str, Any], wanted: str | int = LAST, device: str | None = None) -> Point:
    """The checkpoint asked for; where the last is damaged, the newest that is not, or the run's beginning.

    Its model is on the run's own device unless another is named.
    """
    config = config if device is None else {**config, "device": device}
    if wanted != LAST:
        return _read(folder, named_after(wanted) if isinstance(wanted, int) else wanted, config)
    faults: list[str] = []
    for name in folder.checkpoints.names():
        try:
            return Point(*_parts(_read(folder, name, config)), tuple(faults))
        except ConvscopeError as error:
            faults.append(str(error))
    if config["model"]["fresh"]:
        return Point("", first_model(config), None, tuple(faults))
    raise RunError(f"No checkpoint of {folder.id} can be read ({' '.join(faults) or 'there are none'}); start it anew.")


def _parts(found: Point) -> tuple[str, Model, dict[str, Any] | None]:
    return found.name, found.model, found.state


def _read(folder: RunFolder, name: str, config: dict[str, Any]) -> Point:
    path = folder.checkpoints.path(name)
    if not path.is_file():
        there = ", ".join(folder.checkpoints.names()) or "none"
        raise RunError(f"The run {folder.id} has no checkpoint {name!r}; there are: {there}.")
    state = load_training_state(path)
    if state is None:
        raise FileError(path, ["holds no state of a training"])
    model = load(path, config["device"])
    model.recompute = bool(config["recompute"])
    return Point(name, model, state)


def first_model(config: dict[str, Any]) -> Model:
    """The model as it was when the run began with the weights of its seed."""
    from ..runtime.model import Model  # loads the kernels  # noqa: PLC0415

    given = config["model"]
    preprocessing = Preprocessing.from_dict(given["preprocessing"])
    network = Network.from_dict(given["network"])
    model = Model(network, config["device"], given["seed"], preprocessing, given["classes"])
    model.recompute, model.frozen = bool(config["recompute"]), given["frozen"]
    return model


def dataset_of(config: dict[str, Any], given: Dataset | None) -> Dataset:
    """The run's data set, loaded by its name unless it is given; RunError if it is another one."""
    was = config["data"]
    dataset = given or _loaded(was)
    now = identity(dataset)
    differing = [key for key in now if was["identity"].get(key) != now[key]]
    if differing:
        what = f"{differing[0].replace('_', ' ')} was {was['identity'].get(differing[0])} and is {now[differing[0]]}"
        raise RunError(f"The run was begun on other images of {was['identity']['name']} ({what}); give the same data.")
    return dataset


def _loaded(was: dict[str, Any]) -> Dataset:
    name, folder = was["source"], was["folder"]
    try:
        return load_dataset(name, None if folder is None else Path(folder))
    except ConvscopeError as error:
        raise RunError(f"The data set of the run is not there: {error}") from None


def changes_to_come(
    lines: list[log.Line], state: dict[str, Any] | None, step: int, replay: bool, given: Collection[str]
) -> list[list[Any]]:
    """The changes that count from this step on, as a state's JSON has them, less those of settings that are given.

    Without `replay` only those that had been asked for when the checkpoint was written.
    """
    found = {(change[0], change[1]): change[2] for change in (state["meta"].get("changes", []) if state else [])}
    if replay:
        found |= {(c.step, c.setting): c.value for c in log.changes(lines) if c.step >= step}
    return [[*key, value] for key, value in found.items() if key[1] not in given]

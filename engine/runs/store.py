"""The place where runs are kept, each in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..io import FileError
from ..runtime.devices import require
from ..runtime.threads import threads
from ..train import Settings, TrainRun, fit
from ..train.state import State
from . import log, resuming, snapshots
from .checkpoints import LAST
from .comparison import Comparison, compare
from .data_identity import DataSource, identity
from .errors import RunError
from .folder import About, RunFolder, folder_name
from .index import Index
from .keeping import Keeping
from .lengthening import Lengthening
from .merit import Merit, merit_of
from .query import parse
from .recording import Recording
from .summary import RunSummary, summarise

if TYPE_CHECKING:
    from ..runtime.model import Model

SETTING = "CONVSCOPE_RUNS"
_UNFINISHED = ".new-"
_REMOVED = ".removed-"
UNNAMED = About()
_MOST_MADE_AGAIN = 20_000_000  # weights that are worth making a second time to know whether they are those of the seed
_ABANDONED = 3600.0  # seconds after which half-made and half-removed folders are swept


def default_folder() -> Path:
    """CONVSCOPE_RUNS, or the folder `runs` among the user's data."""
    if given := os.environ.get(SETTING):
        return Path(given)
    from platformdirs import user_data_path  # noqa: PLC0415

    return user_data_path("convscope", appauthor=False) / "runs"


class RunStore:
    """Runs in a folder, `default_folder()` unless another is named. The folder is made when the first run is kept."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = Path(path) if path is not None else default_folder()
        self.faults: tuple[str, ...] = ()
        """Why runs were left out of the last list."""

    # ---- keeping runs

    def start(
        self,
        model: Model,
        dataset: Dataset,
        *,
        name: str = "",
        tags: Iterable[str] = (),
        notes: str = "",
        data: DataSource | None = None,
        keeping: Keeping | None = None,
        pinned: NDArray[Any] | None = None,
        **settings: Any,
    ) -> Recording:
        """A run that trains `model` in place, as `model.fit(dataset, **settings)` does, and is kept in the store.

        `data` is how the data set can be loaded again, if not by its name. `pinned` are images, pixels 0–255
        (n, h, w, C), whose activations belong to the snapshots. TrainingError, RunError or FileError says why the run
        cannot be made; nothing is left of it then.
        """
        about = About(name, tuple(tags), notes)
        return self.record(fit(model, dataset, **settings), about, data, keeping, pinned)

    def record(
        self,
        training: TrainRun,
        about: About = UNNAMED,
        data: DataSource | None = None,
        keeping: Keeping | None = None,
        pinned: NDArray[Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Recording:
        """Keep a run that has not begun; see `start`. `extra` is JSON that whoever goes on with it reads again."""
        keeping = keeping or Keeping()
        model, network = training.model, training.model.network
        writer = snapshots.SnapshotWriter(Path(), keeping, network, pinned)  # finds faults before anything is made
        self._sweep()
        folder = RunFolder(self.path / f"{_UNFINISHED}{secrets.token_hex(6)}")
        try:
            config = _config(training, data or DataSource(training.dataset.name), keeping)
            folder.create({**config, "extra": dict(extra or {})}, about)
            folder.snapshots_path.mkdir()
            if pinned is not None:
                snapshots.pin(folder.snapshots_path, pinned)
            first = folder.checkpoints
            first.check_room(model, len(training.settings.optimizer.buffers))
            if not first.write(model, training.state()):
                raise first.error or RunError(f"{first.folder} cannot be written.")
            final = self._move_in(folder.path, about.name or network.name)
        except BaseException as error:
            shutil.rmtree(folder.path, ignore_errors=True)
            if isinstance(error, FileError):
                raise FileError(self.path, error.reasons) from None
            if isinstance(error, OSError):
                why = error.strerror or error
                raise FileError(self.path, [f"runs cannot be kept there ({why}); choose another folder"]) from None
            raise
        writer = snapshots.SnapshotWriter(final.snapshots_path, keeping, network, pinned)
        return Recording(final, training, final.lock(), keeping, writer)

    def resume(
        self,
        reference: str,
        *,
        checkpoint: str | int = LAST,
        dataset: Dataset | None = None,
        targets: Any = None,
        replay: bool = True,
        epochs: int | None = None,
        device: str | None = None,
        **changes: Any,
    ) -> Recording:
        """The run as it goes on from a checkpoint: "last", "previous", "best" or the step of an earlier one.

        Settings that were changed after the checkpoint change again at the same steps (unless `replay` is off), so that
        the weights will be those of the run without interruption. `epochs` makes it longer or shorter; settings in
        `changes` (such as `learning_rate`) have a new value from here on. The data set is loaded by its name unless it
        is given; `targets` must be given again to a run that learns values. It computes on its own device unless
        another is named. RunError, TrainingError, FileError or, of a device, ConvscopeError says why it cannot go on.
        """
        folder = self.folder(reference)
        lock = folder.lock()
        try:
            given = {"epochs": epochs} | ({} if targets is None else {"targets": targets})
            return self._resumed(folder, lock, checkpoint, dataset, replay, given, device, changes)
        except BaseException:
            lock.release()
            raise

    def _resumed(
        self,
        folder: RunFolder,
        lock: Any,
        checkpoint: str | int,
        dataset: Dataset | None,
        replay: bool,
        given: dict[str, Any],
        device: str | None,
        changes: dict[str, Any],
    ) -> Recording:
        config, lines = folder.config(), folder.lines()
        keeping = Keeping.from_dict(config["keeping"])
        require(device or config["device"])
        folder.checkpoints.sweep()
        at = resuming.point(folder, config, checkpoint, device)
        complete = _is_complete(lines, at.progress["step"])
        if complete and given["epochs"] is None and not changes:
            raise RunError(f"The run {folder.id} is complete; give more epochs to go on with it.")
        data = resuming.dataset_of(config, dataset)
        step = at.progress["step"]
        to_come = resuming.changes_to_come(lines, at.state, step, replay, changes)
        training = _training(at, data, config, to_come, given, complete)
        for name, value in changes.items():
            training.change(name, value)
        folder.snapshots_path.mkdir(exist_ok=True)
        if at.name:
            folder.checkpoints.restore(at.name)
        folder.checkpoints.drop_after(step)
        images = snapshots.pinned(folder.snapshots_path)
        writer = snapshots.SnapshotWriter(folder.snapshots_path, keeping, at.model.network, images)
        recording = Recording(folder, training, lock, keeping, writer, _best(lines, at.progress))
        recording.note({"event": log.RESUMED, "step": step, "epoch": at.progress["epoch"], "checkpoint": at.name,
                        "changes": to_come})  # fmt: skip
        if at.state and given["epochs"] and (reason := Lengthening.of(at.state["meta"]).why_not(given["epochs"])):
            recording.warn(reason)
        for fault in at.faults:
            recording.warn(f"{fault} The run goes on from {at.name or 'its beginning'}.")
        if config["threads"] != threads():
            recording.warn(
                f"The run was begun with {config['threads']} threads and goes on with {threads()}; "
                "the last bits may differ."
            )
        if at.model.device != config["device"]:
            recording.warn(
                f"The run was begun on {config['device']} and goes on on {at.model.device}; the last bits may differ."
            )
        return recording

    # ---- finding them

    def runs(self, query: str = "") -> list[RunSummary]:
        """The runs that a search finds, the newest first; without one all.

        Words are looked for in names, networks, data sets, tags and notes; `learning_rate<0.01`, `tag=good`,
        `test_accuracy>=0.98` compare. RunError if the search cannot be understood.
        """
        terms = parse(query)
        with Index(self.path) as index:
            self.faults = tuple(index.refresh(self.folders()))
            return index.find(terms)

    def run(self, reference: str) -> RunSummary:
        """What is to be known of one run, found by id, name or the beginning of an id."""
        return summarise(self.folder(reference))

    def compare(self, references: Iterable[str]) -> Comparison:
        """Runs side by side: the settings that differ, and their figures."""
        return compare([self.folder(reference) for reference in references])

    def moments(self, reference: str) -> list[snapshots.Moment]:
        """The snapshots of a run, first to last."""
        return snapshots.moments(self.folder(reference).snapshots_path)

    # ---- what people say of them

    def describe(self, reference: str, **changes: Any) -> About:
        """Change a run's `name`, `tags` or `notes`; what it then has."""
        folder = self.folder(reference)
        about = replace(folder.about(), **changes)
        folder.describe(about)
        return about

    def tag(self, reference: str, *tags: str, remove: bool = False) -> About:
        """Give a run tags, or take them from it; what it then has."""
        now = self.folder(reference).about().tags
        left = tuple(tag for tag in now if tag not in tags)
        return self.describe(reference, tags=left if remove else tuple(dict.fromkeys((*now, *tags))))

    def remove(self, reference: str) -> str:
        """Remove a run with all its files; its id. RunError if it is going on."""
        folder = self.folder(reference)
        folder.lock().release()  # fails while another process works on it
        gone = self.path / f"{_REMOVED}{secrets.token_hex(6)}"
        try:
            folder.path.rename(gone)
            shutil.rmtree(gone)
        except OSError as error:
            raise FileError(folder.path, [f"cannot be removed ({error.strerror or error})"]) from None
        return folder.id

    # ---- their folders

    def folders(self) -> list[RunFolder]:
        """All runs' folders, in the order of their names."""
        try:
            paths = sorted(path for path in self.path.iterdir() if not path.name.startswith("."))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunError(f"{self.path} cannot be read ({error.strerror or error}).") from None
        return [folder for folder in map(RunFolder, paths) if folder.exists()]

    def folder(self, reference: str) -> RunFolder:
        """The run of this id, name, or beginning of an id; RunError if there is none, or more than one."""
        folders = self.folders()
        exact = [folder for folder in folders if folder.id == reference]
        found = (
            exact
            or [folder for folder in folders if folder.about().name == reference]
            or [folder for folder in folders if reference and folder.id.startswith(reference)]
        )
        if len(found) == 1:
            return found[0]
        if found:
            raise RunError(f"{reference!r} may be {', '.join(folder.id for folder in found)}; give one of them.")
        raise RunError(f"There is no run {reference!r} in {self.path}; convscope runs list shows those there are.")

    # ---- inside

    def _move_in(self, made: Path, wanted: str) -> RunFolder:
        """Give a folder that is complete its name, in one step."""
        while True:
            target = self.path / folder_name(wanted, self.path)
            try:
                made.rename(target)
            except OSError:
                if not target.exists():
                    raise
                continue  # another process took the name
            return RunFolder(target)

    def _sweep(self) -> None:
        """Remove what processes that died left half made or half removed."""
        with contextlib.suppress(OSError):
            for path in self.path.iterdir():
                abandoned = path.name.startswith((_UNFINISHED, _REMOVED))
                if abandoned and time.time() - path.stat().st_mtime > _ABANDONED:
                    shutil.rmtree(path, ignore_errors=True)


def _config(training: TrainRun, data: DataSource, keeping: Keeping) -> dict[str, Any]:
    """The recipe of a run that has not begun."""
    from .. import __version__  # noqa: PLC0415

    model, settings = training.model, training.settings
    return {
        "created": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "convscope": __version__,
        "machine": platform.node(),
        "threads": threads(),
        "device": model.device,
        "recompute": model.recompute,
        "settings": settings.to_dict(),
        "data": {
            "identity": identity(training.dataset),
            "source": data.name,
            "folder": None if data.folder is None else os.fspath(Path(data.folder).resolve()),
        },
        "keeping": keeping.to_dict(),
        "model": {
            "network": model.network.to_dict(),
            "preprocessing": model.preprocessing.to_dict(),
            "classes": list(model.classes),
            "seed": model.seed,
            "frozen": list(model.frozen),
            "parameters": model.parameters,
            "fresh": _is_fresh(training),
        },
    }


def _is_fresh(training: TrainRun) -> bool:
    """Whether the run begins with the weights of its seed, so that they need not be kept to be had again."""
    from ..runtime.model import Model  # noqa: PLC0415

    model = training.model
    if model.parameters > _MOST_MADE_AGAIN:
        return False
    if training.state()["meta"]["progress"]["step"]:
        return False
    other = Model(model.network, model.device, model.seed, model.preprocessing, model.classes)
    return all(np.array_equal(array, other.weights[name]) for name, array in model.weights.items())


def _training(
    at: resuming.Point,
    data: Dataset,
    config: dict[str, Any],
    to_come: list[list[Any]],
    given: dict[str, Any],
    complete: bool,
) -> TrainRun:
    """The training from a point on. A run whose last checkpoint has all epochs, but not its end, only ends."""
    targets = {name: value for name, value in given.items() if name == "targets"}
    if at.state is None:
        state = TrainRun(at.model, data, Settings.from_dict(config["settings"]), **targets).state()
    else:
        state = at.state
    state["meta"]["changes"] = to_come
    if at.progress["epoch"] == state["meta"]["settings"]["epochs"] and given["epochs"] is None and not complete:
        found = State.from_dict(state)
        return TrainRun(at.model, data, found.settings, found, **targets)
    return fit(at.model, data, resume=state, **given)


def _is_complete(lines: list[log.Line], step: int) -> bool:
    """Whether the run came to its end with the weights of this step."""
    told = log.story(lines)
    return bool(told) and told[-1]["event"] == "ended" and (told[-1]["reason"], told[-1]["step"]) == ("completed", step)


def _best(lines: list[log.Line], progress: dict[str, Any]) -> Merit | None:
    """The merit of the best epoch before a point."""
    merits = [merit_of(line) for line in log.story(lines)
              if line["event"] == "epoch" and line["epoch"] <= progress["epoch"]]  # fmt: skip
    return max(merits, default=None)

"""A run's folder: its recipe (`run.json`), what people say of it (`about.json`), events, checkpoints, snapshots."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..io import FileError, atomic_write
from ..io.locks import is_held, lock_at
from . import log
from .checkpoints import Checkpoints
from .errors import RunError

FORMAT, VERSION = "convscope-run", 1
_LONGEST_NAME = 60


@dataclass(frozen=True)
class About:
    """What people say of a run; it can be changed at any time."""

    name: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""


class RunFolder:
    """The files of one run. Reading never changes any of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.checkpoints = Checkpoints(path / "checkpoints")

    @property
    def config_path(self) -> Path:
        return self.path / "run.json"

    @property
    def about_path(self) -> Path:
        return self.path / "about.json"

    @property
    def events_path(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def snapshots_path(self) -> Path:
        return self.path / "snapshots"

    def exists(self) -> bool:
        return self.config_path.is_file()

    def config(self) -> dict[str, Any]:
        """The recipe as it was when the run began; RunError if it cannot be read."""
        config = self._json(self.config_path)
        if config.get("format") != FORMAT or config.get("version") != VERSION:
            what = f"is version {config.get('version')!r} of {config.get('format')!r}"
            raise RunError(f"{self.config_path} {what} and this program reads {VERSION} of {FORMAT}; update Convscope.")
        return config

    def about(self) -> About:
        """Name, tags and notes; empty where the file is missing or damaged."""
        try:
            values = self._json(self.about_path)
            return About(str(values["name"]), tuple(map(str, values["tags"])), str(values["notes"]))
        except (RunError, KeyError, TypeError):
            return About()

    def describe(self, about: About) -> None:
        """Change name, tags and notes. FileError if they cannot be written."""
        atomic_write(self.about_path, json.dumps(asdict(about), ensure_ascii=False, indent=1))

    def lines(self) -> list[log.Line]:
        """Every event that was written, those that were undone included."""
        try:
            return list(log.read(self.events_path))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunError(f"{self.events_path} cannot be read ({error.strerror or error}).") from None

    def story(self) -> list[log.Line]:
        """The events of the run as if it had never been interrupted."""
        return log.story(self.lines())

    def create(self, config: Mapping[str, Any], about: About) -> None:
        """Make the folder with its recipe. FileError or OSError if that is impossible."""
        self.path.mkdir(parents=True)
        self.checkpoints.folder.mkdir()
        document = {"format": FORMAT, "version": VERSION, **config}
        atomic_write(self.config_path, json.dumps(document, ensure_ascii=False, indent=1))
        self.describe(about)

    # ---- who works on it

    def lock(self) -> FileLock:
        """Take the run for this process; RunError if another has it. The system frees it when the process dies."""
        lock = lock_at(self.path / "lock")
        try:
            lock.acquire(timeout=2)
        except Timeout:
            raise RunError(f"The run {self.id} is going on in another process; stop it there first.") from None
        except OSError as error:
            raise FileError(self.path, [f"cannot be written ({error.strerror or error})"]) from None
        return lock

    def is_running(self) -> bool:
        """Whether a process that lives works on it."""
        return is_held(self.path / "lock")

    def _json(self, path: Path) -> dict[str, Any]:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunError(f"{path} cannot be read ({error.strerror or error}).") from None
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise RunError(f"{path} is damaged; remove the run or restore the file.")
        return document


def folder_name(wanted: str, root: Path) -> str:
    """A free folder name made of what is wanted: letters, digits, points and dashes."""
    stem = re.sub(r"[^\w.-]+", "-", wanted, flags=re.ASCII).strip("-._")[:_LONGEST_NAME] or "run"
    name, number = stem, 1
    while os.path.lexists(root / name):
        number += 1
        name = f"{stem}-{number}"
    return name

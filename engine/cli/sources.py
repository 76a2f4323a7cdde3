"""What a command is given to work on: the name of an architecture or a trained network, or a file; a data set."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..data import Dataset
    from ..graph import Network
    from ..runs import DataSource
    from ..runtime.model import Model

_SUFFIXES = {".json", ".safetensors", ".onnx"}


def opened(target: str, device: str = "cpu") -> Network | Model | str:
    """The network or model in a file, the model that comes trained under a name, or the name of an architecture.

    ConvscopeError if it is none of these.
    """
    from ..zoo import ARCHITECTURES, architecture  # noqa: PLC0415

    if target in ARCHITECTURES:
        return target
    from ..io import open_any, trained  # noqa: PLC0415

    if target in trained.TRAINED:
        return trained.load(target, device)
    if _is_file(target):
        return open_any(target, device)
    return architecture(target).name  # raises, naming what is near


def model(target: str | os.PathLike[str], device: str = "cpu") -> Model:
    """The model that comes trained under a name, or the one in a file. ConvscopeError if it is neither."""
    from ..io import load, trained  # noqa: PLC0415

    name = os.fspath(target)
    return (load if name not in trained.TRAINED and _is_file(name) else trained.load)(name, device)


def _is_file(target: str) -> bool:
    """Whether a file is meant, there or not, rather than a name."""
    path = Path(target)
    return path.exists() or path.suffix in _SUFFIXES or len(path.parts) > 1 or os.sep in target


def network(target: str, shape: tuple[int, ...] | None = None) -> Network:
    """The network of an architecture or a file, with another input if `shape` is given."""
    from ..graph import Network  # noqa: PLC0415
    from ..zoo import build  # noqa: PLC0415

    found = opened(target)
    if isinstance(found, str):
        return build(found, **({"input": shape} if shape else {}))
    network = found if isinstance(found, Network) else found.network.copy()
    if shape:
        network.input = shape
    return network


def dataset(name: str, directory: Path | None, quiet: bool) -> Dataset:
    """A data set; downloading and reading show their progress on a terminal."""
    from ..data import load_dataset  # noqa: PLC0415

    with ExitStack() as stack:
        told = _DataBar(stack) if sys.stderr.isatty() and not quiet else None
        return load_dataset(name, directory, told)


def source(what: str, directory: Path | None) -> DataSource:
    """How the data set can be loaded again, from any folder."""
    from ..data.sources import DATASETS, separated  # noqa: PLC0415
    from ..runs import DataSource  # noqa: PLC0415

    name, options = separated(what)
    if name not in DATASETS and Path(name).expanduser().exists():
        name = str(Path(name).expanduser().resolve())
    return DataSource(f"{name}:{options}" if options else name, directory)


class _DataBar:
    """Told of bytes that arrive or are read; the bar appears with the first of them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = self._stack.enter_context(_bar())
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(name, total=total)
        self._bar.update(self._tasks[name], completed=done)


def _bar() -> Any:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)

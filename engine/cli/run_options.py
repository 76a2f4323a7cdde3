"""The options that say how a run is kept, the same for every command that trains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .output import complain

if TYPE_CHECKING:
    from ..runs import DataSource, Keeping, Recording, RunStore
    from ..runs.sinks import Sink
    from ..train import TrainRun

F = TypeVar("F", bound=Callable[..., Any])
STORE = "Folder of the runs  [default: CONVSCOPE_RUNS, or among your data]"
_ALL = "all"


@dataclass(frozen=True)
class Kept:
    """How a run is to be kept; None and () where nothing was given."""

    run_name: str | None = None
    no_run: bool = False
    runs_dir: Path | None = None
    tags: tuple[str, ...] = ()
    checkpoint_every: tuple[str, ...] = ()
    earlier: str | None = None
    snapshot_every: tuple[str, ...] = ()
    tensorboard: Path | None = None
    csv: Path | None = None

    def store(self) -> RunStore:
        """The store that was named, or the usual one."""
        from ..runs import RunStore  # noqa: PLC0415

        return RunStore(self.runs_dir)

    def keeping(self) -> Keeping:
        """What is written when; RunError if that makes no sense."""
        from ..runs import Interval, Keeping, RunError  # noqa: PLC0415

        given: dict[str, Any] = {}
        if self.checkpoint_every:
            given["checkpoints"] = tuple(map(Interval.parse, self.checkpoint_every))
        if self.earlier is not None:
            if self.earlier != _ALL and not self.earlier.isdecimal():
                raise RunError(f"--keep-checkpoints is {self.earlier!r}; give a number, or all.")
            given["earlier"] = None if self.earlier == _ALL else int(self.earlier)
        return Keeping(snapshots=tuple(map(Interval.parse, self.snapshot_every)), **given)

    def record(self, training: TrainRun, data: DataSource) -> Recording | None:
        """Begin to keep the run. Where nobody asked for it by name, a store that cannot be written is only told."""
        from ..io import FileError  # noqa: PLC0415
        from ..runs.folder import About  # noqa: PLC0415

        keeping = self.keeping()
        if self.no_run:
            return None
        try:
            return self.store().record(training, About(self.run_name or "", self.tags), data, keeping)
        except FileError as error:
            if self.run_name is not None:
                raise
            complain(f"warning: {error} The run is not kept.")
            return None

    def sinks(self) -> list[Sink]:
        """The files that are written beside the run."""
        from ..runs.sinks import EpochTable, TensorBoard  # noqa: PLC0415

        found: list[Sink] = [EpochTable(self.csv)] if self.csv else []
        return [*found, TensorBoard(self.tensorboard)] if self.tensorboard else found


def kept(options: dict[str, Any]) -> Kept:
    """Take these options out of those of a command; what it does not have is not given."""
    names = [field.name for field in fields(Kept) if field.name in options]
    return Kept(**{name: options.pop(name) for name in names})


def output_options(command: F) -> F:
    """`--tensorboard` and `--csv`."""
    return _decorated(command, _outputs())


def run_options(command: F) -> F:
    """All of them."""
    every = "Renew the checkpoint every '200 steps', '2 epochs' or '10 minutes'  [default: 1 epoch, 5 minutes]"
    options = (
        click.option("--run", "run_name", metavar="NAME", help="Name the run is kept under  [default: the network's]"),
        click.option("--no-run", is_flag=True, help="Do not keep the run."),
        store_option,
        click.option("--tag", "tags", multiple=True, help="Tag of the run; may be given several times."),
        click.option("--checkpoint-every", multiple=True, metavar="INTERVAL", help=every),
        click.option(
            "--keep-checkpoints", "earlier", metavar="N|all", help="Earlier checkpoints that stay  [default: 0]"
        ),
        click.option(
            "--snapshot-every", multiple=True, metavar="INTERVAL", help="Keep filters, to look at them over time."
        ),
        *_outputs(),
    )
    return _decorated(command, options)


def store_option(command: F) -> F:
    """`--runs-dir`."""
    return click.option("--runs-dir", type=click.Path(path_type=Path), help=STORE)(command)


def _outputs() -> Iterator[Callable[[Any], Any]]:
    path = click.Path(path_type=Path)
    yield click.option("--tensorboard", type=path, metavar="DIR", help="Write event files for TensorBoard into DIR.")
    yield click.option("--csv", type=path, metavar="FILE", help="Write each epoch's figures as a line of FILE.")


def _decorated(command: F, options: Iterable[Callable[[Any], Any]]) -> F:
    for option in reversed(list(options)):
        command = option(command)
    return command

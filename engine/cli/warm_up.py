"""`convscope warm-up`: compile kernels before they are needed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from . import sources
from .output import emit, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..train.warm_up import Finished, Prepared, Ready

_NICENESS = 5  # more would starve it on a busy machine, where people wait for it
_MOST_JOBS = 4  # each takes 250 MB


@click.command("warm-up", short_help="Compile kernels before they are needed.")
@click.argument("targets", metavar="[ARCH|FILE]...", nargs=-1)
@click.option("--batch-size", type=click.IntRange(1, 1_000_000), default=64, show_default=True, help="Images a step.")
@click.option("--optimizer", default="sgd", show_default=True, help="Name of the optimiser.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Kernels to compile at a time  [default: cores, at most 4]")
@click.option("--background", is_flag=True, help="Give way to other programs.")
@click.option("--json", "as_json", is_flag=True, help='Print one JSON event a line; the last is "finished".')
def warm_up(
    targets: tuple[str, ...], batch_size: int, optimizer: str, jobs: int | None, background: bool, as_json: bool
) -> None:
    """Compile and keep all kernels that training each ARCH (see `convscope zoo`), or the network in each FILE, takes.

    Without any: the architectures that train on a laptop. What is in the cache is not compiled again. These are the
    processor's kernels: those of a GPU are compiled for the one that is there, when a run first launches them.
    """
    from ..train.warm_up import warm_up as warmed_up  # noqa: PLC0415
    from ..zoo import ARCHITECTURES  # noqa: PLC0415

    if background:
        _give_way()
    names = targets or tuple(name for name, entry in ARCHITECTURES.items() if entry.compact)
    jobs = jobs or min(os.cpu_count() or 1, _MOST_JOBS)
    events = warmed_up([sources.network(name) for name in names], batch_size, jobs, optimizer)
    if as_json:
        for event in events:
            emit(event.to_dict())
    elif sys.stdout.isatty():
        _show_bar(events)
    else:
        _show_lines(events)


def _give_way() -> None:
    """Let the system prefer other programs."""
    import psutil  # noqa: PLC0415

    psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if os.name == "nt" else _NICENESS)


def _show_lines(events: Iterator[Prepared | Ready | Finished]) -> None:
    from ..train.warm_up import Prepared  # noqa: PLC0415

    for event in events:
        if not isinstance(event, Prepared):
            say(_line(event))


def _show_bar(events: Iterator[Prepared | Ready | Finished]) -> None:
    """The same lines, and below them a bar with the kernel that came last."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    from ..train.warm_up import Prepared  # noqa: PLC0415

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[kernel]}"))
    with Progress(*columns, transient=True) as bar:
        task: Any = bar.add_task("", total=None, kernel="")
        for event in events:
            if isinstance(event, Prepared):
                bar.update(task, completed=event.done, total=event.total, kernel=event.kernel)
            else:
                bar.console.print(_line(event), highlight=False, markup=False)


def _line(event: Ready | Finished) -> str:
    from ..train.warm_up import Finished  # noqa: PLC0415

    if isinstance(event, Finished):
        cached = event.kernels - event.compiled
        return f"{event.compiled} kernels compiled in {event.seconds:.1f} s, {cached} were in the cache"
    return f"{event.network} is ready"

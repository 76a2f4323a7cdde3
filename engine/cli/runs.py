"""`convscope runs`: the runs that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import sources
from .device_option import device_option
from .output import complain, emit, say
from .run_options import kept, output_options, store_option

if TYPE_CHECKING:
    from ..runs import RunStore

_RUN = click.argument("run", metavar="RUN")
_RUNS = click.argument("runs", nargs=-1, required=True, metavar="RUN…")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _store(folder: Path | None) -> RunStore:
    from ..runs import RunStore  # noqa: PLC0415

    return RunStore(folder)


@click.group(short_help="List, compare and resume the runs that are kept.")
def runs() -> None:
    """The runs that `convscope train` keeps, each in a folder: recipe, events, checkpoints.

    RUN is a run's id, its name, or the beginning of its id.
    """


@runs.command("list", short_help="List runs, or search for some.")
@click.argument("query", nargs=-1)
@store_option
@_JSON
def list_(query: tuple[str, ...], runs_dir: Path | None, as_json: bool) -> None:
    """The runs, the newest first; only those for which all terms of QUERY hold.

    A word is looked for in names, networks, data sets, tags and notes. Settings and figures are compared:
    tag=good, status=interrupted, 'learning_rate<=0.01', 'test_accuracy>0.98'.
    """
    store = _store(runs_dir)
    found = store.runs(" ".join(f"'{term}'" if "'" not in term else term for term in query))
    for fault in store.faults:
        complain(f"warning: {fault}")
    if as_json:
        emit([run.to_dict() for run in found])
        return
    from .runs_text import listing  # noqa: PLC0415

    say(listing(found, store.path, searched=bool(query)))


@runs.command(short_help="Show a run's recipe and figures.")
@_RUN
@store_option
@_JSON
def show(run: str, runs_dir: Path | None, as_json: bool) -> None:
    """The recipe of RUN, what happened in it, its epochs and its files."""
    store = _store(runs_dir)
    folder, summary = store.folder(run), store.run(run)
    told = folder.story()
    if as_json:
        epochs = [line for line in told if line["event"] == "epoch"]
        emit({**summary.to_dict(), "epochs": epochs, "checkpoints": folder.checkpoints.names(),
              "snapshots": [moment.step for moment in store.moments(run)]})  # fmt: skip
        return
    from .runs_text import description  # noqa: PLC0415

    say(description(summary, told, folder.checkpoints.names(), store.moments(run)))


@runs.command(short_help="Show runs side by side.")
@_RUNS
@store_option
@_JSON
def compare(runs: tuple[str, ...], runs_dir: Path | None, as_json: bool) -> None:
    """The settings in which the runs differ, and their figures side by side."""
    found = _store(runs_dir).compare(runs)
    if as_json:
        emit(found.to_dict())
        return
    from .runs_text import side_by_side  # noqa: PLC0415

    say(side_by_side(found))


@runs.command(short_help="Give a run tags, or take them away.")
@_RUN
@click.argument("tags", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take the tags away.")
@store_option
@_JSON
def tag(run: str, tags: tuple[str, ...], remove: bool, runs_dir: Path | None, as_json: bool) -> None:
    """Give RUN these tags, or take them away."""
    about = _store(runs_dir).tag(run, *tags, remove=remove)
    if as_json:
        emit({"tags": list(about.tags)})
    else:
        say(f"Tags of {run}: {', '.join(about.tags) or 'none'}.")


@runs.command(short_help="Name a run, or write notes on it.")
@_RUN
@click.option("--name", help="The run's name.")
@click.option("--text", help="The notes; they take the place of older ones.")
@store_option
def note(run: str, name: str | None, text: str | None, runs_dir: Path | None) -> None:
    """Give RUN a name or notes; without options, show the notes."""
    store = _store(runs_dir)
    given = {key: value for key, value in (("name", name), ("notes", text)) if value is not None}
    about = store.describe(run, **given) if given else store.folder(run).about()
    say(about.notes if not given else f"{about.name or run}: {about.notes}".rstrip(": "))


@runs.command(short_help="Remove runs with all their files.")
@_RUNS
@click.option("--yes", is_flag=True, help="Do not ask.")
@store_option
def remove(runs: tuple[str, ...], yes: bool, runs_dir: Path | None) -> None:
    """Remove the runs with their checkpoints and everything else."""
    store = _store(runs_dir)
    found = [store.folder(run).id for run in runs]
    if not yes:
        click.confirm(f"Remove {', '.join(found)} with all checkpoints?", abort=True)
    for run in found:
        say(f"Removed {store.remove(run)}.")


@runs.command(short_help="Go on with a run that was interrupted.")
@_RUN
@click.option("--from", "checkpoint", metavar="CHECKPOINT", default="last", show_default=True,
              help="last, previous, best, or the step of an earlier one.")  # fmt: skip
@click.option("--no-replay", is_flag=True, help="Leave out the changes that were made after the checkpoint.")
@click.option("--epochs", type=int, help="Epochs in all, more or fewer than before.")
@click.option("--lr", "learning_rate", type=float, help="Learning rate from here on.")
@click.option("--momentum", type=float, help="Momentum from here on.")
@click.option("--weight-decay", type=float, help="Weight decay from here on.")
@click.option("--batch-size", type=int, help="Images a step from the next epoch on.")
@device_option(default=None, help="Where to compute  [default: where the run was begun]")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the data set's files, if it has moved.")
@click.option("--out", type=click.Path(path_type=Path), help="Model file, written after every epoch.")
@output_options
@store_option
@click.option("--json", "as_json", is_flag=True, help='Print one JSON event a line; the last is "ended".')
def resume(run: str, checkpoint: str, no_replay: bool, epochs: int | None, device: str | None,
           data_dir: Path | None, out: Path | None, as_json: bool, **options: Any) -> int:  # fmt: skip
    """Go on with RUN from its last checkpoint: the weights will be those of the run without interruption, bit for bit.

    Settings that were changed after the checkpoint change again at the same steps.
    """
    from ..runs.checkpoint import Checkpoint  # noqa: PLC0415
    from .session import carry_out  # loads the kernels  # noqa: PLC0415

    outputs = kept(options)
    store = outputs.store()
    changes = {name: value for name, value in options.items() if value is not None}
    data = store.folder(run).config()["data"]
    model_file = Checkpoint(out) if out else None
    if model_file:
        model_file.check()
    recording = store.resume(
        run,
        checkpoint=int(checkpoint) if checkpoint.isdecimal() else checkpoint,
        dataset=sources.dataset(data["source"], data_dir or data["folder"], as_json),
        replay=not no_replay,
        epochs=epochs,
        device=device,
        **changes,
    )
    return carry_out(recording, model_file, outputs.sinks(), as_json)

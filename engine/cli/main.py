"""The `convscope` command: its parts, and the guard that turns every failure into one line and an exit status."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from ..spec import ConvscopeError
from . import (
    bench,
    data,
    desktop,
    doctor,
    evaluate,
    explain,
    export,
    features,
    importing,
    lr_range,
    recipes,
    runs,
    summary,
    train,
    transfer,
    warm_up,
    weights,
    zoo,
)
from .output import PipeClosed, accept_any_character, complain, silence_stdout

BAD_INPUT = 2
FAILED = 1
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
PIPE_CLOSED = 141  # 128 + SIGPIPE
DEBUG = "CONVSCOPE_DEBUG"


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without arguments, or with a network (.json) or model (.safetensors, .onnx) file, the desktop opens.",
)
@click.version_option(package_name="convscope", prog_name="convscope")
@click.option("--threads", type=click.IntRange(min=1), help="Threads kernels use  [default: all cores].")
def convscope(threads: int | None) -> None:
    """Convscope: a laboratory for convolutional networks.

    Build a network, read its true cost, train it, look inside it.
    """
    if threads is not None:
        from ..runtime.threads import set_threads  # loads Numba  # noqa: PLC0415

        set_threads(threads, "--threads")


_COMMANDS = (
    train.train, transfer.transfer, features.features, evaluate.evaluate, explain.explain, export.export,
    importing.import_, runs.runs, summary.summary, zoo.zoo, data.data, lr_range.lr_range, recipes.recipes, bench.bench,
    warm_up.warm_up, weights.weights, doctor.doctor,
)  # fmt: skip
for _command in _COMMANDS:
    convscope.add_command(_command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0 done, 2 bad input, 130 interrupted, 1 anything else."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    accept_any_character()
    try:
        return _run(arguments)
    except PipeClosed:
        silence_stdout()
        return PIPE_CLOSED
    except (Exception, KeyboardInterrupt) as error:
        message, status = _told(error)
        if status == FAILED and os.environ.get(DEBUG):
            traceback.print_exc()
        complain(message)
        return status


def _told(error: BaseException) -> tuple[str, int]:
    """What to say about an error, in one line, and the exit status."""
    match error:
        case click.Abort() | KeyboardInterrupt():
            return "Interrupted.", INTERRUPTED
        case click.ClickException():
            return _usage(error), BAD_INPUT
        case ConvscopeError():
            return str(error), BAD_INPUT
        case MemoryError():
            return "There is not enough memory; use a smaller batch, input or network.", BAD_INPUT
    name = type(error).__name__
    return f"internal error: {name}: {error} (please report it; set {DEBUG}=1 for the traceback)", FAILED


def _run(arguments: list[str]) -> int:
    if not arguments or _names_a_file(arguments[0]):
        return desktop.start(arguments)
    status = convscope.main(arguments, prog_name="convscope", standalone_mode=False)
    sys.stdout.flush()
    return status if isinstance(status, int) else 0


def _names_a_file(argument: str) -> bool:
    """Whether the first argument is a file to open; ConvscopeError if it looks like one that is not there."""
    if argument in convscope.commands:
        return False
    path = Path(argument)
    if path.suffix in (".json", ".safetensors", ".onnx") and not path.exists():
        raise ConvscopeError(f"{argument}: there is no such file; check the path.")
    return path.is_file()


def _usage(error: click.ClickException) -> str:
    """Click's message with the way to help, on one line."""
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{message} (see {context.command_path if context else 'convscope'} --help)"


if __name__ == "__main__":
    sys.exit(main())

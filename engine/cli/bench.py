"""`convscope bench`: how fast this machine trains, infers and convolves, alone or beside other libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..runtime.devices import CPU
from .device_option import device_option, hand_on_math_mode
from .output import complain, emit, say, write_json
from .progress import Bar

if TYPE_CHECKING:
    from ..bench.explaining import ExplainResult
    from ..bench.inference import InferenceResult
    from ..bench.kernels import KernelResult
    from ..bench.training import TrainingResult

    Result = TrainingResult | InferenceResult | KernelResult | ExplainResult

F = TypeVar("F", bound=Callable[..., Any])
_PRINTED = "-"
_GPU_SUBJECTS = ("kernels", "train", "infer")


@click.group(no_args_is_help=False, short_help="Measure speed, alone or beside PyTorch and ONNX Runtime.")
def bench() -> None:
    """Measure speed, alone or beside other libraries (--vs).

    Every side has a process of its own with as many threads as ours. The sides take turns, round by round; figures are
    medians over the rounds, ratios the median over pairs of one round, taken against the fastest configuration of a
    library. Before anything is timed, both sides' outputs are found to agree. Rounds that other programs disturb are
    repeated, up to twice.

    On a GPU (--device cuda) all ends within the --minutes given, and --json FILE is written after every stage: what
    there is, whether every layer computes what it does on the CPU, what launches take, then what was asked for. Several
    subjects go together: convscope bench kernels train infer --device cuda --vs torch --json FILE.
    """


def _peers(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(name for part in value.split(",") if (name := part.strip()))


def _common(seconds: float, peers: str) -> Callable[[F], F]:
    """The options of every subject; `seconds` is the usual length of a turn, `peers` what can be compared with."""
    return _with(
        click.option("--vs", default="", metavar="PEERS", callback=_peers, help=f"Compare with: {peers}."),
        click.option(
            "--rounds", type=click.IntRange(1, 1000), default=7, show_default=True, help="Turns of each side."
        ),
        click.option(
            "--seconds", type=click.FloatRange(0.001, 600), default=seconds, show_default=True, help="Length of a turn."
        ),
        click.option(
            "--json", "json_to", is_flag=False, flag_value=_PRINTED, metavar="[FILE]",
            help="Print JSON, or write it to FILE.",
        ),
    )  # fmt: skip


def _on_devices(function: F) -> F:
    """What those subjects take that are also measured on a GPU, all of them in one go if wanted."""
    return _with(
        click.argument("more", nargs=-1, type=click.Choice(_GPU_SUBJECTS), metavar="[SUBJECT]..."),
        device_option(),
        click.option(
            "--minutes", type=click.FloatRange(0.1, 600), default=9.5, show_default=True,
            help="With --device cuda: when it ends at the latest; what there is no time for is named.",
        ),
    )(function)  # fmt: skip


def _with(*options: Callable[[Any], Any]) -> Callable[[F], F]:
    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add


_network = click.option("--network", "names", multiple=True, metavar="ARCH", help="Architecture; may be repeated.")
_batch = click.option(
    "--batch", "batches", multiple=True, type=click.IntRange(1, 100_000), help="Images at a time; may be repeated."
)


@bench.command(short_help="Images a second of whole training steps.")
@_network
@_batch
@click.option("--cold", is_flag=True, help="Also start with an empty kernel cache, so that everything is compiled.")
@_on_devices
@_common(seconds=0.5, peers="torch")
def train(
    names: tuple[str, ...],
    batches: tuple[int, ...],
    cold: bool,
    vs: tuple[str, ...],
    rounds: int,
    seconds: float,
    json_to: str | None,
    **gpu: Any,
) -> int:
    """Images a second of whole training steps, start-up time, memory, and whether the same seed gives the same bits.

    A step of ours gathers its batch from pixels and does forward, loss, backward and SGD with momentum and weight
    decay. A step of PyTorch (eager; contiguous and channels last) does the same on one batch that is ready as floats.
    """
    if _is_for_gpu(gpu):
        return _gpu("train", gpu, vs, rounds, json_to, names=names, batches=batches)
    from ..bench import cases, peers, training  # noqa: PLC0415
    from ..bench.rounds import Effort  # noqa: PLC0415

    chosen, effort = peers.chosen(vs, trains=True), Effort(rounds, seconds, _threads())
    wanted = cases.networks(names, batches)
    with Bar(json_to == _PRINTED, training.units(wanted, effort)) as bar:
        result = training.measure(wanted, chosen, effort, bar.advance, cold)
    _show(result, vs, json_to)
    return 0


@bench.command(short_help="Images a second of inference.")
@_network
@_batch
@_on_devices
@_common(seconds=0.2, peers="torch,onnxruntime")
def infer(
    names: tuple[str, ...],
    batches: tuple[int, ...],
    vs: tuple[str, ...],
    rounds: int,
    seconds: float,
    json_to: str | None,
    **gpu: Any,
) -> int:
    """Images a second of inference, one image and 64 at a time unless --batch says otherwise.

    Ours is `Model.predict`, which copies its input and output. PyTorch runs eager (contiguous and channels last) and
    compiled with frozen weights; ONNX Runtime with all optimisations.
    """
    if _is_for_gpu(gpu):
        return _gpu("infer", gpu, vs, rounds, json_to, names=names, batches=batches)
    from ..bench import cases, inference, peers  # noqa: PLC0415
    from ..bench.rounds import Effort  # noqa: PLC0415

    chosen, effort = peers.chosen(vs), Effort(rounds, seconds, _threads())
    wanted = cases.networks(names, batches or cases.INFERENCE_BATCHES)
    with Bar(json_to == _PRINTED, inference.units(wanted, effort)) as bar:
        result = inference.measure(wanted, chosen, effort, bar.advance)
    _show(result, vs, json_to)
    return 0


@bench.command(short_help="Every pass of convolutions, beside the machine's limit.")
@click.option("--shape", "shapes", multiple=True, metavar="N,C,H,K,F,S,P[,G]", help="Convolution; may be repeated.")
@_on_devices
@_common(seconds=0.05, peers="torch")
def kernels(
    shapes: tuple[str, ...], vs: tuple[str, ...], rounds: int, seconds: float, json_to: str | None, **gpu: Any
) -> int:
    """Forward, weight gradient and input gradient of convolutions, beside the machine's limit.

    A shape is batch, channels, height and width, filters, kernel, stride, padding and, if not 1, groups. Rates are
    operations of the direct sum a second, two for a multiply-add; Winograd needs fewer, and may go beyond the limit,
    which is what the same register tile reaches on operands that stay in L1, on all threads, in the same rounds.
    """
    if _is_for_gpu(gpu):
        return _gpu("kernels", gpu, vs, rounds, json_to, shapes=shapes)
    from ..bench import cases, peers  # noqa: PLC0415
    from ..bench import kernels as subject  # noqa: PLC0415
    from ..bench.rounds import Effort  # noqa: PLC0415

    chosen, effort = peers.chosen(vs, trains=True), Effort(rounds, seconds, _threads())
    wanted = tuple(cases.ConvCase.parse(text) for text in shapes) or cases.CONVOLUTIONS
    with Bar(json_to == _PRINTED, subject.units(wanted, effort)) as bar:
        result = subject.measure(wanted, next(iter(chosen), None), effort, bar.advance)
    _show(result, vs, json_to)
    return 0


@bench.command(short_help="Explanations a second, beside Captum.")
@click.option("--method", "methods", multiple=True, metavar="METHOD", help="Explanation method; may be repeated.")
@device_option(help="Where both sides compute.")
@_common(seconds=0.5, peers="torch")
def explain(
    methods: tuple[str, ...], device: str, vs: tuple[str, ...], rounds: int, seconds: float, json_to: str | None
) -> int:
    """Explanations of one image a second, from pixels to the finished map.

    With --vs torch the peer is Captum on PyTorch, for DeepDream the loop written in PyTorch, in the faster of both
    memory layouts.
    """
    hand_on_math_mode(device)
    from ..bench import explaining, peers  # noqa: PLC0415
    from ..bench.rounds import Effort  # noqa: PLC0415

    chosen, effort = peers.chosen(vs, explains=True), Effort(rounds, seconds, _threads())
    wanted = explaining.chosen(methods, device)
    with Bar(json_to == _PRINTED, explaining.units(wanted, effort)) as bar:
        result = explaining.measure(wanted, chosen, effort, bar.advance)
    _show(result, vs, json_to)
    return 0


def _is_for_gpu(given: dict[str, Any]) -> bool:
    """Whether a GPU is meant; UsageError for what only one can do."""
    if given["device"] != CPU:
        return True
    if given["more"]:
        raise click.UsageError(f"{', '.join(given['more'])}: several subjects at a time need --device cuda.")
    return False


def _gpu(
    subject: str, given: dict[str, Any], vs: tuple[str, ...], rounds: int, json_to: str | None, **cases: Any
) -> int:
    from .bench_gpu import Order, run  # noqa: PLC0415

    context = click.get_current_context()
    usual = context.get_parameter_source("seconds") is click.core.ParameterSource.DEFAULT
    return run(
        Order(
            subjects=tuple(dict.fromkeys((subject, *given["more"]))),
            peers=vs,
            rounds=rounds,
            seconds=None if usual else context.params["seconds"],
            minutes=given["minutes"],
            printed=json_to == _PRINTED,
            file=None if json_to in (None, _PRINTED) else Path(json_to),
            **cases,
        )
    )


def _threads() -> int | None:
    """What `convscope --threads` asks for."""
    asked: int | None = click.get_current_context().find_root().params.get("threads")
    return asked


def _show(result: Result, vs: tuple[str, ...], json_to: str | None) -> None:
    from ..bench.others import DISTURBING  # noqa: PLC0415
    from ..bench.peers import PEERS  # noqa: PLC0415
    from . import bench_tables, facts  # noqa: PLC0415

    versions = facts.versions(*(package for name in vs for package in PEERS[name].packages))
    machine = {**facts.processor(), "threads": result.threads}
    if json_to is not None:
        found = {"machine": machine, "versions": versions, **result.to_dict(), "notes": list(result.notes)}
        if json_to == _PRINTED:
            emit(found)
        else:
            write_json(Path(json_to), found)
        return
    say(bench_tables.text(result, machine, versions))
    for note in result.notes:
        complain(note)
    if (most := max(row.others_share for row in result.rows)) >= DISTURBING:
        complain(f"warning: other programs used up to {most:.0%} of the processor meanwhile; figures are unsteady")

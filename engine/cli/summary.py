"""`convscope summary`: what a network costs, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .. import blocks
from ..cost import advice
from . import sources
from .device_option import device_option
from .image_shape import ImageShape
from .output import complain, emit, say
from .preparing import parsed

if TYPE_CHECKING:
    from ..cost import Summary
    from ..cost.comparison import Comparison
    from ..graph import Network


@click.command(short_help="Show what a network costs, layer by layer.")
@click.argument("target", metavar="ARCH|FILE")
@click.option("--input", "shape", type=ImageShape(), help="Shape of the image, instead of the network's own.")
@click.option("--batch", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="Images at a time.")
@click.option("--compare", "other", metavar="ARCH|FILE", help="Show this network's totals beside the other's.")
@click.option("--freeze", metavar="LAYERS", help="Layers that do not learn: names with commas, or the number that do.")
@click.option("--optimizer", default="sgd", show_default=True, help="Whose arrays are memory for training.")
@click.option("--measure", is_flag=True, help="Run it too: milliseconds of each layer, forward and backward.")
@device_option()
@click.option("--fold", is_flag=True, help="Show each block as one line, the sum of its layers.")
@click.option("--advice", "wants_advice", is_flag=True, help="Say what the guidelines of network design advise.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--csv", "form", flag_value="csv", help="Print CSV.")
def summary(
    target: str,
    shape: tuple[int, ...] | None,
    batch: int,
    other: str | None,
    freeze: str | None,
    optimizer: str,
    measure: bool,
    device: str,
    fold: bool,
    wants_advice: bool,
    form: str | None,
) -> int:
    """Parameters, multiply-adds, memory and receptive field of ARCH (see `convscope zoo`) or of the network in FILE."""
    if wants_advice and (other or form == "csv"):
        raise click.UsageError("--advice goes with the text or JSON of one network; leave out --compare and --csv.")
    networks = [sources.network(name, shape) for name in (target, other) if name]
    errors = [error for network in networks for error in network.errors()]
    if form is None or not errors:
        arrays = _arrays(optimizer)
        tables = [
            _costs(network, batch, arrays, device if measure and not errors else None, freeze) for network in networks
        ]
        if fold:
            tables = [_folded(table, network) for table, network in zip(tables, networks)]
        shown = tables[0] if len(tables) == 1 else _side_by_side(*tables)
        _print(shown, networks, batch, form, wants_advice)
    if errors:
        complain(" ".join(str(error) for error in errors))
    return 2 if errors else 0


def _print(
    shown: Summary | Comparison, networks: list[Network], batch: int, form: str | None, wants_advice: bool
) -> None:
    first = networks[0]
    if form == "json":
        found: dict[str, Any] = {"advice": advice.to_list(first, first.advice(), batch)} if wants_advice else {}
        emit(shown.to_dict() | found)
    elif form == "csv":
        say(shown.to_csv().rstrip())
    else:
        say(str(shown))
        if wants_advice:  # warnings are among it
            say(f"\n{advice.render(first, first.advice(), batch)}")
            return
        for problem in (problem for network in networks for problem in network.problems()):
            if problem.severity == "warning":
                say(f"\nWarning: {problem}")


def _arrays(optimizer: str) -> int:
    """How many numbers the optimiser keeps for each weight."""
    from ..train.optimizer import optimizer as found  # noqa: PLC0415

    return len(found(optimizer).buffers)


def _costs(network: Network, batch: int, arrays: int, measured_on: str | None, freeze: str | None) -> Summary:
    costs = network.summary(batch, arrays, frozen=() if freeze is None else _frozen(network, freeze))
    if measured_on is None:
        return costs
    from ..runtime.timing import measure  # loads Numba  # noqa: PLC0415

    return costs.with_measured(measure(network, batch, measured_on))


def _frozen(network: Network, text: str) -> tuple[str, ...]:
    from ..train.transfer import frozen_layers  # noqa: PLC0415

    network.check()
    return frozen_layers(network, parsed(text))


def _folded(costs: Summary, network: Network) -> Summary:
    """One row for each block of the network, also for those that are only seen in its layers."""
    blocks.fold(network)
    return costs.folded(network.groups.values())


def _side_by_side(first: Summary, second: Summary) -> Comparison:
    from ..cost.comparison import Comparison  # noqa: PLC0415

    return Comparison(first, second)

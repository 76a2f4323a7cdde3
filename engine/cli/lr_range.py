"""`convscope lr-range`: which learning rates a network can learn at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import sources
from .data_options import data_options
from .device_option import device_option
from .output import emit, say, table

if TYPE_CHECKING:
    from ..train.rate_range import RangeTest

_ROWS = 20


@click.command("lr-range", short_help="Find a learning rate for a network and a data set.")
@click.argument("target", metavar="ARCH|FILE")
@data_options
@click.option("--optimizer", default="sgd", show_default=True, help="Optimiser, such as adam:beta1=0.8.")
@click.option("--batch-size", type=click.IntRange(1, 1_000_000), help="Images a step  [default: suits the data set]")
@click.option("--lowest", type=float, default=1e-6, show_default=True, help="First rate.")
@click.option("--highest", type=float, default=10.0, show_default=True, help="Last rate.")
@click.option("--steps", type=int, default=100, show_default=True, help="Batches, each at a higher rate.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, help="Seed of weights and order  [default: 0]")
@device_option()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def lr_range(
    target: str, data: str, data_dir: Path | None, seed: int, device: str, as_json: bool, **settings: Any
) -> None:
    """Train for a few batches at rates that grow from one to the next (Smith 2017), and suggest one.

    The suggestion is the rate at which the loss falls fastest. Nothing is kept.
    """
    from ..runtime.model import Model  # loads Numba  # noqa: PLC0415
    from ..train.rate_range import range_test  # noqa: PLC0415
    from ..zoo import build_for  # noqa: PLC0415

    source = sources.opened(target, device)
    dataset = sources.dataset(data, data_dir, as_json)
    if isinstance(source, str):
        source = build_for(source, dataset.image_shape, len(dataset.classes))
    if not isinstance(source, Model):
        source = Model(source, device, seed, dataset.preprocessing, dataset.classes)
    found = range_test(source, dataset, seed=seed, **settings)
    if as_json:
        emit(found.to_dict())
    else:
        _show(found)


def _show(found: RangeTest) -> None:
    """A row for every few rates, and the suggestion."""
    every = max(1, len(found.rates) // _ROWS)
    rows = list(zip(found.rates, found.losses, found.smoothed))[::every]
    cells = [(f"{rate:.2e}", f"{loss:.4f}", f"{mean:.4f}") for rate, loss, mean in rows]
    say(f"{found.network} on {found.dataset}, {found.optimizer}, batches of {found.batch_size}\n")
    say(table(("rate", "loss", "smoothed"), cells, (True, True, True)))
    if found.diverged and found.rates:
        say(f"\nAt {found.rates[-1]:.2g} the loss grew without end.")
    if found.suggestion is None:
        say("The loss fell at no rate; try others with --lowest and --highest, or more --steps.")
    else:
        say(f"The loss falls fastest at {found.suggestion:.2g}: try --lr {found.suggestion:.2g}.")

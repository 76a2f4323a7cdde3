"""`convscope train`: the options; the work is in `session.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .data_options import data_options

DEVICES = ("cpu", "cuda")


@click.command(short_help="Train a network on a data set.")
@click.argument("target", metavar="ARCH|FILE", required=False)
@data_options
@click.option("--epochs", type=int, help="Passes over the training images  [default: suits the data set]")
@click.option("--batch-size", type=int, help="Images a step  [default: 64, fewer for small sets]")
@click.option("--optimizer", help="Optimiser  [default: sgd]")
@click.option("--lr", type=float, help="Learning rate  [default: 0.03]")
@click.option("--momentum", type=float, help="Momentum  [default: 0.9]")
@click.option("--weight-decay", type=float, help="Weight decay  [default: 0.0005]")
@click.option("--schedule", help="Learning rate over time: cosine, step or constant  [default: cosine]")
@click.option(
    "--augment",
    metavar="LIST",
    help="Show images changed at random: flip,crop:padding=4 and the like  [default: as they are]",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of weights, order and dropout  [default: 0]")
@click.option("--device", type=click.Choice(DEVICES), default="cpu", show_default=True, help="Where to compute.")
@click.option("--recompute", is_flag=True, help="Keep few activations and compute the others again: less memory.")
@click.option("--out", type=click.Path(path_type=Path), help="Model file, written after every epoch.")
@click.option("--resume", type=click.Path(path_type=Path), help="Model file of a run to go on with; needs no ARCH.")
@click.option("--json", "as_json", is_flag=True, help='Print one JSON event a line; the last is "ended".')
def train(**options: Any) -> int:
    """Train ARCH (see `convscope zoo`), or the network or model in FILE, on a data set.

    Ctrl-C ends the run after the batch in hand; with --out the model is kept, and --resume goes on from there, bit for
    bit.
    """
    from .session import Order, run  # loads the kernels  # noqa: PLC0415

    return run(Order(**options))

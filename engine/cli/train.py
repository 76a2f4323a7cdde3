"""`convscope train`: the options; the work is in `session.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .data_options import data_options
from .device_option import device_option
from .preparing import HEAD, head_options, preparation
from .recipe_options import NAMES, recipe_options
from .run_options import kept, run_options


@click.command(short_help="Train a network on a data set.")
@click.argument("target", metavar="ARCH|FILE", required=False)
@data_options
@recipe_options
@head_options
@device_option()
@click.option("--recompute", is_flag=True, help="Keep few activations and compute the others again: less memory.")
@click.option("--out", type=click.Path(path_type=Path), help="Model file, written after every epoch.")
@click.option("--resume", type=click.Path(path_type=Path), help="Model file of a run to go on with; needs no ARCH.")
@run_options
@click.option("--json", "as_json", is_flag=True, help='Print one JSON event a line; the last is "ended".')
def train(**options: Any) -> int:
    """Train ARCH (see `convscope zoo`), or the network or model in FILE, on a data set.

    The run is kept (see `convscope runs`) unless --no-run is given: whatever ends it, `convscope runs resume` goes on
    with it, bit for bit. Ctrl-C ends it after the batch in hand. With --out the model is also written to a file, and
    --resume goes on from there.
    """
    from .session import Order, run  # loads the kernels  # noqa: PLC0415

    settings = {name: options.pop(name) for name in NAMES}
    change = preparation(**{name: options.pop(name) for name in HEAD})
    return run(Order(settings=settings, kept=kept(options), change=change, **options))

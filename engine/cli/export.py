"""`convscope export`: a model as a file for another program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from . import sources
from .output import emit, say


@click.command(short_help="Write a model for ONNX or PyTorch.")
@click.argument("target", metavar="NAME|FILE")
@click.option("--to", type=click.Choice(["onnx", "pytorch"]), help="Format  [default: told by OUT's suffix]")
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--opset", type=int, help="Version of ONNX's operators  [default: 17]")
@click.option("--with-preprocessing", is_flag=True, help="ONNX: let the network take pixels from 0 to 255.")
@click.option("--no-verify", is_flag=True, help="Do not run the file and compare its outputs.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def export(
    target: str,
    to: str | None,
    out: Path,
    opset: int | None,
    with_preprocessing: bool,
    no_verify: bool,
    as_json: bool,
) -> None:
    """Write the model in FILE, or one that comes trained under NAME, to OUT: an ONNX file, or PyTorch code with its
    weights beside it as .safetensors.

    Where ONNX Runtime or PyTorch is installed, the file is run on random images and kept only if its outputs are ours.
    """
    from ..io.export import chosen_format  # noqa: PLC0415
    from ..io.export import export as write  # noqa: PLC0415

    options: dict[str, Any] = {} if opset is None else {"opset": opset}
    options |= {"with_preprocessing": True} if with_preprocessing else {}
    chosen = chosen_format(out, to)
    if options and chosen.name != "onnx":
        raise click.UsageError("--opset and --with-preprocessing are of ONNX; leave them out.")
    done = write(sources.model(target), out, chosen.name, not no_verify, **options)
    if as_json:
        emit(done.to_dict())
    else:
        say(f"Wrote {' and '.join(map(str, done.files))}: {done}.")

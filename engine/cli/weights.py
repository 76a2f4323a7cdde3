"""`convscope weights`: weights that another program trained, as a model."""

from __future__ import annotations

from pathlib import Path

import click

from .output import say


@click.command(short_help="Take weights from torchvision, timm or PyTorch files.")
@click.argument("architecture", metavar="ARCH")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
def weights(architecture: str, file: Path, out: Path) -> None:
    """Load the weights in FILE into ARCH (see `convscope zoo`) and save the model to OUT.

    FILE is .safetensors, or .pth, .pt or .th of PyTorch, of which tensors are read and nothing is run. Names are those
    of torchvision or timm, or of PyTorch code that `convscope export` wrote.
    """
    from ..io import save  # noqa: PLC0415
    from ..io.foreign import load_weights  # noqa: PLC0415

    model = load_weights(architecture, file)
    save(model, out)
    say(f"Wrote {out}: {model.network.name} with {model.parameters:,} parameters from {file}")

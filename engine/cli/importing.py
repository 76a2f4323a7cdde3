"""`convscope import`: a model that another program wrote, as a file of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..data.presets import PRESETS, SUMMARIES
from ..spec import ConvscopeError, format_shape
from .image_shape import ImageShape
from .output import emit, say

if TYPE_CHECKING:
    from ..runtime.model import Model

_PATH = click.Path(path_type=Path)
_PRESETS = "; ".join(f"{name}: {summary}" for name, summary in SUMMARIES.items())


@click.command("import", short_help="Read a model that another program wrote (ONNX).")
@click.argument("file", metavar="FILE.onnx", type=_PATH)
@click.argument("out", metavar="OUT", type=_PATH)
@click.option(
    "--preprocess",
    "preprocessing",
    type=click.Choice(list(PRESETS)),
    help=f"How pixels become the network's input. {_PRESETS}.  [default: what the file says, else unit]",
)
@click.option("--classes", type=_PATH, metavar="NAMES", help="Names of the classes: a text file, one a line, or JSON.")
@click.option("--input", "shape", type=ImageShape(), help="Size of the image, where the file leaves it open.")
@click.option("--output", metavar="NAME", help="Which output is meant, where the file has several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_(
    file: Path,
    out: Path,
    preprocessing: str | None,
    classes: Path | None,
    shape: tuple[int, ...] | None,
    output: str | None,
    as_json: bool,
) -> None:
    """Write the model in FILE.onnx to OUT (.safetensors), with its preprocessing and class names.

    Other commands take ONNX files as they are; imported once, the file carries what an ONNX file does not tell. All
    that cannot be imported is named at once.
    """
    if out.suffix != ".safetensors":
        raise ConvscopeError(f"{out}: models are written as .safetensors; name such a file.")
    from ..io import save  # noqa: PLC0415
    from ..io.class_names import read_class_names  # noqa: PLC0415
    from ..io.onnx.reading import import_onnx  # loads the kernels  # noqa: PLC0415

    names = None if classes is None else read_class_names(classes)
    model = import_onnx(file, preprocessing, names, shape, output)
    save(model, out)
    if as_json:
        emit(_facts(model, out))
    else:
        say(_text(model, out))


def _facts(model: Model, out: Path) -> dict[str, Any]:
    totals = model.network.summary().totals
    return {
        "file": str(out),
        "input": list(model.network.input),
        "layers": len(model.network),
        "params": totals.params,
        "macs": totals.macs,
        "classes": len(model.classes),
        "preprocessing": model.preprocessing.to_dict(),
    }


def _text(model: Model, out: Path) -> str:
    facts, front = _facts(model, out), model.preprocessing
    named = f"{facts['classes']:,} class names" if model.classes else "no class names (--classes)"
    mean, std = (", ".join(f"{v:g}" for v in values) for values in (front.mean, front.std))
    return (
        f"Wrote {out}: {facts['layers']} layers, {facts['params']:,} parameters, {facts['macs']:,} multiply-adds, "
        f"input {format_shape(model.network.input)}, {named}.\n"
        f"Pixels become (pixel × {front.scale:g} − ({mean})) / ({std}), {front.order.upper()}; "
        "--preprocess says otherwise."
    )

"""`convscope import`: a model that another program wrote, as a file of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..spec import ConvscopeError, format_shape
from .image_shape import ImageShape
from .output import emit, say

if TYPE_CHECKING:
    from ..runtime.model import Model

_PATH = click.Path(path_type=Path)


class _Preset(click.ParamType):
    """The name of a way to prepare pixels."""

    name = "preset"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from ..data.presets import preset  # reads NumPy  # noqa: PLC0415

        try:
            preset(value)
        except ConvscopeError as error:
            self.fail(str(error), param, ctx)
        return value


class _PresetOption(click.Option):
    """Tells the names there are when its command is asked for help, and not before."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from ..data.presets import SUMMARIES  # reads NumPy  # noqa: PLC0415

        told = "; ".join(f"{name}: {summary}" for name, summary in SUMMARIES.items())
        self.help = f"How pixels become the network's input. {told}.  [default: what the file says, else unit]"
        return super().get_help_record(ctx)


@click.command("import", short_help="Read a model that another program wrote (ONNX).")
@click.argument("file", metavar="FILE.onnx", type=_PATH)
@click.argument("out", metavar="OUT", type=_PATH)
@click.option(
    "--preprocess",
    "preprocessing",
    cls=_PresetOption,
    type=_Preset(),
    metavar="NAME",
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

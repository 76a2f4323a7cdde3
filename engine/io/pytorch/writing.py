"""Writing a model as a Python file that needs PyTorch alone, and its weights beside it as safetensors."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.numpy import save as serialise

from ...data.preprocess import Preprocessing
from ...graph import Network
from ...spec import size
from ..atomic import atomic_write
from ..channels_first import channels_first
from .code import Code, coded
from .names import printable

if TYPE_CHECKING:
    from ..still import Still

_HEAD = """\
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
{functional}
WEIGHTS = Path(__file__).with_suffix(".safetensors")
"""
_LOAD = """\
def load(weights=WEIGHTS):
    \"\"\"The network with its weights, ready for inference.\"\"\"
    model = {title}()
    model.load_state_dict({arrays})
    return model.eval()
"""
_MEAN_IMAGE = "mean_image"


def write(model: Still, path: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Write the code and, under the same name, `.safetensors` with the weights; return both.

    The mean image of the preprocessing is one of the arrays.
    """
    code, target = coded(model.network), Path(path)
    weights = target.with_suffix(".safetensors")
    state = code.state(model.weights)
    if model.preprocessing.mean_image is not None:
        height, width, _ = model.network.input
        state[_MEAN_IMAGE] = channels_first(model.preprocessing.mean_at((height, width), (height, width))[None])
    atomic_write(weights, serialise(state))
    atomic_write(target, text(model.network, code, model.preprocessing, model.classes))
    return (target, weights)


def text(network: Network, code: Code, preprocessing: Preprocessing, classes: Sequence[str]) -> str:
    """The whole file."""
    functional = "from torch.nn import functional as F\n" if code.uses("F.") else ""
    sections = [_doc(network), "", _HEAD.format(functional=functional).rstrip()]
    if classes:
        sections += ["CLASSES = ["] + [f"    {json.dumps(name, ensure_ascii=False)}," for name in classes] + ["]"]
    parameters = sum(size(weight.shape) for weight in network.weights().values() if weight.trainable)
    module = code.module(f"{len(network)} layers, {parameters:,} parameters.")
    arrays = "load_file(weights)"
    if preprocessing.mean_image is not None:
        arrays = f'{{name: array for name, array in {arrays}.items() if name != "{_MEAN_IMAGE}"}}'
    sections += ["", "", module, "", "", _prepare(preprocessing), "", "", _LOAD.format(title=code.title, arrays=arrays)]
    return "\n".join(sections)


def _doc(network: Network) -> str:
    height, width, channels = network.input
    *image, values = network.shapes()[network.output] or ()
    given = ", ".join(map(str, ("N", values, *image)))
    return f'''"""{printable(network.name)}, written by Convscope.

Takes images (N, {channels}, {height}, {width}) as `prepare` makes them and gives ({given}):

    model = load()
    result = model(prepare(pixels))
"""'''


def _prepare(how: Preprocessing) -> str:
    """The function that makes the network's input of pixels."""
    lines = [
        "def prepare(pixels):",
        '    """The network\'s input for pixels from 0 to 255 (N, C, H, W), grey or RGB, already of its size."""',
        "    images = pixels.float()" + (".flip(1)" if how.order == "bgr" else "") + f" * {how.scale!r}",
        f"    mean, std = {_column(how.mean)}, {_column(how.std)}",
    ]
    if how.mean_image is not None:
        lines.append(f'    mean = mean + load_file(WEIGHTS)["{_MEAN_IMAGE}"]')
    return "\n".join([*lines, "    return (images - mean) / std"])


def _column(values: Sequence[float]) -> str:
    return f"torch.tensor({list(values)}).view(-1, 1, 1)"

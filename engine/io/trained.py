"""Small networks that come trained with the program, to look into at once: `from convscope.engine import trained`.

`assets/models/make.py` trains them and writes their files; it stands there how.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ..graph import Network
from ..spec import ConvscopeError
from . import container, model_file

if TYPE_CHECKING:
    from ..runtime.model import Model

FOLDER = Path(str(files("convscope.assets.models")))


@dataclass(frozen=True)
class Trained:
    """A network that comes trained.

    `data` is what it learned from, as `load_dataset` takes it; `accuracy` the share of its test images whose class is
    right, `located` the share whose class and box are right, for a network that gives boxes.
    """

    name: str
    summary: str
    data: str
    accuracy: float
    located: float | None = None

    @property
    def path(self) -> Path:
        """Its file."""
        return FOLDER / f"{self.name}.safetensors"

    def network(self) -> Network:
        """Its layers without weights; needs no kernels."""
        with container.opened(self.path) as file:
            return Network.from_dict(file.document["network"])


_ALL = (
    Trained("lenet5_digits", "LeNet-5 that reads handwritten digits", "digits", 0.9944),
    Trained(
        "resnet8_shapes",
        "A residual network that names coloured shapes",
        "shapes:size=48,count=8000,test=1000,classes=8",
        1.0,
    ),
    Trained(
        "squeezenet_boxes",
        "A small SqueezeNet that names shapes and draws a box around them",
        "shapes:size=64,count=8000,test=1000,classes=8",
        0.998,
        0.997,
    ),
)
TRAINED: dict[str, Trained] = {one.name: one for one in _ALL}
"""By name."""


def find(name: str) -> Trained:
    """The one of this name, or ConvscopeError with those there are."""
    if name in TRAINED:
        return TRAINED[name]
    near = difflib.get_close_matches(name, TRAINED, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"use {', '.join(TRAINED)} or a file"
    raise ConvscopeError(f"No network comes trained as {name!r}; {hint}")


def load(name: str, device: str = "cpu") -> Model:
    """The model of this name, as `load` would read its file."""
    return model_file.load(find(name).path, device)


def is_own(path: str | os.PathLike[str]) -> bool:
    """Whether a file is one of these, which belong to the program and are not to be written."""
    return Path(path).resolve().parent == FOLDER.resolve()

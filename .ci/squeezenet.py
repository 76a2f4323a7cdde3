"""Make the README's pictures of a network that others trained: python .ci/squeezenet.py SQUEEZENET.onnx NAMES [FILE]

SqueezeNet 1.0 as Caffe's authors published it, read from ONNX, looks at scikit-learn's two sample photographs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import looking
import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

from convscope.engine import Model, explain, import_onnx
from convscope.engine.data.presets import PRESETS
from convscope.engine.explain import pictures
from convscope.engine.io.class_names import read_class_names

EARLY, MIDDLE, LATE = "f.0/Concat", "f.4/Concat", "f.5/Concat"
CROP, STEP, CHANNEL = 227, 32, 60
looking.SIDE, looking.COLUMNS = 214, 4


def crops() -> np.ndarray:
    """Squares from all over both photographs."""
    photographs = [load_sample_image(name) for name in ("flower.jpg", "china.jpg")]
    places = [(y, x) for y in range(0, 427 - CROP, STEP) for x in range(0, 640 - CROP, STEP)]
    return np.stack([photo[y : y + CROP, x : x + CROP] for photo in photographs for y, x in places])


def cells(model: Model, photo: np.ndarray) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Name, a line, and what makes the picture."""
    yield (
        "occlusion",
        "what it cannot do without",
        lambda: explain.occlusion(model, photo, patch=32, stride=12).overlay(),
    )
    yield "grad_cam", "where the evidence lies", lambda: explain.grad_cam(model, photo).overlay()
    yield "guided_backprop", "what excites it", lambda: explain.guided_backprop(model, photo).overlay()
    yield "inversion", "what an early layer keeps", lambda: explain.inversion(model, photo, layer=EARLY).overlay()
    yield "deep_dream", "of a middle layer", lambda: explain.deep_dream(model, photo, layer=MIDDLE).overlay()
    yield "class_image", "of a goldfish", lambda: explain.class_image(model, target=1).overlay()
    yield "strongest_patches", "of one channel", lambda: patches(model)


def patches(model: Model) -> Any:
    found = explain.strongest_patches(model, crops(), layer=LATE, unit=CHANNEL)
    return pictures.sheet(found.frames(), gap=2)


def main(onnx: Path, names: Path, file: Path) -> None:
    model = import_onnx(onnx, preprocessing=PRESETS["caffe"], classes=read_class_names(names))
    photo = load_sample_image("flower.jpg")[:, 107:534]
    tiles = [(looking.fitted(Image.fromarray(photo)), "the photograph", "flickr: vultilion, CC BY 2.0")]
    for name, line, make in cells(model, photo):
        print(name, flush=True)
        tiles.append((looking.fitted(Image.fromarray(make())), name, line))
    looking.page(tiles).save(file, optimize=True)


if __name__ == "__main__":
    given = [Path(argument) for argument in sys.argv[1:]]
    main(given[0], given[1], given[2] if len(given) > 2 else looking.ASSETS / "screenshots" / "squeezenet.png")

"""Make the README's sheet of explanations: python .ci/looking.py [FILE]

Asks every method that gives a picture of the networks that come trained, on images of their own test data.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from convscope.engine import explain, load_dataset, trained

ASSETS = Path(__file__).parent.parent / "assets"
SIDE, GAP, LINE, COLUMNS = 136, 12, 15, 8
DIGITS, SHAPES, BOXES = "lenet5_digits", "resnet8_shapes", "squeezenet_boxes"
IMAGES = {DIGITS: ("digits", 40), SHAPES: ("shapes:size=48,count=10,test=600,classes=8", 11), BOXES: (
    "shapes:size=64,count=10,test=600,classes=8", 11)}  # fmt: skip
"""Test data of each network, and the number of the image that is looked at."""


@dataclass(frozen=True)
class Cell:
    """A method, the network it looks into, what is written below, and its arguments."""

    method: str
    network: str
    text: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


CELLS = (
    Cell("saliency", SHAPES, "of a star"),
    Cell("smoothgrad", SHAPES, "of a star"),
    Cell("integrated_gradients", SHAPES, "of a star"),
    Cell("guided_backprop", SHAPES, "of a star"),
    Cell("deconvnet", BOXES, "of a star"),
    Cell("grad_cam", SHAPES, "of a star"),
    Cell("occlusion", SHAPES, "of a star", {"patch": 8, "stride": 2}),
    Cell("receptive_field", SHAPES, "of one unit", {"layer": "s3b1_add"}),
    Cell("activations", SHAPES, "of a star", {"layer": "relu1"}),
    Cell("weights", SHAPES, "of the first layer"),
    Cell("inversion", SHAPES, "of a star", {"layer": "relu1"}),
    Cell("strongest_patches", BOXES, "of one channel", {"layer": "fire3_concat", "unit": 40}),
    Cell("fgsm", SHAPES, "taken for a ring"),
    Cell("pgd", SHAPES, "taken for a ring"),
    Cell("closest_fooling", SHAPES, "taken for a ring"),
    Cell("feature_visualisation", DIGITS, "of a 0", {"target": 0}),
    Cell("class_image", DIGITS, "of a 3", {"target": 3}),
    Cell("class_dream", DIGITS, "of a 0", {"target": 0}),
    Cell("unit_image", DIGITS, "of a 0", {"target": 0}),
    Cell("deep_dream", BOXES, "of a layer", {"layer": "fire5_concat"}),
    Cell("dream_zoom", BOXES, "last of a film", {"layer": "fire5_concat"}),
    Cell("gradient_fooling", DIGITS, "taken for a 7", {"target": 7}),
    Cell("evolved_fooling", DIGITS, "taken for a 2", {"target": 2}),
)


def asked(cell: Cell) -> Image.Image:
    """The picture of one cell."""
    method = explain.METHODS[cell.method]
    images, number = _images(cell.network)
    arguments = dict(cell.arguments)
    if "image" in method.asks and "target" not in arguments:
        arguments["image"] = images if "images" in method.asks else images[number]
    result = getattr(explain, cell.method)(trained.load(cell.network), **arguments)
    pixels = _sheet(result) if cell.method == "strongest_patches" else result.overlay()
    return Image.fromarray(pixels)


def _sheet(result: explain.Result) -> Any:
    from convscope.engine.explain import pictures  # noqa: PLC0415

    return pictures.sheet(result.frames(), gap=1)


def _images(network: str) -> tuple[Any, int]:
    data, number = IMAGES[network]
    return load_dataset(data).test_images, number


def fitted(picture: Image.Image) -> Image.Image:
    """The picture on a square of SIDE pixels: small ones in whole steps, so that their pixels stay square."""
    times = SIDE / max(picture.size)
    size = (round(picture.width * times), round(picture.height * times))
    shown = picture.resize(size, Image.Resampling.NEAREST if times > 1 else Image.Resampling.LANCZOS)
    tile = Image.new("RGB", (SIDE, SIDE), "white")
    tile.paste(shown.convert("RGB"), ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return tile


def page(tiles: list[tuple[Image.Image, str, str]]) -> Image.Image:
    """The tiles in rows, a name and a line below each."""
    step, deep = SIDE + GAP, SIDE + 2 * LINE + GAP
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * step + GAP, rows * deep + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    bold, plain = (ImageFont.truetype(ASSETS / "fonts" / f"Inter-{cut}.otf", 11) for cut in ("SemiBold", "Regular"))
    for number, (tile, name, text) in enumerate(tiles):
        left, top = GAP + number % COLUMNS * step, GAP + number // COLUMNS * deep
        sheet.paste(tile, (left, top))
        draw.text((left, top + SIDE + 3), name, "#1c2330", bold)
        draw.text((left, top + SIDE + 3 + LINE), text, "#5a6472", plain)
    return sheet


def main(file: Path) -> None:
    images, number = _images(SHAPES)
    tiles = [(fitted(Image.fromarray(images[number])), "the image", "drawn, not photographed")]
    for cell in CELLS:
        print(cell.method, flush=True)
        tiles.append((fitted(asked(cell)), cell.method, cell.text))
    page(tiles).save(file, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ASSETS / "screenshots" / "looking.png")

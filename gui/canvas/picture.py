"""The whole network as a picture, for print: PNG or SVG, as it looks on the canvas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter

from ..theme import theme
from ..widgets.export import PRINT_SCALE, Drawing, write
from .scene import GraphScene

_MARGIN = 24.0
_MOST_PIXELS = 16_000  # of a side: larger images are refused by other programs


def image(scene: GraphScene) -> QImage:
    """The network at print resolution; of very large ones as much of it as an image can have."""
    area = _area(scene)
    scale = min(PRINT_SCALE, _MOST_PIXELS / max(area.width(), area.height()))
    found = QImage((area.size() * scale).toSize(), QImage.Format.Format_RGB32)
    dots = round(scale * 96 / 0.0254)  # a logical pixel is 1/96 inch
    found.setDotsPerMeterX(dots)
    found.setDotsPerMeterY(dots)
    found.fill(theme.color("canvas"))
    painter = QPainter(found)
    with _alone(scene):
        scene.render(painter, QRectF(found.rect()), area)
    painter.end()
    return found


def save(scene: GraphScene, path: str) -> str:
    """Write the network as PNG or, when the path says so, SVG; the result says why it failed, "" if it did not."""
    area = _area(scene)
    whole = QRect(0, 0, round(area.width()), round(area.height()))

    def paint(painter: QPainter) -> None:
        painter.fillRect(whole, theme.color("canvas"))
        with _alone(scene):
            scene.render(painter, QRectF(0, 0, area.width(), area.height()), area)

    return write(path, lambda: image(scene), Drawing(scene.document.network.name, whole, paint))


def _area(scene: GraphScene) -> QRectF:
    area = QRectF()
    for item in (*scene.nodes.values(), *scene.wires.values(), *scene.frames.values()):
        area = area.united(item.sceneBoundingRect())
    return area.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)


@contextmanager
def _alone(scene: GraphScene) -> Iterator[None]:
    """The scene without its selection."""
    chosen = scene.selectedItems()
    scene.blockSignals(True)
    for item in chosen:
        item.setSelected(False)
    try:
        yield
    finally:
        for item in chosen:
            item.setSelected(True)
        scene.blockSignals(False)

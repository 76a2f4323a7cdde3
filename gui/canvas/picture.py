"""The whole network as a picture, for print: PNG or SVG, as it looks on the canvas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QByteArray, QIODevice, QRect, QRectF, QSaveFile, QSize
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsItem

from ..theme import theme
from ..widgets.export import PRINT_SCALE
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
    """Write the network as PNG or, when the path says so, SVG; the result says why it failed, "" if it did not.

    The file is there whole or not at all.
    """
    file = QSaveFile(path)
    if not file.open(QIODevice.OpenModeFlag.WriteOnly):
        return f"{path} cannot be written ({file.errorString()}); choose another folder."
    if path.lower().endswith(".svg"):
        _write_svg(scene, file)
    else:
        QImageWriter(file, QByteArray(b"png")).write(image(scene))
    return "" if file.commit() else f"{path} cannot be written ({file.errorString()}); free some space."


def _write_svg(scene: GraphScene, device: QIODevice) -> None:
    area = _area(scene)
    size = QSize(round(area.width()), round(area.height()))
    generator = QSvgGenerator()
    generator.setOutputDevice(device)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(scene.document.network.name)
    painter = QPainter(generator)
    painter.fillRect(QRect(0, 0, size.width(), size.height()), theme.color("canvas"))
    with _alone(scene):
        scene.render(painter, QRectF(0, 0, area.width(), area.height()), area)
    painter.end()


def _area(scene: GraphScene) -> QRectF:
    area = QRectF()
    for item in (*scene.nodes.values(), *scene.wires.values(), *scene.frames.values()):
        area = area.united(item.sceneBoundingRect())
    return area.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)


@contextmanager
def _alone(scene: GraphScene) -> Iterator[None]:
    """The scene without its selection, painted itself and not from what is kept of the screen."""
    chosen, cards = scene.selectedItems(), list(scene.nodes.values())
    scene.blockSignals(True)
    for item in chosen:
        item.setSelected(False)
    for card in cards:
        card.setCacheMode(QGraphicsItem.CacheMode.NoCache)
    try:
        yield
    finally:
        for card in cards:
            card.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        for item in chosen:
            item.setSelected(True)
        scene.blockSignals(False)

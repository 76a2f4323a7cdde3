"""Any view as a picture file or on the clipboard, at print resolution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QByteArray, QIODevice, QPoint, QRect, QSaveFile, Qt
from PySide6.QtGui import QAction, QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

PRINT_SCALE = 4
"""Pixels of a saved picture for each one on an ordinary screen: over 300 dots an inch at its size there."""


def picture(widget: QWidget, scale: int = PRINT_SCALE) -> QImage:
    """The widget as an image of `scale` times its size."""
    image = QImage(widget.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    widget.render(painter, QPoint())
    painter.end()
    return image


def save_picture(widget: QWidget, path: str) -> str:
    """Write the widget as PNG or, when the path says so, SVG; the result says why it failed, "" if it did not."""
    area = QRect(QPoint(), widget.size())
    drawing = Drawing(widget.accessibleName(), area, lambda painter: widget.render(painter, QPoint()))
    return write(path, lambda: picture(widget), drawing)


@dataclass(frozen=True)
class Drawing:
    """What an SVG file is made of: its title, its area in logical pixels, and what paints it."""

    title: str
    area: QRect
    paint: Callable[[QPainter], object]


def write(path: str, image: Callable[[], QImage], drawing: Drawing) -> str:
    """Write a PNG of the image or, when the path says so, an SVG of the drawing; the result says why it failed.

    The file is there whole or not at all.
    """
    file = QSaveFile(path)
    if not file.open(QIODevice.OpenModeFlag.WriteOnly):
        return f"{path} cannot be written ({file.errorString()}); choose another folder."
    if path.lower().endswith(".svg"):
        _draw(drawing, file)
    else:
        QImageWriter(file, QByteArray(b"png")).write(image())
    if file.commit():
        return ""
    known = file.error() != QSaveFile.FileError.UnspecifiedError  # what painted did not pass it on
    why = f" ({file.errorString()})" if known else ""
    return f"{path} cannot be written{why}; free some space."


def _draw(drawing: Drawing, device: QIODevice) -> None:
    generator = QSvgGenerator()
    generator.setOutputDevice(device)
    generator.setSize(drawing.area.size())
    generator.setViewBox(drawing.area)
    generator.setTitle(drawing.title)
    painter = QPainter(generator)
    drawing.paint(painter)
    painter.end()


class ExportMenu:
    """Gives a widget a context menu to copy it or save it as PNG or SVG, after `actions` of its own."""

    def __init__(
        self, widget: QWidget, stem: str, told: Callable[[str, bool], None], actions: Sequence[QAction] = ()
    ) -> None:
        self._widget = widget
        self._stem = stem
        self._told = told
        self.menu = QMenu(widget)
        if actions:
            self.menu.addActions(list(actions))
            self.menu.addSeparator()
        self.menu.addAction("Copy picture", self.copy)
        self.menu.addAction("Save as PNG…", lambda: self._ask("png", "PNG image (*.png)"))
        self.menu.addAction("Save as SVG…", lambda: self._ask("svg", "SVG drawing (*.svg)"))
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(lambda place: self.menu.popup(widget.mapToGlobal(place)))

    def copy(self) -> None:
        QGuiApplication.clipboard().setImage(picture(self._widget))

    def save(self, path: str) -> None:
        """Write the picture and say how it went."""
        fault = save_picture(self._widget, path)
        self._told(fault or f"Saved {path}.", bool(fault))

    def _ask(self, suffix: str, kind: str) -> None:
        path, _ = QFileDialog.getSaveFileName(self._widget, "Save picture", f"{self._stem}.{suffix}", kind)
        if path:
            self.save(str(Path(path) if Path(path).suffix else Path(f"{path}.{suffix}")))

"""A heat map over its image, more or less strongly, or by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QSlider

from convscope.engine.explain import Result, pictures

from ..accessible import named
from ..tokens import SEQUENTIAL_MAP
from ..widgets.colour_bar import ColourBar
from ..widgets.colours import Scale
from ..widgets.fitted_picture import FittedPicture
from ..widgets.result_view import ResultView, small

_STRENGTH = 60  # percent


class HeatMapView(ResultView):
    """`strength` is how much of the map is seen, in percent; signed gradients are always shown by themselves."""

    def build(self) -> None:
        self._result: Result | None = None
        self._limits: tuple[float, float] | None = None
        self.bar = ColourBar()
        self.picture = FittedPicture("Heat map")
        self.strength = named(QSlider(Qt.Orientation.Horizontal), "Strength", "How much of the map is seen")
        self.strength.setRange(0, 100)
        self.strength.setValue(_STRENGTH)
        self.strength.setMaximumWidth(240)
        self.strength.setMinimumWidth(64)
        self.raw = QCheckBox("Map alone")
        self.raw.setToolTip("Show the map without the image below it")
        self._label = small("Strength")
        self._label.setBuddy(self.strength)
        self.column.addWidget(self.picture, 1)
        self.column.addWidget(self.bar)
        for part in (self._label, self.strength, self.raw):
            self.foot.addWidget(part)
        self.foot.addStretch(1)
        self.strength.valueChanged.connect(self._draw)
        self.raw.toggled.connect(self._draw)

    def image(self) -> QImage | None:
        return self.picture.image

    def show_result(self, result: Result) -> None:
        self._result = result
        self._draw()

    def set_limits(self, limits: tuple[float, float] | None) -> None:
        """Colour values between these, so that maps can be compared; None for the map's own least and greatest."""
        self._limits = limits
        self._draw()

    def saving(self, result: Result, path: str) -> Callable[[], Any]:
        raw, strength = self.raw.isChecked(), self.strength.value() / 100
        return lambda: result.save(path, raw=raw, strength=strength)

    def _draw(self) -> None:
        result = self._result
        if result is None:
            return
        over = result.image is not None and result.array.ndim == 2
        self.raw.setVisible(over)
        for part in (self._label, self.strength):
            part.setVisible(over)
            part.setEnabled(not self.raw.isChecked())
        flat = result.array.ndim == 2
        self.bar.setVisible(flat)
        if not flat:
            self.picture.show_pixels(result.picture())
            return
        low, high = limits = self._limits or (float(np.nanmin(result.array)), float(np.nanmax(result.array)))
        self.bar.show_scale(Scale(SEQUENTIAL_MAP, low, high), "the same for all" if self._limits else "")
        if self.raw.isChecked() or result.image is None:
            self.picture.show_pixels(pictures.coloured(result.array, limits))
        else:
            shown = pictures.overlay(result.array, result.image, self.strength.value() / 100, limits)
            self.picture.show_pixels(shown)

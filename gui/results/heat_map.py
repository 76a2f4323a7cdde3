"""A heat map over its image, more or less strongly, or by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QSlider

from convscope.engine.explain import Result

from ..accessible import named
from ..widgets.fitted_picture import FittedPicture
from ..widgets.result_view import ResultView, small

_STRENGTH = 60  # percent


class HeatMapView(ResultView):
    """`strength` is how much of the map is seen, in percent; signed gradients are always shown by themselves."""

    def build(self) -> None:
        self._result: Result | None = None
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
        for part in (self._label, self.strength, self.raw):
            self.foot.addWidget(part)
        self.foot.addStretch(1)
        self.strength.valueChanged.connect(self._draw)
        self.raw.toggled.connect(self._draw)

    def show_result(self, result: Result) -> None:
        self._result = result
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
        alone = self.raw.isChecked() or not over
        self.picture.show_pixels(result.picture() if alone else result.overlay(self.strength.value() / 100))

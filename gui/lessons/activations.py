"""Activation functions and their derivatives, drawn by the kernels that networks run on."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from convscope.engine import teach

from ..accessible import named
from ..panels.form import ParameterForm
from ..widgets.function_plot import FunctionPlot
from ..widgets.lesson import Lesson, worded

_REACH, _STEP = 6.0, 0.01
_POINTS = np.round(np.arange(-_REACH, _REACH + _STEP / 2, _STEP), 2)
_FORM_WIDTH = 260
_FIRST = "ReLU"
_FLAT = 0.01


class ActivationsLesson(Lesson):
    """A function, its derivative and, to compare, a second function; a point that is dragged along them."""

    title = "Activation functions"
    text = (
        "Between two layers that only add and multiply, something must bend, or both would be one. The curve is what "
        "a unit makes of its sum; the slope is what gradients are multiplied with on their way back. Where it is 0, "
        "nothing is learned: drag the line there and look."
    )
    source = "Every curve is computed by the layer's own kernels, forward and backward, at 1,201 points."

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._declared: dict[str, Any] = {name: kind() for name, kind in teach.ACTIVATIONS.items()}
        self.curves: dict[str, teach.Activation] = {}
        self.plot = FunctionPlot("Activation function and its derivative", (-_REACH, _REACH))
        self.plot.moved.connect(self._move)
        self.choice = named(QComboBox(), "Function", "An activation function")
        self.other = named(QComboBox(), "Compare with", "A second function, drawn thinner")
        self.other.addItem("Nothing", "")
        for name, kind in teach.ACTIVATIONS.items():
            self.choice.addItem(name, name)
            self.other.addItem(name, name)
            self.other.setItemData(self.other.count() - 1, kind.about.summary, Qt.ItemDataRole.ToolTipRole)
        self.choice.setCurrentText(_FIRST)
        self.slopes = QCheckBox("Show the derivative")
        self.slopes.setChecked(True)
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "Point x", "The point at which values are read")
        self.slider.setRange(0, len(_POINTS) - 1)
        self.slider.setPageStep(100)
        self.slider.setValue(int(np.abs(_POINTS - 1).argmin()))
        self._build()
        self.choice.currentIndexChanged.connect(self._choose)
        self.other.currentIndexChanged.connect(self._ask)
        self.slopes.toggled.connect(self._draw)
        self.slider.valueChanged.connect(self._read)
        self._choose()

    def _build(self) -> None:
        self._form: ParameterForm | None = None
        self.formula, self.help = worded("", "heading"), worded("", "muted")
        self.formula.setAccessibleName("Formula")
        self.reading = worded("")
        self.reading.setAccessibleName("Values at the point")
        self._place = QVBoxLayout()
        side = QVBoxLayout()
        side.setSpacing(8)
        for label, field in (("Function", self.choice), ("Compare with", self.other)):
            text = QLabel(label)
            text.setProperty("role", "muted")
            text.setBuddy(field)
            side.addWidget(text)
            side.addWidget(field)
        for part in (self.formula, self.help):
            part.setFixedWidth(_FORM_WIDTH)
            side.addWidget(part)
        side.addLayout(self._place)
        side.addWidget(self.slopes)
        side.addStretch(1)
        centre = QVBoxLayout()
        centre.addWidget(self.plot, 1)
        centre.addWidget(self.slider)
        centre.addWidget(self.reading)
        row = QHBoxLayout()
        row.setSpacing(24)
        row.addLayout(side)
        row.addLayout(centre, 1)
        self.body.addLayout(row)

    # ---- what the user does

    def _choose(self) -> None:
        """Show a function with the parameters it was left with."""
        name = self.choice.currentData()
        declared = self._declared[name]
        self.formula.setText(f"f(x) = {(inspect.getdoc(type(declared)) or '').splitlines()[0].rstrip('.')}")
        self.help.setText(f"{declared.about.help} {declared.about.source}.")
        if self._form is not None:
            self._form.hide()
            self._form.deleteLater()
            self._form = None
        if declared.params():
            self._form = ParameterForm(declared.params(), self._change)
            self._form.setFixedWidth(_FORM_WIDTH)
            self._form.show_values(declared.values())
            self._place.addWidget(self._form)
        self._ask()

    def _change(self, name: str, value: Any, _key: str) -> None:
        chosen = self.choice.currentData()
        self._declared[chosen] = self._declared[chosen].replace(**{name: value})
        self._ask()

    def _move(self, x: float) -> None:
        """The line was dragged."""
        self.slider.setValue(int(np.abs(_POINTS - x).argmin()))

    # ---- the picture

    def _shown(self) -> list[str]:
        names = [self.choice.currentData(), self.other.currentData()]
        return list(dict.fromkeys(name for name in names if name))

    def _ask(self) -> None:
        """Have the kernels compute what is shown."""
        wanted = {name: self._declared[name] for name in self._shown()}

        def work() -> dict[str, teach.Activation]:
            return {name: teach.activation(layer, _POINTS) for name, layer in wanted.items()}

        self.session.compute(f"lesson {self.title}", work, self._take)

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.explain(str(result))
            return
        self.explain("")
        if list(result) == self._shown():
            self.curves = result
            self._draw()

    def _draw(self) -> None:
        slopes = self.slopes.isChecked()
        curves = []
        for name, curve in self.curves.items():
            curves.append((f"{name}: f", curve.x, curve.values))
            if slopes:
                curves.append((f"{name}: f′", curve.x, curve.slopes))
        self.plot.show_curves(curves, per_function=2 if slopes else 1)
        self._read()

    def _read(self) -> None:
        """The values at the point, of every function in view."""
        index = self.slider.value()
        x = float(_POINTS[index])
        self.plot.show_point(x)
        texts = [_told(name, curve, index) for name, curve in self.curves.items()]
        self.reading.setText("\n".join(texts))


def _told(name: str, curve: teach.Activation, index: int) -> str:
    value, slope = float(curve.values[index]), float(curve.slopes[index])
    flat = "  Flat: gradients die here." if abs(slope) < _FLAT else ""
    text = f"{name}: f({curve.x[index]:.2f}) = {value:.4f},  f′({curve.x[index]:.2f}) = {slope:.4f}.{flat}"
    return text.replace("-", "−")

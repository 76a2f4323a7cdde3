"""Editors for layer parameters, one a kind. Each emits `edited` with the value as typed; the layer judges it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from convscope.engine.spec import Param

from ..accessible import named
from ..icons import set_icon
from ..stylesheet import pad_spin_boxes

_LARGEST = 2**31 - 1


class _Wheel:
    """Scrolling a form must not change the fields that pass under the pointer."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class WholeNumber(_Wheel, QSpinBox):
    """A spin box that lets too small numbers be typed, so that the reason can be shown; its arrows stay in bounds."""

    def __init__(self, minimum: float = 1, maximum: float = _LARGEST, name: str = "") -> None:
        super().__init__()
        self._least = int(minimum)
        self.setRange(min(0, self._least), int(min(maximum, _LARGEST)))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setMinimumWidth(48)
        pad_spin_boxes(self)

    def stepBy(self, steps: int) -> None:  # noqa: N802
        self.setValue(max(self._least, self.value() + steps))
        self.selectAll()


class Number(_Wheel, QDoubleSpinBox):
    """A spin box for 0.9 as well as 1e-05."""

    def __init__(self, minimum: float, maximum: float, name: str = "") -> None:
        super().__init__()
        self.setDecimals(12)
        self.setRange(minimum, maximum)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        pad_spin_boxes(self)

    def textFromValue(self, value: float) -> str:  # noqa: N802
        return f"{value:.8g}"

    def valueFromText(self, text: str) -> float:  # noqa: N802
        return float(text.removesuffix(self.suffix()).replace(",", "."))

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        try:
            self.valueFromText(text)
        except ValueError:
            allowed = set(text.removesuffix(self.suffix())) <= set("0123456789.,eE+-")
            return (QValidator.State.Intermediate if allowed else QValidator.State.Invalid, text, position)
        return (QValidator.State.Acceptable, text, position)


class Field(QWidget):
    """Base of the editors: `show_value` sets without emitting, `edited` carries what the user entered."""

    edited = Signal(object)

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.param = param
        self.setToolTip(param.help)
        self.setAccessibleName(param.label)

    def show_value(self, value: Any) -> None:
        raise NotImplementedError

    def _row(self, *widgets: QWidget) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in widgets:
            layout.addWidget(widget)
        self.setFocusProxy(widgets[0])


class IntegerField(Field):
    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self.box = WholeNumber(param.minimum or 0, param.maximum or _LARGEST, param.label)
        self.box.setSuffix(_suffix(param))
        self._row(self.box)
        self.box.valueChanged.connect(self.edited.emit)

    def show_value(self, value: int) -> None:
        if value != self.box.value():
            with QSignalBlocker(self.box):
                self.box.setValue(value)


class NumberField(Field):
    def __init__(self, param: Param) -> None:
        super().__init__(param)
        low = -1e9 if param.minimum is None else param.minimum
        high = 1e9 if param.maximum is None else param.maximum
        self.box = Number(low, high, param.label)
        self.box.setSuffix(_suffix(param))
        self._row(self.box)
        self.box.valueChanged.connect(self.edited.emit)

    def show_value(self, value: float) -> None:
        if value != self.box.value():
            with QSignalBlocker(self.box):
                self.box.setValue(value)


class FlagField(Field):
    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self.box = named(QCheckBox(), param.label)
        self._row(self.box)
        self.box.toggled.connect(self.edited.emit)

    def show_value(self, value: bool) -> None:
        with QSignalBlocker(self.box):
            self.box.setChecked(value)


class ChoiceField(Field):
    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self.box = named(QComboBox(), param.label)
        self.box.addItems(list(param.choices))
        self._row(self.box)
        self.box.textActivated.connect(self.edited.emit)

    def show_value(self, value: str) -> None:
        self.box.setCurrentText(value)


class PairField(Field):
    """Rows × columns; while linked, one number sets both."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        low, high = param.minimum or 0, param.maximum or _LARGEST
        self.boxes = [WholeNumber(low, high, f"{param.label} {axis}") for axis in ("rows", "columns")]
        self.link = named(QToolButton(), f"{param.label}: rows equal columns", "Keep rows and columns equal")
        self.link.setCheckable(True)
        self.link.setChecked(True)
        set_icon(self.link, "link-simple", "muted")
        self._row(self.boxes[0], QLabel("×"), self.boxes[1], self.link)
        for box in self.boxes:
            box.valueChanged.connect(self._changed)
        self.link.toggled.connect(self._linked)

    def show_value(self, value: tuple[int, int]) -> None:
        for box, number in zip(self.boxes, value, strict=True):
            if box.value() != number:
                with QSignalBlocker(box):
                    box.setValue(number)
        if value[0] != value[1]:
            with QSignalBlocker(self.link):
                self.link.setChecked(False)

    def _changed(self, number: int) -> None:
        if self.link.isChecked():
            self.show_value((number, number))
        self.edited.emit((self.boxes[0].value(), self.boxes[1].value()))

    def _linked(self, on: bool) -> None:
        if on and self.boxes[0].value() != self.boxes[1].value():
            self._changed(self.boxes[0].value())


class PaddingField(Field):
    """One of the parameter's names, one number, or one for each side."""

    def __init__(self, param: Param) -> None:
        super().__init__(param)
        self._number, self._four = len(param.choices), len(param.choices) + 1  # rows of the list, after the names
        self.kind = named(QComboBox(), param.label)
        self.kind.addItems([kind.capitalize() for kind in (*param.choices, "number", "four sides")])
        self.number = WholeNumber(0, _LARGEST, f"{param.label} on all sides")
        sides = ("top", "bottom", "left", "right")
        self.sides = [WholeNumber(0, _LARGEST, f"{param.label} {side}") for side in sides]
        self._grid = QWidget()
        grid = QGridLayout(self._grid)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for i, (side, box) in enumerate(zip(sides, self.sides, strict=True)):
            label = QLabel(side)
            label.setProperty("role", "small")
            grid.addWidget(label, i // 2, 2 * (i % 2))
            grid.addWidget(box, i // 2, 2 * (i % 2) + 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.kind, 1)
        top.addWidget(self.number, 1)
        layout.addLayout(top)
        layout.addWidget(self._grid)
        self.setFocusProxy(self.kind)
        self.kind.activated.connect(self._entered)
        for box in (self.number, *self.sides):
            box.valueChanged.connect(self._entered)

    def show_value(self, value: str | tuple[int, int, int, int]) -> None:
        if isinstance(value, str):
            kind = self.param.choices.index(value)
        else:
            four = len(set(value)) > 1 or self.kind.currentIndex() == self._four
            kind = self._four if four else self._number
            for box, number in zip((self.number, *self.sides), (value[0], *value), strict=True):
                with QSignalBlocker(box):
                    box.setValue(number)
        self.kind.setCurrentIndex(kind)
        self._arrange()

    def _arrange(self) -> None:
        self.number.setVisible(self.kind.currentIndex() == self._number)
        self._grid.setVisible(self.kind.currentIndex() == self._four)

    def _entered(self) -> None:
        self._arrange()
        kind = self.kind.currentIndex()
        if kind < self._number:
            self.edited.emit(self.param.choices[kind])
        else:
            self.edited.emit(self.number.value() if kind == self._number else tuple(box.value() for box in self.sides))


def _suffix(param: Param) -> str:
    """The unit behind a number; degrees stand at it."""
    return param.unit if param.unit in ("", "°") else f" {param.unit}"


_FIELDS: dict[str, type[Field]] = {
    "integer": IntegerField,
    "number": NumberField,
    "flag": FlagField,
    "choice": ChoiceField,
    "pair": PairField,
    "padding": PaddingField,
}


def field_for(param: Param) -> Field:
    """The editor for a parameter's kind."""
    return _FIELDS[param.kind](param)

"""Fields for the parameters of one declaration among several: an optimiser, a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from convscope.engine.spec import Named, Param, ParameterError

from .numbers import NumberBox

Editor = QSpinBox | NumberBox | QComboBox
_COLUMNS = 2
_LARGEST = 2**31 - 1


class DeclaredFields(QWidget):
    """A list of declarations, and below it a field for each main parameter of the one that is chosen.

    Parameters that are given by keyword alone are not shown; they keep their values. `edited(name)` is sent after the
    user has changed a parameter, or with "" after another declaration was chosen.
    """

    edited = Signal(str)

    def __init__(self, known: Mapping[str, type[Named]], value: Named, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known, self._value = known, value
        self._fields: dict[str, Editor] = {}
        self._free: tuple[str, ...] | None = None
        self._list = QComboBox()
        self._list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for name, kind in known.items():
            self._list.addItem(kind.title, name)
        noun = value.kind.capitalize()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self._grid.addLayout(labelled(noun, self._list, ""), 0, 0, 1, _COLUMNS)
        self._list.activated.connect(self._choose)
        self.show_value(value)

    @property
    def value(self) -> Any:
        """The declaration with the values of the fields."""
        return self._value

    def show_value(self, value: Named) -> None:
        """Show a declaration; nothing is sent."""
        self._list.setCurrentIndex(self._list.findData(value.name))
        self._list.setToolTip(f"{(type(value).__doc__ or '').splitlines()[0]}\n{value.source}")
        if type(value) is not type(self._value) or not self._fields:
            self._value = value
            self._rebuild()
        self._value = value
        for name, editor in self._fields.items():
            with QSignalBlocker(editor):
                _show(editor, getattr(value, name))

    def set_free(self, names: tuple[str, ...] | None) -> None:
        """Let only these parameters be changed; None for all of them, and the choice itself."""
        self._free = names
        self._list.setEnabled(names is None)
        for name, editor in self._fields.items():
            editor.setEnabled(names is None or name in names)

    def _choose(self, index: int) -> None:
        name = self._list.itemData(index)
        if name != self._value.name:
            self.show_value(self._known[name]())
            self.edited.emit("")

    def _rebuild(self) -> None:
        for place in reversed(range(1, self._grid.count())):
            item = self._grid.takeAt(place)
            assert item is not None  # there are so many
            _discard(item.layout())
        shown = [field.name for field in fields(self._value) if not field.kw_only]  # type: ignore[arg-type]
        params = self._value.params()
        self._fields = {name: _editor(params[name]) for name in shown}
        for place, (name, editor) in enumerate(self._fields.items()):
            param = params[name]
            self._grid.addLayout(labelled(param.label, editor, param.help), 1 + place // _COLUMNS, place % _COLUMNS)
            changed = editor.currentTextChanged if isinstance(editor, QComboBox) else editor.valueChanged
            changed.connect(lambda value, name=name: self._change(name, value))
        self.set_free(self._free)

    def _change(self, name: str, value: Any) -> None:
        try:
            self._value = self._value.replace(**{name: value})
        except ParameterError:  # a bound that is itself excluded
            self.show_value(self._value)
        else:
            self.edited.emit(name)


def labelled(name: str, field: QWidget, help: str) -> QVBoxLayout:
    """A field below its name."""
    label = QLabel(name)
    label.setProperty("role", "small")
    label.setBuddy(field)
    field.setAccessibleName(name)
    field.setAccessibleDescription(help)
    field.setToolTip(help)
    field.setMinimumWidth(96)
    column = QVBoxLayout()
    column.setSpacing(2)
    column.addWidget(label)
    column.addWidget(field)
    return column


def whole(box: QSpinBox, value: int, low: int, high: int) -> QSpinBox:
    """A field for whole numbers, which speaks when an entry is finished."""
    box.setRange(low, high)
    box.setValue(value)
    box.setKeyboardTracking(False)
    return box


def _editor(param: Param) -> Editor:
    if param.kind == "choice":
        box = QComboBox()
        box.addItems(list(param.choices))
        return box
    if param.kind == "integer":
        return whole(QSpinBox(), param.default, int(param.minimum or 0), int(min(param.maximum or _LARGEST, _LARGEST)))
    return NumberBox(param, _smallest(param))


def _smallest(param: Param) -> float:
    """Where the steps of a field end before 0: shares of one are of its size, rates and decays may be tiny."""
    if param.default and param.default < 1e-5:
        return 1e-12
    return 1e-6 if param.open_ends or param.default < 0.1 else 0.1


def _show(editor: Editor, value: Any) -> None:
    if isinstance(editor, QComboBox):
        editor.setCurrentText(value)
    else:
        editor.setValue(value)


def _discard(layout: Any) -> None:
    """Take a name and its field off the screen at once, and delete them."""
    while layout.count():
        widget = layout.takeAt(0).widget()
        widget.hide()
        widget.setParent(None)
        widget.deleteLater()
    layout.deleteLater()

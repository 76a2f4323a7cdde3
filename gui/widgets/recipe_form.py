"""The settings of a training run as fields."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from convscope.engine.spec import Param
from convscope.engine.train.optimizer import SGD

from ..work.recipe import DataChoice, Recipe
from .numbers import DoublingBox, NumberBox

Field = QSpinBox | NumberBox


class RecipeForm(QWidget):
    """Fields for a Recipe without its data.

    `edited()` is sent after any change, `rate_edited(rate)` after that of the learning rate.
    """

    edited = Signal()
    rate_edited = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        standard, params = Recipe(), SGD.params()
        self._edited: set[Field] = set()
        self._epochs = _whole(QSpinBox(), standard.epochs, 1, 10_000)
        self._batch = _whole(DoublingBox(), standard.batch_size, 1, 4096)
        self._rate = NumberBox(params["learning_rate"], 1e-6)
        self._momentum = NumberBox(params["momentum"], 0.1)
        self._decay = NumberBox(params["weight_decay"], 1e-6)
        self._seed = _whole(QSpinBox(), standard.seed, 0, 2**31 - 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        fields = (
            ("Epochs", self._epochs, "Passes over the training images."),
            ("Batch size", self._batch, "Images for each step of the weights."),
            *_described(params["learning_rate"], self._rate, " May be changed while training."),
            *_described(params["momentum"], self._momentum),
            *_described(params["weight_decay"], self._decay),
            ("Seed", self._seed, "The same seed gives the same run."),
        )
        for place, (name, field, help) in enumerate(fields):
            grid.addLayout(_labelled(name, field, help), place // 2, place % 2)
            field.valueChanged.connect(partial(self._note_edit, field))
        self._rate.valueChanged.connect(self.rate_edited)

    def _note_edit(self, field: Field, _value: float) -> None:
        self._edited.add(field)
        self.edited.emit()

    def recipe(self, data: DataChoice) -> Recipe:
        """The fields as a recipe for this data."""
        return Recipe(
            data=data,
            epochs=self._epochs.value(),
            batch_size=self._batch.value(),
            learning_rate=self._rate.value(),
            momentum=self._momentum.value(),
            weight_decay=self._decay.value(),
            seed=self._seed.value(),
        )

    def suggest(self, epochs: int, batch_size: int) -> None:
        """Put in what suits the data, unless these fields have been edited."""
        for field, value in ((self._epochs, epochs), (self._batch, batch_size)):
            if field not in self._edited:
                field.blockSignals(True)
                field.setValue(value)
                field.blockSignals(False)

    def set_running(self, running: bool) -> None:
        """While a run is on, only the learning rate can be changed."""
        for field in (self._epochs, self._batch, self._momentum, self._decay, self._seed):
            field.setEnabled(not running)


def _whole(box: QSpinBox, value: int, low: int, high: int) -> QSpinBox:
    box.setRange(low, high)
    box.setValue(value)
    box.setKeyboardTracking(False)
    return box


def _described(param: Param, field: Field, more: str = "") -> list[tuple[str, Field, str]]:
    return [(param.label, field, param.help + more)]


def _labelled(name: str, field: Field, help: str) -> QVBoxLayout:
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

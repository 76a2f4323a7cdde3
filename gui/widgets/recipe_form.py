"""The settings of a training run as fields."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from convscope.engine.train.optimizer import OPTIMIZERS
from convscope.engine.train.recipes import RECIPES
from convscope.engine.train.schedule import SCHEDULES

from ..work.recipe import DataChoice, Recipe
from .declared_fields import DeclaredFields, labelled, whole
from .numbers import DoublingBox

_OWN = "Your own"


class RecipeForm(QWidget):
    """Fields for a Recipe without its data.

    `edited()` is sent after any change, `rate_edited(rate)` after that of the learning rate.
    """

    edited = Signal()
    rate_edited = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        standard = Recipe()
        self._edited: set[QWidget] = set()
        self._presets = _presets()
        self._epochs = whole(QSpinBox(), standard.epochs, 1, 10_000)
        self._batch = whole(DoublingBox(), standard.batch_size, 1, 4096)
        self._optimizer = DeclaredFields(OPTIMIZERS, standard.optimizer)
        self._schedule = DeclaredFields(SCHEDULES, standard.schedule)
        self._seed = whole(QSpinBox(), standard.seed, 0, 2**31 - 1)
        self.recompute = QCheckBox("Compute activations again")
        self.recompute.setToolTip(
            "Keeps few activations and computes the others again: less memory, a third more work."
        )
        self._memory = QLabel()
        self._memory.setAccessibleName("Memory for training")
        self._memory.setProperty("role", "small")
        self._memory.setWordWrap(True)
        self._build()
        self._connect()

    def _build(self) -> None:
        counts = QGridLayout()
        counts.setHorizontalSpacing(12)
        counts.addLayout(labelled("Epochs", self._epochs, "Passes over the training images."), 0, 0)
        counts.addLayout(labelled("Batch size", self._batch, "Images for each step of the weights."), 0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(labelled("Recipe", self._presets, "Settings as papers gave them; each may be changed."))
        column.addLayout(counts)
        column.addWidget(self._optimizer)
        column.addWidget(self._schedule)
        column.addLayout(labelled("Seed", self._seed, "The same seed gives the same run."))
        column.addWidget(self.recompute)
        column.addWidget(self._memory)

    def _connect(self) -> None:
        for field in (self._epochs, self._batch, self._seed):
            field.valueChanged.connect(partial(self._note_edit, field))
        self.recompute.toggled.connect(lambda _on: self.edited.emit())
        self._presets.activated.connect(self._follow)
        self._optimizer.edited.connect(self._take_optimizer)
        self._schedule.edited.connect(lambda _name: self.edited.emit())

    def _note_edit(self, field: QWidget, _value: float) -> None:
        self._edited.add(field)
        self.edited.emit()

    def _take_optimizer(self, name: str) -> None:
        self.edited.emit()
        if name == "learning_rate":
            self.rate_edited.emit(self._optimizer.value.learning_rate)

    def _follow(self, _index: int) -> None:
        """Take over what the chosen recipe says; the fields stay as they are for one's own."""
        preset = RECIPES.get(self._presets.currentData())
        if preset is not None:
            self._edited |= {self._epochs, self._batch}
            for field, value in ((self._epochs, preset.epochs), (self._batch, preset.batch_size)):
                with QSignalBlocker(field):
                    field.setValue(value)
            self._optimizer.show_value(preset.optimizer)
            self._schedule.show_value(preset.schedule)
        self._presets.setToolTip(f"{preset.summary}\n{preset.source}" if preset else "")
        self.edited.emit()

    def recipe(self, data: DataChoice) -> Recipe:
        """The fields as a recipe for this data."""
        return Recipe(
            data=data,
            epochs=self._epochs.value(),
            batch_size=self._batch.value(),
            optimizer=self._optimizer.value,
            schedule=self._schedule.value,
            seed=self._seed.value(),
            preset=self._presets.currentData(),
            recompute=self.recompute.isChecked(),
        )

    def show_memory(self, kept: str, again: str) -> None:
        """Say what training takes with activations kept, and with them computed again; nothing where it is unknown."""
        saves = f"{again} with activations computed again" if again != kept else "computing again saves nothing here"
        self._memory.setText(f"Memory for training: {kept}; {saves}" if kept else "")
        self._memory.setVisible(bool(kept))

    def suggest(self, epochs: int, batch_size: int) -> None:
        """Put in what suits the data, unless these fields have been edited."""
        for field, value in ((self._epochs, epochs), (self._batch, batch_size)):
            if field not in self._edited:
                with QSignalBlocker(field):
                    field.setValue(value)

    def set_running(self, running: bool) -> None:
        """While a run is on, only the learning rate can be changed."""
        for field in (self._presets, self._epochs, self._batch, self._seed, self.recompute):
            field.setEnabled(not running)
        self._optimizer.set_free(("learning_rate",) if running else None)
        self._schedule.set_free(() if running else None)


def _presets() -> QComboBox:
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.addItem(_OWN, "")
    for name, recipe in RECIPES.items():
        box.addItem(recipe.title, name)
    return box

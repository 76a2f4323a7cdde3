"""The settings of a training run as fields."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from convscope.engine.cost.units import format_bytes
from convscope.engine.data.augment import augmentations
from convscope.engine.runs.keeping import FILM_BYTES
from convscope.engine.train.optimizer import OPTIMIZERS
from convscope.engine.train.recipes import RECIPES
from convscope.engine.train.schedule import SCHEDULES

from ..settings import KEEP_RUNS, is_on, remember
from ..work.recipe import DataChoice, Recipe
from .augment_field import AugmentField
from .declared_fields import DeclaredFields, labelled, whole
from .numbers import DoublingBox
from .recipe_more import MoreSettings

_OWN = "Your own"


class RecipeForm(QWidget):
    """Fields for a Recipe without its data.

    `edited()` is sent after any change, `changed(setting, value)` after that of one that may be changed during a run;
    the names are those of `TrainRun.change`.
    """

    edited = Signal()
    changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        standard = Recipe()
        self._edited: set[QWidget] = set()
        self._presets = _presets()
        self._epochs = whole(QSpinBox(), standard.epochs, 1, 10_000)
        self._batch = whole(DoublingBox(), standard.batch_size, 1, 4096)
        self._optimizer = DeclaredFields(OPTIMIZERS, standard.optimizer)
        self._schedule = DeclaredFields(SCHEDULES, standard.schedule)
        self._augment, self._more = AugmentField(), MoreSettings()
        self._seed = whole(QSpinBox(), standard.seed, 0, 2**31 - 1)
        self.recompute = QCheckBox("Compute activations again")
        self._keep = QCheckBox("Keep the run")
        self._keep.setChecked(is_on(KEEP_RUNS))
        self._keep.setToolTip(
            "Written down while it goes on: it can be resumed after a crash, found, compared and replayed. "
            f"Its film takes {format_bytes(FILM_BYTES)} at most."
        )
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
        column.addWidget(self._augment)
        column.addLayout(labelled("Seed", self._seed, "The same seed gives the same run."))
        column.addWidget(self._more)
        column.addWidget(self._keep)
        column.addWidget(self.recompute)
        column.addWidget(self._memory)

    def _connect(self) -> None:
        for field in (self._epochs, self._batch, self._seed):
            field.valueChanged.connect(partial(self._note_edit, field))
        self.recompute.toggled.connect(lambda _on: self.edited.emit())
        self._presets.activated.connect(self._follow)
        self._optimizer.edited.connect(self._take_optimizer)
        self._schedule.edited.connect(lambda _name: self.edited.emit())
        self._augment.edited.connect(self._take_augment)
        self._more.edited.connect(self.edited)
        self._keep.toggled.connect(self._take_keep)

    def _note_edit(self, field: QWidget, _value: float) -> None:
        self._edited.add(field)
        self.edited.emit()
        if field is self._batch:
            self.changed.emit("batch_size", self._batch.value())

    def _take_optimizer(self, name: str) -> None:
        self.edited.emit()
        if name:
            self.changed.emit(name, getattr(self._optimizer.value, name))

    def _take_augment(self) -> None:
        self.edited.emit()
        self.changed.emit("augment", [one.to_dict() for one in self._augment.value])

    def _take_keep(self, on: bool) -> None:
        remember(KEEP_RUNS, on)
        self.edited.emit()

    def _follow(self, _index: int) -> None:
        """Take over what the chosen recipe says; the fields stay as they are for one's own."""
        preset = RECIPES.get(self._presets.currentData())
        if preset is not None:
            names = ("epochs", "batch_size", "optimizer", "schedule", "loss", "mixup", "initialiser")
            values = {name: getattr(preset, name) for name in names}
            self._show(replace(self.recipe(DataChoice()), **values, augment=augmentations(preset.augment)))
        self._presets.setToolTip(f"{preset.summary}\n{preset.source}" if preset else "")
        self.edited.emit()

    def show_recipe(self, recipe: Recipe) -> None:
        """Show the settings of a recipe, such as that of a run that goes on; nothing is sent."""
        self._presets.setCurrentIndex(0)
        self._show(recipe)

    def show_change(self, setting: str, value: Any) -> None:
        """Show a setting as the run has it from now on; `value` is in its JSON form."""
        if setting == "batch_size":
            with QSignalBlocker(self._batch):
                self._batch.setValue(value)
        elif setting == "augment":
            self._augment.show_value(augmentations(value))
        elif setting in self._optimizer.value.params():
            self._optimizer.show_value(self._optimizer.value.replace(**{setting: value}))

    def _show(self, recipe: Recipe) -> None:
        self._edited |= {self._epochs, self._batch}
        counts = ((self._epochs, recipe.epochs), (self._batch, recipe.batch_size), (self._seed, recipe.seed))
        for field, value in counts:
            with QSignalBlocker(field):
                field.setValue(value)
        self._optimizer.show_value(recipe.optimizer)
        self._schedule.show_value(recipe.schedule)
        self._augment.show_value(recipe.augment)
        self._more.show_values(recipe)
        with QSignalBlocker(self.recompute):
            self.recompute.setChecked(recipe.recompute)

    def recipe(self, data: DataChoice) -> Recipe:
        """The fields as a recipe for this data."""
        return Recipe(
            data=data,
            epochs=self._epochs.value(),
            batch_size=self._batch.value(),
            optimizer=self._optimizer.value,
            schedule=self._schedule.value,
            seed=self._seed.value(),
            augment=self._augment.value,
            recompute=self.recompute.isChecked(),
            keep=self._keep.isChecked(),
            **self._more.values,
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
        """While a run is on, those settings alone can be changed that it takes up as it goes."""
        for field in (self._presets, self._epochs, self._seed, self.recompute, self._keep):
            field.setEnabled(not running)
        self._optimizer.set_free(tuple(self._optimizer.value.params()) if running else None)
        self._schedule.set_free(() if running else None)
        self._more.set_running(running)


def _presets() -> QComboBox:
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.addItem(_OWN, "")
    for name, recipe in RECIPES.items():
        box.addItem(recipe.title, name)
    return box

"""Settings of a run that most runs leave alone: how it may end early, what is mixed, smoothed and drawn at first."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QSpinBox, QToolButton, QVBoxLayout, QWidget

from convscope.engine.runtime.initialisers import INITIALISERS
from convscope.engine.spec import Param
from convscope.engine.train.loss import CrossEntropy
from convscope.engine.train.stopping import EarlyStopping

from ..work.recipe import Recipe
from .declared_fields import labelled, whole
from .numbers import NumberBox

_STOPPING, _SMOOTHING = EarlyStopping.params(), CrossEntropy.params()["smoothing"]
_DECLARED = "As each layer declares"


class MoreSettings(QWidget):
    """Folded fields below a line that opens them. `edited()` is sent after any change."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head = QToolButton()
        self._head.setText("More settings")
        self._head.setAccessibleName("More settings")
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.setCheckable(True)
        self._head.setAutoRaise(True)
        self._head.toggled.connect(self._unfold)
        self._patience = whole(QSpinBox(), 0, 0, 10_000)
        self._patience.setSpecialValueText("Never")
        self._patience.setSuffix(" epochs")
        self._monitor = QComboBox()
        for name in _STOPPING["monitor"].choices:
            self._monitor.addItem(name.replace("_", " ").replace("train ", "training ").capitalize(), name)
        self._smoothing = NumberBox(_SMOOTHING, 0.01)
        self._mixup = NumberBox(Param("number", 0.0, "Mixup", "", minimum=0.0, maximum=100.0), 0.1)
        self._first = QComboBox()
        self._first.addItem(_DECLARED, "")
        for name, kind in INITIALISERS.items():
            self._first.addItem(kind.title, name)
        self._initialiser: Any = None
        self._body = self._build_body()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._head, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._body)
        self._unfold(False)
        for field in (self._patience, self._smoothing, self._mixup):
            field.valueChanged.connect(lambda _value: self.edited.emit())
        self._monitor.activated.connect(lambda _index: self.edited.emit())
        self._first.activated.connect(self._choose_first)

    def _build_body(self) -> QWidget:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        mixup = "Images are mixed in pairs, in shares drawn from Beta(α, α); 0 mixes none (Zhang et al. 2018)."
        first = "How the first weights are drawn; a change begins with new weights."
        for place, (name, field, help) in enumerate((
            ("Stop early after", self._patience, f"{_STOPPING['patience'].help} Its best weights are put back."),
            ("Without better", self._monitor, "The figure that has to get better."),
            (_SMOOTHING.label, self._smoothing, _SMOOTHING.help),
            ("Mixup α", self._mixup, mixup),
        )):  # fmt: skip
            grid.addLayout(labelled(name, field, help), place // 2, place % 2, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(labelled("First weights", self._first, first), 2, 0, 1, 2)
        for column in range(2):
            grid.setColumnStretch(column, 1)
        return body

    def _unfold(self, open_: bool) -> None:
        self._body.setVisible(open_)
        self._head.setArrowType(Qt.ArrowType.DownArrow if open_ else Qt.ArrowType.RightArrow)

    def _choose_first(self, index: int) -> None:
        name = self._first.itemData(index)
        self._initialiser = INITIALISERS[name]() if name else None
        self.edited.emit()

    @property
    def values(self) -> dict[str, Any]:
        """The fields of a Recipe that are set here."""
        patience = self._patience.value()
        rule = EarlyStopping(patience, self._monitor.currentData()) if patience else None
        return {
            "loss": CrossEntropy(self._smoothing.value()),
            "mixup": self._mixup.value(),
            "early_stopping": rule,
            "initialiser": self._initialiser,
        }

    def show_values(self, recipe: Recipe) -> None:
        """Show those of a recipe; nothing is sent."""
        self._initialiser = recipe.initialiser
        rule = recipe.early_stopping
        shown = (
            partial(self._patience.setValue, rule.patience if rule else 0),
            partial(self._smoothing.setValue, recipe.loss.parameter),
            partial(self._mixup.setValue, recipe.mixup),
        )
        for field, show in zip((self._patience, self._smoothing, self._mixup), shown):
            with QSignalBlocker(field):
                show()
        self._monitor.setCurrentIndex(self._monitor.findData(rule.monitor if rule else "test_loss"))
        self._first.setCurrentIndex(self._first.findData(recipe.initialiser.name if recipe.initialiser else ""))
        standard = Recipe()
        usual = (rule, recipe.loss, recipe.mixup) == (None, standard.loss, standard.mixup)
        self._head.setChecked(self._head.isChecked() or not usual)

    def set_running(self, running: bool) -> None:
        """While a run is on, none of these can be changed."""
        self._body.setEnabled(not running)

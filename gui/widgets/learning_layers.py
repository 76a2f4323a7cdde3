"""Which layers learn: all, the last ones, or those that are not frozen on the canvas; and if they thaw in stages."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QSpinBox, QVBoxLayout, QWidget

from convscope.engine.graph import freezing

from ..models.document import Document
from .declared_fields import labelled, whole

_HELP = "Frozen layers keep their weights and have a lock on their cards, whose menu freezes them or lets them learn."
_STAGES = "After every so many epochs one more of the frozen layers learns, the last ones first."
MOST_EPOCHS = 10_000


class LearningLayers(QWidget):
    """A list that follows the canvas and freezes layers there."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._list = QComboBox()
        self._list.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(labelled("Layers that learn", self._list, _HELP))
        self._every = stages_field()
        self._stages = QWidget()
        row = labelled("One layer more every", self._every, _STAGES)
        row.setContentsMargins(0, 8, 0, 0)
        self._stages.setLayout(row)
        column.addWidget(self._stages)
        self._stages.hide()
        self._every.valueChanged.connect(self._choose_stages)
        self._list.activated.connect(self._choose)
        for signal in (document.frozen.changed, document.frozen.staged, document.changed, document.replaced):
            signal.connect(self._refresh)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._show()

    def _refresh(self) -> None:
        if self.isVisible():
            self._show()

    def _show(self) -> None:
        network, frozen = self._document.network, self._document.frozen.names
        known = self._document.frozen.freezable
        counted = freezing.counted(network)
        self._stages.setVisible(bool(frozen))
        with QSignalBlocker(self._every):
            self._every.setValue(self._document.frozen.every)
        self._list.clear()
        self._list.addItem("All", len(counted))
        for count in range(1, len(counted)):
            self._list.addItem("Only the last" if count == 1 else f"Only the last {count}", count)
        if frozen:
            begin = known.index(next((name for name in known if name not in frozen), known[-1]))
            learning = [name for name in known[begin:] if name not in frozen]
            row = self._list.findData(len([name for name in learning if name in counted]))
            if learning != list(known[begin:]) or row < 1 or known[begin] not in counted:
                self._list.addItem(f"All but {len(frozen)}", -1)
                row = self._list.count() - 1
            self._list.setCurrentIndex(row)

    def _choose(self, index: int) -> None:
        count = self._list.itemData(index)
        if index == 0:
            self._document.frozen.set(())
        elif count > 0:
            self._document.frozen.learn_last(count)

    def _choose_stages(self, epochs: int) -> None:
        self._document.frozen.every = epochs


def stages_field() -> QSpinBox:
    """A field for the epochs of a stage; 0 reads “Never”."""
    field = whole(QSpinBox(), 0, 0, MOST_EPOCHS)
    field.setSpecialValueText("Never")
    field.setSuffix(" epochs")
    return field

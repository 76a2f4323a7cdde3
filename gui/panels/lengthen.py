"""Making a finished run longer: by how many epochs, and whether it becomes the run that was begun so long."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from ..accessible import named
from ..stylesheet import pad_spin_boxes

if TYPE_CHECKING:
    from convscope.engine.runs.lengthening import Lengthening

_MOST = 100_000
_EXACT = "The weights will be those of a run begun with {epochs:,} epochs, bit for bit."


class LengthenDialog(QDialog):
    """Asks for how many epochs more; `wanted(epochs)` is sent with those in all."""

    wanted = Signal(int)

    def __init__(self, title: str, run: Lengthening, parent: QWidget) -> None:
        super().__init__(parent)
        self._run, self._done = run, run.progress.epoch
        self.setWindowTitle("Train on")
        self.more = named(QSpinBox(), "Epochs more", "How many epochs the run is made longer by")
        self.more.setRange(1, _MOST)
        self.more.setValue(max(self._done // 2, 1))
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setAccessibleName("What becomes of the run")
        self.more.valueChanged.connect(self._show_note)
        form = QFormLayout()
        form.addRow("Epochs more", self.more)
        what = QLabel(f"<b>{escape(title)}</b> is complete after {self._done:,} epochs.")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start = buttons.addButton("Train on", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addWidget(what)
        column.addLayout(form)
        column.addWidget(self.note)
        column.addWidget(buttons)
        self.setMinimumWidth(440)
        pad_spin_boxes(self)
        self._show_note()

    @property
    def epochs(self) -> int:
        """In all."""
        return self._done + self.more.value()

    def _show_note(self) -> None:
        self.note.setText(self._run.why_not(self.epochs) or _EXACT.format(epochs=self.epochs))

    def _accept(self) -> None:
        self.wanted.emit(self.epochs)
        self.accept()

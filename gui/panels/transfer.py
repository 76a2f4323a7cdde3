"""Starting from trained weights: whose, and how much of them is to learn on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ..accessible import named

if TYPE_CHECKING:
    from convscope.engine.train.transfer import Advice

_FILE = "A model file…"
_THIS = "This network as it is trained now"
_AMOUNTS = {"little": "Few images", "much": "Many images"}
_SIMILARITIES = {"similar": "Similar pictures", "different": "Different pictures"}


@dataclass(frozen=True)
class TransferWish:
    """Whose weights, "" for those of the model at hand, and what of the old layers stays as it is."""

    path: str
    advice: Advice


class TransferDialog(QDialog):
    """Asks for the source, and for one of the four cases of amount of data × similarity. `wanted(TransferWish)`."""

    wanted = Signal(object)

    def __init__(self, title: str, images: int, classes: Sequence[str], trained: bool, parent: QWidget) -> None:
        """For `images` training images of these classes of the data set `title`."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Start from trained weights")
        self._amount = _amount(images, len(classes))
        self._source = self._build_source(trained)
        what = QLabel(
            f"The layers up to the class scores keep what they know; a new head learns the {len(classes):,} classes of "
            f"{title}. How much of the rest should learn depends on the data: {images:,} training images are "
            f"{'few' if self._amount == 'little' else 'many'}."
        )
        what.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.start = buttons.addButton("Take the weights", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        label = QLabel("Weights of")
        label.setBuddy(self._source)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        for part in (label, self._source, what):
            column.addWidget(part)
        column.addLayout(self._build_cases())
        column.addWidget(buttons)
        self.setMinimumWidth(560)

    def _build_source(self, trained: bool) -> QComboBox:
        from convscope.engine.io.trained import TRAINED  # noqa: PLC0415

        box = named(QComboBox(), "Weights of")
        if trained:
            box.addItem(_THIS, "")
        for one in TRAINED.values():
            box.addItem(f"{one.name}, {one.summary}", str(one.path))
        box.addItem(_FILE, None)
        box.activated.connect(self._choose_source)
        return box

    def _choose_source(self, index: int) -> None:
        if self._source.itemData(index) is None:
            path, _ = QFileDialog.getOpenFileName(self, "Model file", "", "Models (*.safetensors)")
            if path:
                self._source.insertItem(index, Path(path).name, path)
            self._source.setCurrentIndex(index if path else 0)

    def _build_cases(self) -> QGridLayout:
        """The four cases, as rows of amounts and columns of similarities."""
        from convscope.engine.train.transfer import ADVICE  # noqa: PLC0415

        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        self._cases = QButtonGroup(self)
        self._advice = ADVICE
        for column, text in enumerate(_SIMILARITIES.values()):
            grid.addWidget(_small(text), 0, column + 1)
        for row, text in enumerate(_AMOUNTS.values()):
            grid.addWidget(_small(text), 2 * row + 1, 0)
        for number, case in enumerate(ADVICE):
            row, column = list(_AMOUNTS).index(case.amount), list(_SIMILARITIES).index(case.similarity)
            button = QRadioButton(case.what.capitalize())
            button.setAccessibleDescription(f"{_AMOUNTS[case.amount]}, {_SIMILARITIES[case.similarity]}: {case.why}")
            why = _small(case.why.capitalize() + ".")
            why.setWordWrap(True)
            self._cases.addButton(button, number)
            grid.addWidget(button, 2 * row + 1, column + 1)
            grid.addWidget(why, 2 * row + 2, column + 1, Qt.AlignmentFlag.AlignTop)
            button.setChecked((case.amount, case.similarity) == (self._amount, "similar"))
            grid.setColumnStretch(column + 1, 1)
        return grid

    def _accept(self) -> None:
        self.wanted.emit(TransferWish(self._source.currentData() or "", self._advice[self._cases.checkedId()]))
        self.accept()


def _amount(images: int, classes: int) -> str:
    from convscope.engine.train.transfer import advice  # noqa: PLC0415

    return advice(images, classes, "similar").amount


def _small(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "small")
    return label

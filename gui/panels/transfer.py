"""Starting from trained weights: whose, up to which layer, and how much of them is to learn on, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

from convscope.engine.graph import Network, freezing
from convscope.engine.spec import ConvscopeError, format_shape

from ..accessible import named
from ..stylesheet import pad_spin_boxes
from ..widgets.declared_fields import labelled
from ..widgets.learning_layers import stages_field

_FILE = "A model file…"
_THIS = "This network as it is trained now"
_AMOUNTS = {"little": "Few images", "much": "Many images"}
_SIMILARITIES = {"similar": "Similar pictures", "different": "Different pictures"}


@dataclass(frozen=True)
class TransferWish:
    """Whose weights, "" for those of the model at hand, and the last layer that is taken, None for all but the head.

    `freeze` is what of the old layers stays as it is, as in `train.transfer`; after every so many epochs (0: never) one
    of them more is to learn.
    """

    path: str
    freeze: Any
    cut: str | None = None
    every: int = 0


class TransferDialog(QDialog):
    """Asks for the source, and for one of the four cases of amount of data × similarity. `wanted(TransferWish)`."""

    wanted = Signal(object)

    def __init__(
        self, title: str, images: int, classes: Sequence[str], trained: Network | None, parent: QWidget
    ) -> None:
        """For `images` training images of these classes of the data set `title`; `trained` is the network at hand."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Start from trained weights")
        self._amount = _amount(images, len(classes))
        self._trained = trained
        self._source = self._build_source(trained is not None)
        self.cut, self.learn, self.stages = QComboBox(), QComboBox(), stages_field()
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
        column.addLayout(self._build_stages())
        column.addWidget(buttons)
        self._cases.idClicked.connect(self._follow_case)
        self.cut.currentIndexChanged.connect(self._offer_learning)
        self.learn.currentIndexChanged.connect(self._offer_stages)
        self._offer_cuts()
        self.setMinimumWidth(560)
        pad_spin_boxes(self)

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
        self._offer_cuts()

    def _build_stages(self) -> QGridLayout:
        """What a case stands for, in layers: it can be chosen otherwise."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        cut = "Later layers are left out: what they know is of the old classes above all."
        learn = "The other layers keep their weights; Layers that learn, in the recipe, changes that later."
        stages = "So the new head is there before the gradients that go through it reach the old layers."
        for place, parts in enumerate((
            ("Keep the layers up to", self.cut, cut),
            ("Layers that learn", self.learn, learn),
            ("One layer more every", self.stages, stages),
        )):  # fmt: skip
            grid.addLayout(labelled(*parts), 0, place, Qt.AlignmentFlag.AlignTop)
            grid.setColumnStretch(place, 1)
        return grid

    # ---- layers

    def _offer_cuts(self) -> None:
        """The layers after which the source can be cut, the last one first."""
        from convscope.engine.train.transfer import before_scores  # noqa: PLC0415

        self.cut.blockSignals(True)
        self.cut.clear()
        self._network = self._source_network()
        try:
            last = "" if self._network is None else before_scores(self._network)
        except ConvscopeError:  # told when the weights are to be taken
            last = ""
        if self._network is not None and last:
            names = [node.name for node in self._network.order()]
            shapes = self._network.shapes()
            for name in reversed(names[: names.index(last) + 1]):
                shape = shapes[name]
                self.cut.addItem(f"{name} · {format_shape(shape)}" if shape else name, name)
        self.cut.blockSignals(False)
        self._offer_learning()

    def _source_network(self) -> Network | None:
        """The network whose weights are wanted; None if its file cannot be read, which is told later."""
        path = self._source.currentData()
        if not path:
            return self._trained if path == "" else None
        from convscope.engine.io import container  # noqa: PLC0415

        try:
            with container.opened(path) as file:
                return Network.from_dict(file.document["network"])
        except (ConvscopeError, KeyError, TypeError):
            return None

    def _offer_learning(self) -> None:
        """How many of the layers that are kept learn with the head, as the case says at first."""
        from convscope.engine.train.transfer import trunk  # noqa: PLC0415

        self.learn.blockSignals(True)
        self.learn.clear()
        self.learn.addItem("Only the new head", "all")
        if self._network is not None and self.cut.currentData():
            count = len(freezing.counted(trunk(self._network, self.cut.currentData())))
            for number in range(1, count):
                self.learn.addItem(f"The head and the last {number}" if number > 1 else "The head and the last", number)
            self.learn.addItem("All", "none")
        self.learn.blockSignals(False)
        self._follow_case()

    def _follow_case(self, _case: int = 0) -> None:
        """Let as many layers learn as the case says."""
        freeze = self._advice[self._cases.checkedId()].freeze
        row = self.learn.findData(freeze)
        self.learn.setCurrentIndex(row if row >= 0 else self.learn.count() - 1)
        self._offer_stages()

    def _offer_stages(self, _row: int = 0) -> None:
        self.stages.setEnabled(self.learn.currentData() != "none")

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
        every = self.stages.value() if self.stages.isEnabled() else 0
        path, freeze, cut = self._source.currentData() or "", self.learn.currentData(), self.cut.currentData()
        self.wanted.emit(TransferWish(path, freeze, cut, every))
        self.accept()


def _amount(images: int, classes: int) -> str:
    from convscope.engine.train.transfer import advice  # noqa: PLC0415

    return advice(images, classes, "similar").amount


def _small(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "small")
    return label

"""What an explanation is about: the score of a class, or a layer and a unit of it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QCompleter, QGridLayout, QLabel, QLineEdit, QWidget

from convscope.engine.graph.network import Network
from convscope.engine.spec import ConvscopeError

from ..accessible import named
from .layer_picker import NARROW, LayerPicker
from .layers import activation_layers, deep_of

_HIGHEST = "Highest score"
_FIRST = "0"


class AimFields(QWidget):
    """Shows what the chosen method asks for. `target`, `layer` and `unit` raise ConvscopeError for what makes no sense.

    A method may ask for a class or a unit (then one says which), or for a class and, at will, a layer.
    """

    def __init__(self, document: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asks: frozenset[str] = frozenset()
        self._needs: frozenset[str] = frozenset()
        self._filled = False  # whether a class and a unit were chosen here
        self.about = named(QComboBox(), "Explain", "What is explained")
        self.about.addItems(["Class score", "Unit of a layer"])
        self.classes = named(QComboBox(), "Class", "A class by name or number, from 0")
        self.classes.setEditable(True)
        self.classes.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = QCompleter(self.classes.model(), self.classes)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.classes.setCompleter(completer)
        self.choose = QCheckBox("Choose the layer")
        self.layers = LayerPicker(document)
        self.units = named(QLineEdit(), "Unit", "A channel such as 5, or row,column,channel; all from 0")
        self.units.setPlaceholderText("Strongest channel")
        for box in (self.about, self.classes):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
        self._rows: dict[str, tuple[QLabel, QWidget]] = {}
        grid = self._grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        fields = {"Explain": self.about, "Class": self.classes, "": self.choose, "Layer": self.layers}
        for row, (text, field) in enumerate({**fields, "Unit": self.units}.items()):
            label = QLabel(text)
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
            field.setMinimumWidth(NARROW)
            self._rows[text] = label, field
        self.about.currentIndexChanged.connect(self._show)
        self.choose.toggled.connect(self._show)
        self.set_classes((), 0)

    # ---- contents

    def set_network(self, network: Network, classes: tuple[str, ...]) -> None:
        """Offer the layers and classes of a network."""
        self.layers.set_layers(activation_layers(network), deep_of(network, "Conv2D"))
        shape = network.shapes().get(network.output) or (0,)
        self.set_classes(classes, shape[-1])
        self._fill()

    def set_classes(self, names: tuple[str, ...], count: int) -> None:
        """Offer classes by name, or by number where they have none; the one that is chosen stays if it can."""
        known = list(names) or [f"Class {number}" for number in range(count)]
        wanted = [_HIGHEST, *known]
        if wanted != [self.classes.itemText(row) for row in range(self.classes.count())]:
            before = self.classes.currentText()
            self.classes.clear()
            self.classes.addItems(wanted)
            self.classes.setCurrentText(before if before in wanted else _HIGHEST)

    def set_label_width(self, width: int) -> None:
        """Leave the labels so many pixels, that fields stand below each other with those of another form."""
        self._grid.setColumnMinimumWidth(0, width)

    def set_method(self, method: Any) -> None:
        """Show what a declaration asks for."""
        self._asks, self._needs = method.asks, method.needs
        self._fill()
        self._show()

    def _fill(self) -> None:
        """Where no image decides what responds most, begin with the first class and unit; elsewhere forget these."""
        if self._asks and ("image" not in self._needs or "target" in self._needs):
            if self.classes.currentText() == _HIGHEST:
                self.classes.setCurrentText(self.classes.itemText(1) or _HIGHEST)
            self.units.setText(self.units.text() or _FIRST)
            self._filled = True
        elif self._filled:
            self._filled = False
            if self.classes.currentText() == self.classes.itemText(1):
                self.classes.setCurrentText(_HIGHEST)
            self.units.setText("" if self.units.text() == _FIRST else self.units.text())

    # ---- reading

    @property
    def target(self) -> int | None:
        """Number of the class, None for the one with the highest score."""
        text = self.classes.currentText().strip()
        if not self._uses("Class") or text in ("", _HIGHEST):
            if "target" in self._needs:
                raise ConvscopeError("Name a class: this method makes an image for one class.")
            return None
        row = self.classes.findText(text, Qt.MatchFlag.MatchFixedString)
        if row > 0:
            return row - 1
        if text.isdecimal():
            return int(text)
        raise ConvscopeError(f"There is no class {text!r}; choose one from the list, or type its number.")

    @property
    def layer(self) -> str | None:
        """Name of the layer, None if none is asked for or the method may choose."""
        return (self.layers.layer or None) if self._uses("Layer") else None

    @property
    def unit(self) -> int | tuple[int, ...] | None:
        """A channel, or (row, column, channel); None for the strongest channel."""
        text = self.units.text().strip()
        if not self._uses("Unit") or not text:
            return None
        try:
            numbers = tuple(int(part) for part in text.split(","))
        except ValueError:
            raise ConvscopeError(f"The unit is {text!r}; use a channel such as 5, or row,column,channel.") from None
        return numbers[0] if len(numbers) == 1 else numbers

    # ---- which fields there are

    def _uses(self, row: str) -> bool:
        either = {"target", "unit"} <= self._asks and "layer" not in self._needs
        by_class = not either or self.about.currentIndex() == 0
        optional = "layer" in self._asks - self._needs and not either
        layer = "layer" in self._asks and not (either and by_class) and (not optional or self.choose.isChecked())
        used = {"Explain": either, "Class": "target" in self._asks and by_class, "": optional, "Layer": layer}
        return {**used, "Unit": layer and "unit" in self._asks}[row]

    def _show(self) -> None:
        for row, parts in self._rows.items():
            for part in parts:
                part.setVisible(self._uses(row))
        self.setVisible(any(self._uses(row) for row in self._rows))

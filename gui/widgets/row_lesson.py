"""What lessons on a row of numbers share: the row, which can be changed, and below it what becomes of it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from convscope.engine.spec import ConvscopeError

from ..accessible import named
from .lesson import Lesson, worded
from .number_grid import NumberGrid, align

_MOST, _FEWEST = 8, 2


class RowLesson(Lesson):
    """Subclasses declare the class variables and show what becomes of `values` in `renew()`, which may raise
    ConvscopeError; `change_all()` is what the third button does. More parts are put below the table by `build()`.
    """

    rows: ClassVar[tuple[tuple[str, str, str], ...]]
    """Name, formula and a word on it of each row; the first is the row of numbers itself."""
    noun: ClassVar[str]
    example: ClassVar[tuple[float, ...]]
    added: ClassVar[float]
    """What a new number is."""
    all_changed: ClassVar[tuple[str, str]]
    """Text and tooltip of the button that changes all numbers."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.values: NDArray[Any] = np.array(self.example, float)
        first = self.rows[0][0]
        self.grids = {name: NumberGrid(text, editable=name == first) for name, text, _ in self.rows}
        self.grids[first].edited.connect(self._edit)
        self.steps = worded("")
        self.steps.setAccessibleName("The steps")
        self.body.addLayout(self._buttons())
        self.body.addLayout(self._table())
        self.body.addWidget(self.steps)
        self.build()
        self._renew()

    def table_rows(self) -> list[tuple[str, QWidget, str]]:
        """What stands in the table: formula, grid, and a word on it."""
        return [(text, self.grids[name], help) for name, text, help in self.rows]

    def build(self) -> None:
        """Put more parts into `body`."""
        raise NotImplementedError

    def renew(self) -> list[str]:
        """Show what becomes of the values; the steps in words."""
        raise NotImplementedError

    def change_all(self) -> NDArray[Any]:
        """The values that the third button leads to."""
        raise NotImplementedError

    # ---- building

    def _buttons(self) -> QHBoxLayout:
        self.more = named(QPushButton(f"Add a {self.noun}"), f"Add a {self.noun}")
        self.fewer = named(QPushButton(f"Remove a {self.noun}"), f"Remove the last {self.noun}")
        text, tip = self.all_changed
        self.change = named(QPushButton(text), text, tip)
        self.reset = named(QPushButton("Start again"), "Start again", "Back to the numbers of the example")
        self.more.clicked.connect(lambda: self.take(np.append(self.values, self.added)))
        self.fewer.clicked.connect(lambda: self.take(self.values[:-1]))
        self.change.clicked.connect(lambda: self.take(self.change_all()))
        self.reset.clicked.connect(self.restore)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.more, self.fewer, self.change, self.reset):
            row.addWidget(button)
        row.addStretch(1)
        return row

    def _table(self) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(16)
        table.setVerticalSpacing(8)
        for row, (text, grid, help) in enumerate(self.table_rows()):
            table.addWidget(QLabel(text), row, 0, Qt.AlignmentFlag.AlignRight)
            table.addWidget(grid, row, 1)
            note = QLabel(help)
            note.setProperty("role", "small")
            table.addWidget(note, row, 2)
        table.setColumnStretch(3, 1)
        return table

    # ---- changes

    def restore(self) -> None:
        """Take up the example again."""
        self.take(np.array(self.example, float))

    def take(self, values: NDArray[Any]) -> None:
        """Show what becomes of these values."""
        self.values = values
        self._renew()

    def _edit(self, row: int, column: int, value: float) -> None:
        values = self.values.copy()
        values[column] = value
        self.take(values)

    def _renew(self) -> None:
        self.more.setEnabled(len(self.values) < _MOST)
        self.fewer.setEnabled(len(self.values) > _FEWEST)
        self.grids[self.rows[0][0]].show_numbers(self.values)
        try:
            steps = self.renew()
        except ConvscopeError as error:
            self.explain(str(error))
            return
        self.explain("")
        align(*self.grids.values())
        self.steps.setText("\n".join(steps))

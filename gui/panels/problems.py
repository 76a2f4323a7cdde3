"""The problems of the network, one a row, and buttons that end the current one; Enter goes to its layer."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListView, QStackedLayout, QWidget

from convscope.engine.repair import Repair, repairs
from convscope.engine.spec import ConvscopeError, Problem

from ..accessible import named
from ..icons import icon
from ..models.document import Document
from ..models.rewriting import apply_repair
from ..theme import follow
from ..work.consider import Consider
from .repair_buttons import RepairButtons

Index = QModelIndex | QPersistentModelIndex


class ProblemModel(QAbstractListModel):
    """The document's problems, errors first."""

    def __init__(self, document: Document, parent: Any = None) -> None:
        super().__init__(parent)
        self._document = document
        self.problems: list[Problem] = []
        self.refresh()

    def refresh(self) -> bool:
        """Read the problems anew; False if they are the same."""
        problems = self._document.network.problems()
        if problems == self.problems:
            return False
        self.beginResetModel()
        self.problems = problems
        self.endResetModel()
        return True

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.problems)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        problem = self.problems[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            text = str(problem)
            return text[:1].upper() + text[1:] if problem.layer is None else text
        if role == Qt.ItemDataRole.DecorationRole:
            error = problem.severity == "error"
            return icon("warning-circle" if error else "warning", "error" if error else "warning")
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return problem.severity
        return None


class Problems(QWidget):
    """Emits `jump` with the layer's name, `counted` with the number of problems when it changes, `refused` with why a
    repair could not be made.

    Repairs are found by `consider`, since each is tried on a copy of the network.
    """

    title = "Problems"
    jump = Signal(str)
    counted = Signal(int)
    refused = Signal(str)

    def __init__(self, document: Document, consider: Consider, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._consider = document, consider
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model = ProblemModel(document, self)
        self.list = named(QListView(), "Problems of the network")
        self.list.setWordWrap(True)
        self.list.setModel(self._model)
        self.list.setSpacing(2)
        self.list.activated.connect(self._jump)
        self.list.doubleClicked.connect(self._jump)
        self.list.selectionModel().currentChanged.connect(self._seek_repairs)
        self.buttons = RepairButtons()
        self.buttons.chosen.connect(self._repair)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.list, 1)
        row.addWidget(self.buttons)
        empty = QLabel("No problems: the network can run.")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setProperty("role", "muted")
        self._stack = QStackedLayout(self)
        self._stack.addWidget(content)
        self._stack.addWidget(empty)
        document.changed.connect(self._refresh)
        document.replaced.connect(self._refresh)
        follow(self, self.list.viewport().update)
        self._show()

    @property
    def count(self) -> int:
        return len(self._model.problems)

    def _refresh(self) -> None:
        if self._model.refresh():
            self._show()

    def _show(self) -> None:
        self._stack.setCurrentIndex(0 if self.count else 1)
        with QSignalBlocker(self.list.selectionModel()):
            self.list.setCurrentIndex(self._model.index(0, 0))
        self._seek_repairs()
        self.counted.emit(self.count)

    def _jump(self, index: QModelIndex) -> None:
        problem = self._model.problems[index.row()]
        if problem.layer:
            self.jump.emit(problem.layer)

    # ---- repairs

    def _seek_repairs(self) -> None:
        """Find what would end the current problem."""
        self.buttons.show_repairs([])
        index = self.list.currentIndex()
        if index.isValid():
            problem, network = self._model.problems[index.row()], self._document.network.copy()
            self._consider("repairs", lambda: (problem, repairs(network, problem)), self._take_repairs)

    def _take_repairs(self, found: Any) -> None:
        index = self.list.currentIndex()
        if isinstance(found, Exception) or not index.isValid():
            return
        problem, offered = found
        if problem == self._model.problems[index.row()]:
            self.buttons.show_repairs(offered)

    def _repair(self, repair: Repair) -> None:
        try:
            apply_repair(self._document, repair)
        except ConvscopeError as error:
            self.refused.emit(str(error))

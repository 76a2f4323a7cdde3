"""The problems of the network, one a row; double-click or Enter goes to the layer."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QLabel, QListView, QStackedLayout, QWidget

from convscope.engine.spec import Problem

from ..accessible import named
from ..icons import icon
from ..models.document import Document
from ..theme import follow

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
    """Emits `jump` with the layer's name, and `counted` with the number of problems when it changes."""

    title = "Problems"
    jump = Signal(str)
    counted = Signal(int)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._model = ProblemModel(document, self)
        self.list = named(QListView(), "Problems of the network")
        self.list.setWordWrap(True)
        self.list.setModel(self._model)
        self.list.setSpacing(2)
        self.list.activated.connect(self._jump)
        self.list.doubleClicked.connect(self._jump)
        empty = QLabel("No problems: the network can run.")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setProperty("role", "muted")
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.list)
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
        self.counted.emit(self.count)

    def _jump(self, index: QModelIndex) -> None:
        problem = self._model.problems[index.row()]
        if problem.layer:
            self.jump.emit(problem.layer)

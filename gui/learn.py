"""The Learn room: a list of lessons, and the one that is open."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QItemSelectionModel, QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .accessible import named
from .lessons.activations import ActivationsLesson
from .lessons.backpropagation import BackpropagationLesson
from .lessons.convolution import ConvolutionLesson
from .lessons.filters import FiltersLesson
from .lessons.growth import GrowthLesson
from .lessons.im2col import Im2colLesson
from .lessons.normalisation import NormalisationLesson
from .lessons.pooling import PoolingLesson
from .lessons.softmax import SoftmaxLesson
from .lessons.toeplitz import ToeplitzLesson
from .lessons.transposed import TransposedLesson
from .widgets.lesson import Lesson

LESSONS: tuple[type[Lesson], ...] = (
    ConvolutionLesson,
    FiltersLesson,
    ToeplitzLesson,
    Im2colLesson,
    BackpropagationLesson,
    TransposedLesson,
    PoolingLesson,
    GrowthLesson,
    ActivationsLesson,
    NormalisationLesson,
    SoftmaxLesson,
)
_LIST_WIDTH = 224
_ROW = 32


class LearnRoom(QWidget):
    """Lessons are made when they are first opened, so that a window that never teaches starts as fast."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.list = named(QListWidget(), "Lessons")
        self.list.setProperty("lessons", True)
        self.list.addItems([lesson.title for lesson in LESSONS])
        for row in range(self.list.count()):
            self.list.item(row).setSizeHint(QSize(0, _ROW))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(self._open)
        self._pages = QStackedWidget()
        self._made: dict[int, QWidget] = {}
        side = QWidget()
        side.setFixedWidth(_LIST_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(8, 16, 8, 8)
        column.setSpacing(8)
        head = QLabel("Lessons")
        head.setProperty("role", "title")
        head.setIndent(8)
        column.addWidget(head)
        column.addWidget(self.list)
        line = QFrame()
        line.setProperty("line", True)
        line.setFixedWidth(1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(side)
        whole.addWidget(line)
        whole.addWidget(self._pages, 1)

    @property
    def lesson(self) -> Lesson | None:
        """The lesson that is open."""
        page = self._pages.currentWidget()
        found = page.widget() if isinstance(page, QScrollArea) else None
        return found if isinstance(found, Lesson) else None

    def enter(self) -> None:
        """Open the first lesson unless one is open, and give the list the keyboard."""
        if not self.list.selectedItems():  # a list that is given the keyboard has a current row without choosing it
            self.list.setCurrentRow(0, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self.list.setFocus()

    def _open(self, row: int) -> None:
        if row not in self._made:
            page = QScrollArea()
            page.setWidgetResizable(True)
            page.setFrameShape(QFrame.Shape.NoFrame)
            page.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            page.setWidget(LESSONS[row](self._session))
            self._made[row] = page
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(self._made[row])

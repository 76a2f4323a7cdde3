"""What the guidelines of network design say of the network, and rewrites that follow them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QLabel, QListView, QSplitter, QStackedLayout, QWidget

from convscope.engine.spec import ConvscopeError

from ..accessible import named
from ..icons import icon
from ..models.rewriting import apply_rewrite
from ..theme import follow
from .advice_detail import AdviceDetail, title_of

if TYPE_CHECKING:
    from convscope.engine.cost.advice import Advice

Index = QModelIndex | QPersistentModelIndex
SETTLE_MS = 150  # advice is taken once no edit has come for this long
_NOTHING = "No advice: the network follows all guidelines."
_WIDTHS = (280, 560)


class AdviceModel(QAbstractListModel):
    """Pieces of advice, from the image to the scores."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.found: list[Advice] = []

    def show_advice(self, found: list[Advice]) -> None:
        self.beginResetModel()
        self.found = found
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.found)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        advice = self.found[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            more = f" and {len(advice.nodes) - 1} more" if len(advice.nodes) > 1 else ""
            return f"{advice.nodes[0]}{more}: {title_of(advice).lower()}"
        if role == Qt.ItemDataRole.DecorationRole:
            return icon("lightbulb", "accent") if advice.rewrite else icon("warning", "warning")
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return advice.text
        return None


class AdvicePanel(QWidget):
    """Findings left, the current one with its figures right.

    Emits `chosen` with the layers of a finding that the user goes to, and `counted` with the number of findings. They
    are found off the GUI thread, a moment after the last edit.
    """

    title = "Advice"
    chosen = Signal(list)
    counted = Signal(int)

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._document = session, session.document
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._ask)
        self._build()
        for signal in (self._document.changed, self._document.replaced):
            signal.connect(self._expect)
        self._document.costs_changed.connect(self._preview)
        follow(self, self.list.viewport().update)
        self._settle.start()

    # ---- what others may read

    @property
    def found(self) -> Sequence[Advice]:
        """The findings in view."""
        return self._model.found

    # ---- building

    def _build(self) -> None:
        self._model = AdviceModel(self)
        self.list = named(QListView(), "Advice on the network")
        self.list.setModel(self._model)
        self.list.setSpacing(2)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.selectionModel().currentChanged.connect(self._show_current)
        self.list.clicked.connect(self._go)
        self.list.activated.connect(self._go)
        self.detail = AdviceDetail()
        self.detail.layer_chosen.connect(lambda name: self.chosen.emit([name]))
        self.detail.apply_wanted.connect(self._apply)
        content = QSplitter()
        content.setChildrenCollapsible(False)
        content.addWidget(self.list)
        content.addWidget(self.detail)
        content.setStretchFactor(1, 1)
        content.setSizes(list(_WIDTHS))
        self._sentence = QLabel("")
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setProperty("role", "muted")
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._sentence)
        self._stack.addWidget(content)

    # ---- taking

    def _expect(self) -> None:
        """The network has changed: what is shown is of the one before, until new advice comes."""
        self.detail.hold()
        self._settle.start()

    def _ask(self) -> None:
        network = self._document.network.copy()
        self._session.consider("advice", lambda: (network, network.advice()), self._take)

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception) or self._settle.isActive():
            return
        network, found = result
        if network != self._document.network:
            return
        kept = self._key(self.list.currentIndex())
        with QSignalBlocker(self.list.selectionModel()):
            self._model.show_advice(found)
        self._stack.setCurrentIndex(1 if found else 0)
        self._sentence.setText("" if found else _NOTHING)
        self.counted.emit(len(found))
        row = next((i for i, advice in enumerate(found) if (advice.kind, advice.nodes) == kept), 0)
        self.list.setCurrentIndex(self._model.index(row, 0))
        self._show_current(self.list.currentIndex())

    def _key(self, index: QModelIndex) -> tuple[str, tuple[str, ...]] | None:
        return (self._model.found[index.row()].kind, self._model.found[index.row()].nodes) if index.isValid() else None

    # ---- the current finding

    def _show_current(self, index: QModelIndex, _before: QModelIndex | None = None) -> None:
        if index.isValid():
            self.detail.show_advice(self._model.found[index.row()])
            self._preview()

    def _preview(self) -> None:
        """Have the figures before and after the rewrite in view worked out."""
        advice = self.detail.advice
        if advice is None or advice.rewrite is None:
            return
        network, batch, rewrite = self._document.network.copy(), self._document.batch, advice.rewrite
        work = lambda: (advice, rewrite.preview(network, batch))  # noqa: E731
        self._session.consider("advice preview", work, self._take_preview)

    def _take_preview(self, result: Any) -> None:
        if not isinstance(result, Exception) and result[0] is self.detail.advice and not self._settle.isActive():
            self.detail.show_changes(result[1].changes())

    def _go(self, index: QModelIndex) -> None:
        self.chosen.emit(list(self._model.found[index.row()].nodes))

    def _apply(self) -> None:
        advice = self.detail.advice
        if advice is None or advice.rewrite is None:
            return
        try:
            apply_rewrite(self._document, advice.rewrite)
        except ConvscopeError as error:
            self._session.message.emit(f"{str(error)[:1].upper()}{str(error)[1:]}.", True)
        else:
            self.chosen.emit([advice.rewrite.exchanges[-1].end])

"""One piece of advice: what it says, the layers it is about, and what its rewrite would change."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ..accessible import named

if TYPE_CHECKING:
    from convscope.engine.cost.advice import Advice, Change

_HEADS = ("", "before", "after", "")
_NAMED = 24  # layers that are linked; one piece of advice may be about a hundred


def title_of(advice: Advice) -> str:
    """`Large filter` for the kind `large-filter`."""
    return advice.kind.replace("-", " ").capitalize()


class AdviceDetail(QWidget):
    """Emits `layer_chosen` with the name of a layer that was clicked, and `apply_wanted`."""

    layer_chosen = Signal(str)
    apply_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.advice: Advice | None = None
        self.heading = self._linking("Finding")
        self.heading.setProperty("role", "heading")
        self.apply = named(QPushButton("Apply"), "Apply the rewrite")
        self.apply.setEnabled(False)
        self.apply.clicked.connect(self.apply_wanted)
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 16, 0)
        head.addWidget(self.heading, 1)
        head.addWidget(self.apply)
        self.layers = self._linking("Layers")
        self.layers.setWordWrap(True)
        self.text = named(QLabel(), "Advice")
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.changes = _Changes()
        inside = QWidget()
        inside.setProperty("panel", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 4, 16, 8)
        column.setSpacing(6)
        for part in (self.layers, self.text, self.changes):
            column.addWidget(part)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addWidget(area)
        self.setMinimumWidth(280)

    def show_advice(self, advice: Advice) -> None:
        """Show a finding; what its rewrite changes comes later."""
        same = self.advice is not None and (self.advice.kind, self.advice.nodes) == (advice.kind, advice.nodes)
        self.advice = advice
        self.heading.setText(_linked_heading(advice))
        self.layers.setText(_linked_names(advice.nodes))
        self.layers.setVisible(len(advice.nodes) > 1)
        text = advice.text.removeprefix(f"{advice.nodes[0]}: ")
        self.text.setText(f"{text[:1].upper()}{text[1:]}.")
        self.apply.setVisible(advice.rewrite is not None)
        self.apply.setEnabled(advice.rewrite is not None)
        self.apply.setToolTip(f"{advice.rewrite.title} (one undo step)" if advice.rewrite else "")
        if not (same and advice.rewrite):
            self.changes.show_changes(())

    def show_changes(self, changes: Sequence[Change]) -> None:
        """Show what the rewrite changes."""
        self.changes.show_changes(changes)

    def _linking(self, name: str) -> QLabel:
        """A label whose links are names of layers."""
        label = named(QLabel(), name)
        flags = Qt.TextInteractionFlag
        label.setTextInteractionFlags(flags.LinksAccessibleByMouse | flags.LinksAccessibleByKeyboard)
        label.linkActivated.connect(self.layer_chosen)
        return label

    def hold(self) -> None:
        """The network has changed: nothing can be applied until new advice is shown."""
        self.apply.setEnabled(False)


def _linked_heading(advice: Advice) -> str:
    """What the rewrite does, or the kind of finding, with the first layer's name as a link to it."""
    name = advice.nodes[0]
    heading = advice.rewrite.title if advice.rewrite else f"{name}: {title_of(advice).lower()}"
    if not heading.startswith(f"{name}:"):
        return escape(heading)
    return _link(name) + escape(heading.removeprefix(name))


def _linked_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(_link, names[:_NAMED])) + more


def _link(name: str) -> str:
    return f'<a href="{escape(name)}" style="text-decoration: none">{escape(name)}</a>'


class _Changes(QWidget):
    """Figures before and after, right-aligned below each other."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("What the rewrite changes")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(4, 1)
        self._heads = [self._cell(0, column, text) for column, text in enumerate(_HEADS)]
        for head in self._heads:
            head.setProperty("role", "small")
        self._rows: list[list[QLabel]] = []
        self.show_changes(())

    def show_changes(self, changes: Sequence[Change]) -> None:
        while len(self._rows) < len(changes):
            self._rows.append([self._cell(len(self._rows) + 1, column) for column in range(4)])
        for head in self._heads:
            head.setVisible(bool(changes))
        for i, row in enumerate(self._rows):
            for label in row:
                label.setVisible(i < len(changes))
        for row, change in zip(self._rows, changes):
            texts = (change.label.capitalize(), change.before, change.after, change.share)
            for label, text in zip(row, texts):
                label.setText(text)
        self.setAccessibleDescription(". ".join(map(str, changes)))

    def texts(self) -> list[list[str]]:
        """The rows in view."""
        return [[label.text() for label in row] for row in self._rows if not row[0].isHidden()]

    def _cell(self, row: int, column: int, text: str = "") -> QLabel:
        label = QLabel(text)
        label.setAlignment(Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft)
        if column == 0:
            label.setProperty("role", "muted")
        self._grid.addWidget(label, row, column)
        return label

"""What all lessons share: a title, a few sentences, the worked example, and where it comes from."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

_TEXT_WIDTH = 760  # pixels; longer lines are hard to read


class Lesson(QWidget):
    """A page of the Learn room; its parts go into `body`."""

    title: ClassVar[str]
    text: ClassVar[str]
    source: ClassVar[str] = ""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self.text)
        self.body = QVBoxLayout()
        self.body.setSpacing(16)
        self._fault = worded("", "error")
        self._fault.setAccessibleName("What is wrong")
        self._fault.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addWidget(worded(self.title, "heading"))
        column.addWidget(worded(self.text, "muted"))
        column.addSpacing(8)
        column.addLayout(self.body)
        column.addWidget(self._fault)
        column.addStretch(1)
        if self.source:
            column.addWidget(worded(self.source, "small"))

    @property
    def fault(self) -> str:
        """What is wrong with what was entered, "" if nothing."""
        return "" if self._fault.isHidden() else self._fault.text()

    def explain(self, fault: str) -> None:
        """Say what is wrong with what was entered; "" for nothing."""
        self._fault.setText(fault)
        self._fault.setVisible(bool(fault))


class Captioned(QWidget):
    """A widget below a small caption."""

    def __init__(self, caption: str, widget: QWidget) -> None:
        super().__init__()
        self._caption = QLabel(caption)
        self._caption.setProperty("role", "small")
        self._caption.setBuddy(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._caption)
        column.addWidget(widget)
        column.addStretch(1)

    def set_caption(self, caption: str) -> None:
        self._caption.setText(caption)


class _Text(QLabel):
    """Layouts ask for its height at their own width, even where it is narrower."""

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        return super().heightForWidth(min(width, self.maximumWidth()))


def worded(text: str, role: str = "") -> QLabel:
    """A text that wraps at a readable width."""
    label = _Text(text)
    label.setWordWrap(True)
    label.setMaximumWidth(_TEXT_WIDTH)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        label.setProperty("role", role)
    return label


def in_row(*parts: QWidget | str, spacing: int = 16) -> QHBoxLayout:
    """Widgets, and signs such as `=`, beside each other."""
    row = QHBoxLayout()
    row.setSpacing(spacing)
    for part in parts:
        widget = worded_sign(part) if isinstance(part, str) else part
        row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter if isinstance(part, str) else Qt.AlignmentFlag.AlignTop)
    row.addStretch(1)
    return row


def worded_sign(sign: str) -> QLabel:
    label = QLabel(sign)
    label.setProperty("role", "heading")
    return label

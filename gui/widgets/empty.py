"""What a view shows before there is anything to see: one sentence that says what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget


class WithEmptyState(QWidget):
    """Shows `content`, or in its place a sentence in the middle. Starts empty."""

    def __init__(self, content: QWidget, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = QLabel(sentence)
        self._sentence.setProperty("role", "muted")
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setWordWrap(True)
        self._sentence.setMargin(24)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._sentence)
        self._stack.addWidget(content)

    @property
    def sentence(self) -> str:
        """The sentence in view; "" while there is content."""
        return self._sentence.text() if self._stack.currentIndex() == 0 else ""

    def show_content(self) -> None:
        self._stack.setCurrentIndex(1)

    def show_sentence(self, sentence: str) -> None:
        self._sentence.setText(sentence)
        self._stack.setCurrentIndex(0)

"""What a view shows before there is anything to see: one sentence that says what to do next."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QStackedLayout, QWidget


class WithEmptyState(QWidget):
    """Shows `content`, or in its place a sentence in the middle. Starts empty."""

    def __init__(self, content: QWidget, sentence: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = _Sentence(sentence)
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


class _Sentence(QLabel):
    """Wraps in whatever room there is, and asks for none: a scroll area would else give the view its full height."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setProperty("role", "muted")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setMargin(24)

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return False

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(96, 48)

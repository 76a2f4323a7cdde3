"""The page that a new user meets: what can be done here, each by one click."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from .accessible import named
from .icons import icon
from .settings import WELCOME, is_on, recent_files, remember
from .theme import follow

_WIDTH, _MOST_RECENT, _ICON = 720, 4, 28


@dataclass(frozen=True)
class Beginning:
    """A way to begin: what it is called, and what it is in one sentence."""

    name: str
    icon: str
    title: str
    text: str


BEGINNINGS = (
    Beginning("train", "chart-line-up", "Train a network", "LeNet-5 learns to read handwritten digits, here and now."),
    Beginning("build", "tree-structure", "Build your own", "Start from an empty canvas; costs are shown as you go."),
    Beginning("look", "eye", "Look inside", "Ask a trained network what it sees, and why it says so."),
    Beginning("learn", "graduation-cap", "Learn how it works", "Worked examples, with numbers you can change."),
)


class Welcome(QDialog):
    """Emits `begun` with a beginning's name, or `wanted` with a recent file, and closes."""

    begun = Signal(str)
    wanted = Signal(Path)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Welcome to Convscope")
        self.setFixedWidth(_WIDTH)
        self.cards = {beginning.name: _Card(beginning) for beginning in BEGINNINGS}
        self.files = [_link(path) for path in recent_files()[:_MOST_RECENT]]
        self._lay_out()
        for name, card in self.cards.items():
            card.clicked.connect(partial(self._begin, name))
        for path, button in zip(recent_files(), self.files):
            button.clicked.connect(partial(self._open, path))

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(32, 24, 32, 16)
        whole.setSpacing(16)
        title = QLabel("What would you like to do?")
        title.setProperty("role", "heading")
        whole.addWidget(title)
        grid = QGridLayout()
        grid.setSpacing(16)
        for place, card in enumerate(self.cards.values()):
            grid.addWidget(card, place // 2, place % 2)
        whole.addLayout(grid)
        if self.files:
            head = QLabel("Or go on with")
            head.setProperty("role", "muted")
            row = QHBoxLayout()
            row.addWidget(head)
            for button in self.files:
                row.addWidget(button)
            row.addStretch()
            whole.addLayout(row)
        whole.addLayout(self._foot())

    def _foot(self) -> QHBoxLayout:
        self.again = named(QCheckBox("Show this at the start"), "Show this at the start")
        self.again.setChecked(is_on(WELCOME))
        self.again.toggled.connect(lambda on: remember(WELCOME, on))
        close = QPushButton("Close")
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(self.again)
        row.addStretch()
        row.addWidget(close)
        return row

    def _begin(self, name: str) -> None:
        self.close()
        self.begun.emit(name)

    def _open(self, path: Path) -> None:
        self.close()
        self.wanted.emit(path)


class _Card(QPushButton):
    """A large button: an icon, a title and a sentence."""

    def __init__(self, beginning: Beginning) -> None:
        super().__init__()
        named(self, beginning.title)
        self.setAccessibleDescription(beginning.text)
        self.setProperty("card", True)
        self.setAutoDefault(False)
        self._sign, self._name = QLabel(), beginning.icon
        title, text = QLabel(beginning.title), QLabel(beginning.text)
        title.setProperty("role", "heading")
        text.setProperty("role", "muted")
        text.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(title)
        words.addWidget(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 16, 16, 16)
        row.setSpacing(16)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        for label in (self._sign, title, text):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        follow(self, self._restyle)

    def sizeHint(self) -> QSize:  # noqa: N802
        layout = self.layout()
        assert layout is not None  # made above
        return layout.sizeHint()

    def _restyle(self) -> None:
        self._sign.setPixmap(icon(self._name, "accent").pixmap(_ICON, _ICON))


def _link(path: Path) -> QPushButton:
    button = named(QPushButton(path.name.split(".")[0]), f"Open {path.name}", str(path))
    button.setAutoDefault(False)
    return button

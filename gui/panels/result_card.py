"""One result: its picture, what the network said, what must be known to read it, and how to keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ..accessible import named
from ..icons import set_icon
from ..widgets.elided import ElidedLabel
from ..widgets.figures import plain
from ..work.posts import Failed

_MOST = 4  # numbers of a list that are shown


class ResultCard(QWidget):
    """Shows results of one kind, given its view; writes files without holding the window."""

    removal_wanted = Signal()
    check_wanted = Signal()

    def __init__(
        self,
        session: Any,
        title: str,
        view: Any,
        classes: Sequence[str] = (),
        checkable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`classes` are the names that scores call classes by; `checkable` offers the randomisation check."""
        super().__init__(parent)
        self._classes, self._checkable = classes, checkable
        self._session = session
        self.result: Any = None  # what is shown
        self._path = ""
        self.view = view
        self.setAccessibleName(title)
        self.title = ElidedLabel(title)
        self.title.setProperty("role", "heading")
        self.save = named(QToolButton(), "Save the result", "Save the result as a picture, an array or JSON")
        self.save.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.save.clicked.connect(self._ask)
        self.save.hide()
        set_icon(self.save, "floppy-disk")
        self.copy = _tool("Copy the picture", "Copy the picture to the clipboard (Ctrl+C)", "copy")
        self.copy.clicked.connect(self.copy_picture)
        self.check = _tool(
            "Randomisation check", "Does it depend on what was learned? Shown with layers randomised", "shuffle"
        )
        self.check.clicked.connect(self.check_wanted)
        short = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self, self.copy_picture)
        short.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.scores = _line("small", "Scores")
        self.caveat = _line("small", "What must be known")
        self.said = _line("small", "Saving")
        self.close_button = named(QToolButton(), "Remove the result", "Remove the result (Del in the row below)")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.close_button.clicked.connect(self.removal_wanted)
        self.close_button.hide()
        set_icon(self.close_button, "x", "muted")
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.title, 1)
        for button in (self.check, self.copy, self.save):
            head.addWidget(button)
        head.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(view, 1)
        for part in (self.scores, self.caveat, self.said):
            column.addWidget(part)

    def show_result(self, result: Any, done: bool = True) -> None:
        """Show a result, or what there is of one."""
        self.result = result
        self.view.show_result(result)
        _tell(self.scores, told(result.scores, self._classes))
        _tell(self.caveat, result.caveat)
        if done:
            self.save.show()
            self.copy.setVisible(self.view.image() is not None)
            self.check.setVisible(self._checkable)
            self.close_button.show()

    def copy_picture(self) -> None:
        """Put what is in view on the clipboard."""
        image = self.view.image()
        if image is not None:
            QGuiApplication.clipboard().setImage(image)
            _tell(self.said, "Copied to the clipboard.")

    def write(self, path: str) -> None:
        """Write the result by the ending of the name, and say how it went."""
        _tell(self.said, "Saving…")
        self._path = path
        self._session.consider(f"save {path}", self.view.saving(self.result, path), self._saved)

    def _saved(self, found: Any) -> None:
        failed = isinstance(found, Exception)
        self.said.setProperty("role", "error" if failed else "small")
        self.said.style().polish(self.said)
        _tell(self.said, Failed(found).text if failed else f"Saved {self._path}.")

    def _ask(self) -> None:
        kinds = {text: ending for ending, text in self.view.endings}
        config = self.result.config
        first = next(iter(kinds.values()))
        name = Path.home() / f"{config.get('network', 'network')}-{self.result.method}.{first}"
        path, kind = QFileDialog.getSaveFileName(self, "Save the result", str(name), ";;".join(kinds))
        if path:
            known = Path(path).suffix.lower().lstrip(".") in kinds.values()
            self.write(path if known else f"{path}.{kinds.get(kind, first)}")


def told(scores: Mapping[str, Any], classes: Sequence[str] = ()) -> str:
    """The scores that fit a line; numbers of classes as their names."""
    spoken = {name: _named(value, classes) if name.startswith("class") else value for name, value in scores.items()}
    parts = [(_singular(name, value), _short(value)) for name, value in spoken.items()]
    return " · ".join(f"{name.replace('_', ' ')} {text}" for name, text in parts if text)


def class_name(number: int, classes: Sequence[str]) -> str:
    """A class by its name, by its number where it has none."""
    return classes[number] if 0 <= number < len(classes) else str(number)


def _named(value: Any, classes: Sequence[str]) -> Any:
    if isinstance(value, list | tuple):
        return [_named(one, classes) for one in value]
    return class_name(value, classes) if isinstance(value, int) else value


def _singular(name: str, value: Any) -> str:
    plural = name.endswith("s") and not name.endswith("ss")
    return name[:-1] if plural and isinstance(value, list | tuple) and len(value) == 1 else name


def _short(value: Any) -> str:
    """A word, a number, or a few of them; "" for what is longer."""
    if isinstance(value, list | tuple):
        parts = [_short(part) for part in value]
        return ", ".join(parts) if len(parts) <= _MOST and all(parts) and not _nested(value) else ""
    if isinstance(value, bool) or value is None or isinstance(value, Mapping):
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e5 else plain(value)
    return str(value)


def _nested(value: Any) -> bool:
    return any(isinstance(part, list | tuple | Mapping) for part in value) and len(value) > 1


def _tool(name: str, tip: str, sign: str) -> QToolButton:
    button = named(QToolButton(), name, tip)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.hide()
    set_icon(button, sign)
    return button


def _line(role: str, name: str) -> QLabel:
    label = named(QLabel(), name)
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.hide()
    return label


def _tell(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))

"""What the views of results share: each shows one kind of result of an explanation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from convscope.engine.explain import Result
from convscope.engine.graph.network import Network


class ResultView(QWidget):
    """A picture, and below it a row of what it can be shown by."""

    endings: ClassVar[tuple[tuple[str, str], ...]] = (
        ("png", "PNG picture (*.png)"),
        ("npy", "NumPy array (*.npy)"),
        ("json", "JSON of settings and scores (*.json)"),
    )
    """What the result can be saved as: ending of the file's name, and what that is."""
    network: Network | None = None
    """The network that was looked into, where it is known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(8)
        self.build()
        self.column.addLayout(self.foot)

    def build(self) -> None:
        """Put the picture into `column`, and what changes it into `foot`."""
        raise NotImplementedError

    def show_result(self, result: Result) -> None:
        """Show a result, or what there is of one."""
        raise NotImplementedError

    def saving(self, result: Result, path: str) -> Callable[[], Any]:
        """What writes the result as it is shown now, for another thread to do."""
        return lambda: result.save(Path(path))

    def image(self) -> QImage | None:
        """What is in view as a picture for the clipboard; None without one."""
        raise NotImplementedError


def small(text: str) -> QLabel:
    """A small text for the row below a picture."""
    label = QLabel(text)
    label.setProperty("role", "small")
    return label

"""A small text that wraps in the width it is given."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class Wrapped(QLabel):
    """As tall as its lines, without asking its neighbours.

    Qt's own wrapped labels let a scroll area give the whole view its full height, so that it scrolls where it fits.
    """

    def __init__(self, text: str = "", role: str = "small", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", role)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def setText(self, text: str) -> None:  # noqa: N802
        super().setText(text)
        self._fit()

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Take the height of the text's lines, that of one at least."""
        height = max(self.heightForWidth(self.width()), self.fontMetrics().lineSpacing() + 2)
        if height != self.minimumHeight():
            self.setFixedHeight(height)

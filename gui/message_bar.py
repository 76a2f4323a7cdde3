"""A line above the canvas that tells what happened, without standing in the way."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from .accessible import named
from .icons import icon, set_icon
from .theme import follow, theme
from .widgets.wrapped import Wrapped

_SECONDS = 6


class MessageBar(QFrame):
    """`tell` shows a text. Errors stay until they are closed or replaced, other messages for a few seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._error = False
        self.setObjectName("message")
        self._sign = QLabel()
        self._sign.setFixedWidth(20)
        self.text = Wrapped(role="")
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy = named(QToolButton(), "Copy message", "Copy the message, to ask somebody about it")
        set_icon(self.copy, "copy", "muted")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text.text()))
        close = named(QToolButton(), "Close message")
        set_icon(close, "x", "muted")
        close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 8, 6)
        for widget in (self._sign, self.text, self.copy, close):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.setStretch(1, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SECONDS * 1000)
        self._timer.timeout.connect(self.hide)
        follow(self, self._restyle)
        self.hide()

    def tell(self, text: str, error: bool = False) -> None:
        """Show a message; it replaces the one before."""
        self._error = error
        self.text.setText(text)
        self.copy.setVisible(error)
        self.setAccessibleName(("Error: " if error else "Message: ") + text)
        self._restyle()
        self.show()
        if error:
            self._timer.stop()
        else:
            self._timer.start()

    def _restyle(self) -> None:
        name = "error" if self._error else "accent"
        self._sign.setPixmap(icon("warning-circle" if self._error else "info", name).pixmap(18, 18))
        colours = theme.colours
        self.setStyleSheet(
            f"#message {{ background: {colours.surface}; border: 0; border-left: 3px solid {getattr(colours, name)};"
            f" border-bottom: 1px solid {colours.line}; }}"
        )

"""The look of the desktop: follows the system's colour scheme and tells everybody when it changes.

from convscope.gui.theme import theme       theme.colours.accent, theme.category("pooling"), theme.small_font()
follow(widget, restyle)                     runs restyle() now and after every change, as long as the widget lives
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from . import fonts, tokens
from .stylesheet import stylesheet
from .tokens import DARK, LIGHT, Tokens

Appearance = Qt.ColorScheme


class Theme(QObject):
    """The current design tokens. `changed` is emitted after the palette and style sheet were replaced."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._colours: Tokens = LIGHT
        self._app: QApplication | None = None
        self._forced = Qt.ColorScheme.Unknown

    @property
    def colours(self) -> Tokens:
        return self._colours

    @property
    def dark(self) -> bool:
        return self._colours is DARK

    def apply(self, app: QApplication) -> None:
        """Give the application its style and fonts, and follow the system's light or dark from now on."""
        self._app = app
        app.setStyle("Fusion")
        app.setFont(fonts.body())
        app.styleHints().colorSchemeChanged.connect(self._restyle)
        self._restyle()

    def force(self, appearance: Appearance) -> None:
        """Show light or dark whatever the system says; `Qt.ColorScheme.Unknown` follows the system again."""
        self._forced = appearance
        QApplication.styleHints().setColorScheme(appearance)  # native frames and dialogs follow where they can
        self._restyle()

    def color(self, name: str) -> QColor:
        """The token of this name as a QColor, such as `theme.color("accent")`."""
        return QColor(getattr(self._colours, name))

    def category(self, name: str) -> QColor:
        """Colour of a layer category, or of `input`."""
        return QColor(self._colours.categories[name])

    def _restyle(self) -> None:
        if self._app is None:
            return
        system = self._app.styleHints().colorScheme()
        dark = (system if self._forced == Qt.ColorScheme.Unknown else self._forced) == Qt.ColorScheme.Dark
        self._colours = DARK if dark else LIGHT
        self._app.setPalette(_palette(self._colours))
        self._app.setStyleSheet(stylesheet(self._colours, dark))
        self.changed.emit()


def _palette(colours: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for name, value in (
        (role.Window, colours.window),
        (role.Base, colours.surface),
        (role.AlternateBase, colours.window),
        (role.Button, colours.surface),
        (role.Mid, colours.line),
        (role.Midlight, colours.raised),
        (role.Light, colours.raised),
        (role.Dark, colours.line),
        (role.ToolTipBase, colours.surface),
        (role.WindowText, colours.text),
        (role.Text, colours.text),
        (role.ButtonText, colours.text),
        (role.ToolTipText, colours.text),
        (role.PlaceholderText, colours.faint),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.on_accent),
        (role.Accent, colours.accent),
        (role.Link, colours.accent),
    ):
        palette.setColor(name, QColor(value))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(colours.faint))
    return palette


class _Follower(QObject):
    """Child of the widget it restyles, so that the connection ends with the widget."""

    def __init__(self, owner: QObject, restyle: Callable[[], None]) -> None:
        super().__init__(owner)
        self._restyle = restyle
        theme.changed.connect(self.run)

    def run(self) -> None:
        self._restyle()


def follow(owner: QObject, restyle: Callable[[], None]) -> None:
    """Run `restyle` now and whenever the appearance changes, as long as `owner` lives."""
    _Follower(owner, restyle).run()


def style_plot(plot: Any) -> None:
    """Give a pyqtgraph PlotWidget the theme's background, axes and text, now and after every change."""

    def restyle() -> None:
        colours = theme.colours
        plot.setBackground(colours.surface)
        for name in ("left", "bottom", "right", "top"):
            axis = plot.getAxis(name)
            axis.setPen(colours.line)
            axis.setTextPen(colours.muted)
            axis.setStyle(tickFont=small_font())
        plot.showGrid(x=True, y=True, alpha=0.18)

    follow(plot, restyle)


def small_font(bold: bool = False) -> QFont:
    """The smaller of the two text sizes."""
    return fonts.body(tokens.SMALL, bold)


def body_font(bold: bool = False) -> QFont:
    """The larger of the two text sizes."""
    return fonts.body(tokens.BODY, bold)


theme = Theme()
"""The one theme of the process."""

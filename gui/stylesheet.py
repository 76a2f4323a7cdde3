"""The style sheet over Fusion: flat panels, quiet lines, one accent. Its text is assets/desktop.qss."""

from __future__ import annotations

from importlib.resources import files
from string import Template

from PySide6.QtWidgets import QAbstractSpinBox, QLineEdit, QWidget

from .tokens import BODY, SMALL, Tokens


def stylesheet(colours: Tokens, dark: bool) -> str:
    """The style sheet for these tokens.

    Widgets opt in with the dynamic properties `panel`, `role`, `primary` and `invalid`.
    """
    assets = files("convscope.assets")
    icons = str(assets.joinpath("icons")).replace("\\", "/")
    names = {name: value for name, value in vars(colours).items() if isinstance(value, str)}
    template = Template(assets.joinpath("desktop.qss").read_text(encoding="utf-8"))
    return template.substitute(names, icons=icons, mode="dark" if dark else "light", body=BODY, small=SMALL)


def pad_spin_boxes(*widgets: QWidget) -> None:
    """Indent the text of these spin boxes, or of those inside these widgets: style sheets cannot."""
    for widget in widgets:
        boxes = [widget] if isinstance(widget, QAbstractSpinBox) else widget.findChildren(QAbstractSpinBox)
        for box in boxes:
            for line in box.findChildren(QLineEdit):
                line.setTextMargins(5, 0, 0, 0)

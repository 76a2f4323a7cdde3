"""Whether all tiles share one colour range or each has its own."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton, QWidget


class RangeSwitch(QToolButton):
    """On: every tile spans all colours by itself, so that faint ones can be seen. Off: tiles can be compared."""

    def __init__(self, on: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText("Own ranges")
        self.setCheckable(True)
        self.setChecked(on)
        self.setAccessibleName("Each tile has its own colour range")
        self.setToolTip("Each tile spans all colours by itself; switched off, tiles can be compared")

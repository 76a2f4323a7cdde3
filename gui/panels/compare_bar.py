"""What can be done with several results that stand side by side: one scale for all, and their difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from ..accessible import named


class CompareBar(QWidget):
    """`scale_changed()` is sent when the maps are to have one scale or each its own, `difference_wanted()` for two."""

    scale_changed = Signal()
    difference_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("Results")
        title.setProperty("role", "title")
        self._hint = QLabel("Ctrl+click shows several side by side")
        self._hint.setProperty("role", "small")
        self.same = named(QToolButton(), "Same scale", "Colour all maps in view by one range of values")
        self.same.setText("Same scale")
        self.same.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.same.setCheckable(True)
        self.same.toggled.connect(self.scale_changed)
        self.difference = named(QPushButton("Difference"), "Difference", "The first of two maps minus the second")
        self.difference.clicked.connect(self.difference_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 16, 0)
        row.setSpacing(8)
        row.addWidget(title)
        row.addStretch(1)
        for part in (self._hint, self.same, self.difference):
            row.addWidget(part)
        self.show_results(())

    def show_results(self, results: Sequence[Any]) -> None:
        """Offer what makes sense for these results."""
        maps = [result for result in results if result.kind == "heat map"]
        sizes = {result.array.shape[:2] for result in maps}
        self.same.setVisible(len(_flat(maps)) > 1)
        self.difference.setVisible(len(maps) == len(results) == 2 and len(sizes) == 1)
        self._hint.setVisible(len(results) < 2)

    def limits(self, results: Sequence[Any]) -> tuple[float, float] | None:
        """The range of all maps, if they are to have one scale; None if each has its own."""
        flat = _flat(results)
        if not self.same.isChecked() or len(flat) < 2:
            return None
        return min(float(np.nanmin(m)) for m in flat), max(float(np.nanmax(m)) for m in flat)


def _flat(results: Sequence[Any]) -> list[Any]:
    """The arrays that are coloured by a scale."""
    return [result.array for result in results if result.kind == "heat map" and result.array.ndim == 2]

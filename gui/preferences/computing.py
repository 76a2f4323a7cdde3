"""Processor, threads and graphics card."""

from __future__ import annotations

import os

from PySide6.QtWidgets import QLabel, QSpinBox, QWidget

from ..settings import remember_threads, stored_threads
from ..stylesheet import pad_spin_boxes
from .page import Page


class Computing(Page):
    title = "Computing"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from convscope.engine.cli import facts  # loads Numba  # noqa: PLC0415

        found, card = facts.processor(), facts.cuda()
        text = f"{found['name']}\n{found['cores']} cores, {found['vector_unit']}"
        self.add_row("Processor", _told(text))
        self.threads = QSpinBox()
        self.threads.setRange(0, os.cpu_count() or 1)
        self.threads.setSpecialValueText("All cores")
        self.threads.setValue(stored_threads())
        self.threads.valueChanged.connect(remember_threads)
        pad_spin_boxes(self.threads)
        about = "Counts from the next start on. The same number of threads gives the same results, bit for bit."
        self.add_row("Threads", self.threads, about)
        self.add_row("Graphics card", _told("Can be used" if card["available"] else "Not used"), card["reason"] or "")
        self.column.addStretch()


def _told(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    return label

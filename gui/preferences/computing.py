"""Processor, threads and the device that computes."""

from __future__ import annotations

import os
from typing import Any

from PySide6.QtWidgets import QComboBox, QLabel, QSpinBox, QWidget

from convscope.engine.kernels.modes import FLOAT32, TF32, TF32_THRICE
from convscope.engine.runtime.devices import CUDA

from ..settings import remember_math, remember_threads, stored_math, stored_threads
from ..stylesheet import pad_spin_boxes
from ..widgets.device_field import HELP, DeviceField
from ..work.consider import Consider
from ..work.device import ChosenDevice
from .page import Page

_MODES = {
    FLOAT32: "In float32",
    TF32_THRICE: "In TF32, three products: as exact as float32",
    TF32: "In TF32: a thousandth off, fastest",
}


class Computing(Page):
    """The processor is examined by `consider`, devices by `chosen`: both load what takes a second."""

    title = "Computing"

    def __init__(self, consider: Consider, chosen: ChosenDevice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen = chosen
        self._processor = QLabel("\n")
        self._processor.setWordWrap(True)
        self.add_row("Processor", self._processor)
        self.threads = QSpinBox()
        self.threads.setRange(0, os.cpu_count() or 1)
        self.threads.setSpecialValueText("All cores")
        self.threads.setValue(stored_threads())
        self.threads.valueChanged.connect(remember_threads)
        pad_spin_boxes(self.threads)
        about = "Counts from the next start on. The same number of threads gives the same results, bit for bit."
        self.add_row("Threads", self.threads, about)
        self.device = DeviceField(chosen)
        self.about_device = self.add_row("Compute on", self.device)
        self.math = QComboBox()
        for mode, title in _MODES.items():
            self.math.addItem(title, mode)
        self.math.setCurrentIndex(max(self.math.findData(stored_math()), 0))
        self.math.activated.connect(lambda index: remember_math(self.math.itemData(index)))
        about = "Counts from the next start on. TF32 takes a GPU with tensor cores for it (Ampere or newer)."
        self.add_row("A GPU multiplies", self.math, about)
        self.column.addStretch()
        chosen.found.connect(self._tell_devices)
        self._tell_devices()
        consider("processor", _processor, self._tell_processor)

    def _tell_devices(self) -> None:
        """Below the field: what it is for, and why a device cannot be used. Without a GPU there is nothing to set."""
        self.math.setEnabled(any(device.name == CUDA and device.available for device in self._chosen.devices))
        self.about_device.setText("\n\n".join(filter(None, (HELP, self._chosen.reason))))

    def _tell_processor(self, result: Any) -> None:
        self._processor.setText("" if isinstance(result, Exception) else result)


def _processor() -> str:
    from convscope.engine.cli import facts  # loads Numba  # noqa: PLC0415

    found = facts.processor()
    return f"{found['name']}\n{found['cores']} cores, {found['vector_unit']}"

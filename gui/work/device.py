"""Which device is to compute: what there is to choose from, and what is chosen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from convscope.engine.runtime.devices import CPU, Device

from ..settings import remember_device, stored_device
from .consider import Consider


class ChosenDevice(QObject):
    """The choice, remembered between starts. What is not there is not used, but stays wanted until another is chosen.

    Devices are looked for when `look` is first called, on another thread: asking a driver takes a while.
    """

    changed = Signal(str)  # the name of the device to use from now on
    found = Signal()  # all devices are known now

    def __init__(self, consider: Consider, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._consider, self._asked = consider, False
        self._wanted = stored_device()
        self.devices: tuple[Device, ...] = (Device(CPU, "CPU"),)

    @property
    def name(self) -> str:
        """The device to use."""
        return self._wanted if any(one.available for one in self.devices if one.name == self._wanted) else CPU

    @property
    def reason(self) -> str:
        """Why a device that there is cannot be used; "" if all can."""
        return " ".join(one.reason for one in self.devices if not one.available)

    def title(self, name: str) -> str:
        """What a device is called."""
        return next((one.title for one in self.devices if one.name == name), name.upper())

    def begin(self) -> None:
        """Look for the device that is wanted, if it is another than the one that is always there."""
        if self._wanted != CPU:
            self.look()

    def look(self) -> None:
        """Find out which devices there are; `found` follows, once."""
        if not self._asked:
            self._asked = True
            self._consider("devices", _devices, self._take)

    def choose(self, name: str) -> None:
        """Want this device from now on."""
        before = self.name
        self._wanted = name
        remember_device(name)
        if self.name != before:
            self.changed.emit(self.name)

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self._asked = False
            return
        before = self.name
        self.devices = result
        self.found.emit()
        if self.name != before:
            self.changed.emit(self.name)


def _devices() -> tuple[Device, ...]:
    from convscope.engine.runtime import devices  # it loads Numba  # noqa: PLC0415

    return devices.devices()

"""The devices that this engine knows, and why one cannot be used on this machine. Numba is loaded only to find out."""

from __future__ import annotations

from dataclasses import dataclass

from ..spec import ConvscopeError

CPU, CUDA = "cpu", "cuda"
DEVICES = (CPU, CUDA)


@dataclass(frozen=True)
class Device:
    """What can compute, or could: what it is called, and in one sentence why it cannot, "" if it can."""

    name: str
    title: str
    reason: str = ""

    @property
    def available(self) -> bool:
        return not self.reason


def devices() -> tuple[Device, ...]:
    """All devices, those that cannot be used among them. Asks the driver, which may take a second."""
    return Device(CPU, "CPU"), _cuda()


def require(name: str) -> None:
    """ConvscopeError, in one sentence, if this device is unknown or cannot be used here."""
    if name != CPU:  # which is always there
        from .backend import backend  # loads Numba  # noqa: PLC0415

        backend(name)


def _cuda() -> Device:
    from .cuda import chip  # loads Numba  # noqa: PLC0415

    try:
        return Device(CUDA, chip().name)
    except ConvscopeError as error:
        return Device(CUDA, "CUDA", str(error))

"""What a device must offer. The only place that asks which device is meant is `backend()` below."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

from ..cost.units import format_bytes
from ..layers import family_of
from ..spec import ConvscopeError, Layer
from .binding import Array, Binding
from .devices import CPU, CUDA, DEVICES
from .repeating import Repeater


class NoMemoryError(ConvscopeError):
    """The device has not so much memory left."""


class DeviceLostError(ConvscopeError):
    """The device stopped answering: nothing in its memory can be read any more."""


class Arrival(Protocol):
    """A copy between host and device that is on its way."""

    def ready(self) -> bool:
        """Whether it is done."""

    def synchronize(self) -> None:
        """Return once it is done."""


class Lane(Protocol):
    """A way to an array of the device that what is sent takes beside the device's work."""

    def send(self, host: Array) -> Arrival:
        """Begin to copy; the array changes when the calls made before are done. Until it arrived, `host` must stay."""


class Backend(Protocol):
    """Memory, threads and the two kernels that plans use themselves."""

    name: str

    apart: bool
    """Whether its memory is not the host's: arrays are then copied to and from what `host` gives for them."""

    measures: bool
    """Whether convolutions take the sums that a batch norm beside them wants: see measuring.py."""

    means: Any
    """What a GPU's products are computed with, as its kernels want to be told; None where nobody asks."""

    def allocate(self, nbytes: int) -> Array:
        """Bytes of the device, aligned to a cache line; contents undefined."""

    def zeros(self, count: int, dtype: str = "float32") -> Array:
        """An array of the device, flat, with zeros."""

    def host(self, array: Array) -> Array:
        """What Python reads and writes for an array of the device: a copy, or the array itself where Python can."""

    def upload(self, host: Array, array: Array) -> Arrival:
        """Begin to copy what `host` gave for an array to the device; until it arrived, nothing may be written there.

        Never asked for, nor `fetch`, `download` and `lane`, where both are the same.
        """

    def fetch(self, array: Array, host: Array) -> Arrival:
        """Begin to copy an array of the device to what `host` gave for it, once all calls before are done."""

    def lane(self, array: Array) -> Lane:
        """A way to this array."""

    def download(self, array: Array, host: Array) -> None:
        """Copy an array of the device to what `host` gave for it, once all calls before are done."""

    def finish(self) -> None:
        """Return once all calls made are done."""

    def repeater(self) -> Repeater:
        """How to do work that is the same again and again."""

    def threads(self) -> int:
        """Threads that large calls are shared among now."""

    def threads_for(self, macs: int, values: int) -> int:
        """Threads to share a call among, for its multiply-adds and the values it touches: 1 if it is small."""

    def build(self, kernel: Any, threads: int) -> Callable[..., None]:
        """What to call for a kernel when its work is shared among so many threads."""

    def available_bytes(self) -> int:
        """Memory that could be allocated now."""

    add_into: Any
    """Kernel (part, total, count, threads): total += part."""

    fill_zero: Any
    """Kernel (target, count, threads): target = 0."""

    measure_all: Any
    """Kernel (measuring, values, rows, threads): the sums of a matrix, see measuring.py."""

    copy: Any
    """Kernel (source, target, count, threads): target = source."""

    mask: Any
    """Kernel (x, target, count, threads): target = 0 where x is not positive."""

    add_masked: Any
    """Kernel (part, x, total, count, threads): total += part, then 0 where x is not positive."""


def backend(device: str) -> Backend:
    """The backend of this name; ConvscopeError if it is unknown or not available here."""
    if device == CPU:
        from .cpu import CpuBackend  # loads Numba  # noqa: PLC0415

        return CpuBackend()
    if device == CUDA:
        from .cuda import CudaBackend  # loads Numba, and asks the driver  # noqa: PLC0415

        return CudaBackend()
    raise ConvscopeError(f"There is no device {device!r}; use one of: {', '.join(DEVICES)}.")


def kernels(package: str, device: str) -> ModuleType:
    """The module of a package that holds the device's kernels."""
    return importlib.import_module(f"{package}.{device}")


def variant(package: str, name: str, device: str) -> ModuleType:
    """The module of a package that does for this device what others of the same beginning do for theirs."""
    return importlib.import_module(f"{package}.{name}_{device}")


def require_memory(backend: Backend, needed: int, what: str, remedy: str) -> None:
    """NoMemoryError, naming what needs how many bytes and the remedy, unless so many are free."""
    free = backend.available_bytes()
    if needed > free:
        raise NoMemoryError(f"{what} need {format_bytes(needed)} and {format_bytes(free)} are free; {remedy}.")


def declare_steps(layer: Layer, binding: Binding, device: str) -> None:
    """Let a layer's family declare its kernel calls: from `steps_<device>.py` if it has one, else `steps.py`."""
    family = family_of(type(layer))
    name = f"{family}.steps_{device}"
    try:
        own = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:  # it is there, and what it imports is not
            raise
        own = None
    if own is not None:
        own.STEPS[type(layer)](layer, binding)
        return
    shared: ModuleType = importlib.import_module(f"{family}.steps")
    declare: Callable[..., Any] = shared.STEPS[type(layer)]
    declare(layer, binding, kernels(family, device))

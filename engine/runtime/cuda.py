"""The GPU: numba.cuda kernels on one stream."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numba
import numpy as np

from ..cost.units import format_bytes
from ..graph.arena import ALIGNMENT
from ..kernels import cuda_jit
from ..kernels.cuda_jit import SIMULATED, Launch, cuda
from ..spec import ConvscopeError
from . import cuda_graph
from .backend import Arrival, DeviceLostError, Lane, NoMemoryError
from .binding import Array
from .cuda_errors import is_lost, is_out_of_memory, lost, name_of
from .cuda_graph import Graphs, StreamCapture
from .cuda_math import means
from .repeating import Plainly, Repeater

_OLDEST_CHIP, _OLDEST_DRIVER = (7, 5), (13, 0)
_WORKERS_A_PROCESSOR = 4  # blocks that a multiprocessor shares its time among in sums of two stages
_RESERVED = 0 if SIMULATED else 64 << 20  # bytes left to the driver: code of kernels, graphs, parts of pages
_INSTALL = "install what it needs with: pip install 'convscope[cuda]'"


@dataclass(frozen=True)
class Chip:
    """What a GPU is, and how many values a worker of a sum should at least have."""

    name: str
    capability: tuple[int, int]
    processors: int
    grain: int


_SIMULATED_CHIP = Chip("Numba's simulator", (9, 0), 1, 16)  # so that small sums have several workers


class CudaBackend:
    """Backend of the first GPU; ConvscopeError says why there is none to be used."""

    name = "cuda"
    apart = True
    measures = False

    def __init__(self) -> None:
        self.chip = chip()
        self.means = means(self.chip.name, self.chip.capability, self.chip.processors)
        numba.config.CUDA_LOW_OCCUPANCY_WARNINGS = 0  # type: ignore[attr-defined]  # compact networks have small layers
        from ..kernels import cuda_elementwise, cuda_moments  # declares kernels, which needs numba.cuda  # noqa: PLC0415

        self.add_into, self.fill_zero = cuda_elementwise.add_into, cuda_elementwise.fill_zero
        self.copy, self.mask = cuda_elementwise.copy, cuda_elementwise.mask
        self.add_masked = cuda_elementwise.add_masked
        self.measure_all = cuda_moments.measure_all
        self._stream, self._copying = _streams()
        self._lost: DeviceLostError | None = None

    def allocate(self, nbytes: int) -> Array:
        return self._made(nbytes, lambda: cuda.device_array(max(nbytes, ALIGNMENT), np.uint8))

    def zeros(self, count: int, dtype: str = "float32") -> Array:
        zeros = np.zeros(count, dtype)
        return self._made(zeros.nbytes, lambda: cuda.to_device(zeros, stream=self._stream))

    def host(self, array: Array) -> Array:
        """Pinned, which the GPU reads and writes without a detour."""
        with self._errors():
            return cuda.pinned_array(array.shape, array.dtype)

    def upload(self, host: Array, array: Any) -> Arrival:
        with self._errors():
            array.copy_to_device(host, stream=self._stream)
            return self._arrival()

    def fetch(self, array: Any, host: Array) -> Arrival:
        with self._errors():
            array.copy_to_host(host, stream=self._stream)
            return self._arrival()

    def download(self, array: Any, host: Array) -> None:
        """Nothing comes from a GPU that was lost: what the host has then stays as it is."""
        if self._lost is None:
            self.fetch(array, host).synchronize()

    def lane(self, array: Any) -> Lane:
        return _Lane(self, array)

    def finish(self) -> None:
        with self._errors():
            self._stream.synchronize()

    def repeater(self) -> Repeater:
        return Graphs(StreamCapture(self._stream, self._errors)) if cuda_graph.wanted() else Plainly()

    def launch(self, launch: Launch) -> None:
        """Have a kernel run when all that was launched before is done."""
        try:
            launch.kernel.compiled[(*launch.grid, self._stream)](*launch.args)
        except Exception as error:
            self._tell(error)
            raise

    def table(self, array: Array) -> Array:
        """A copy there of numbers that never change."""
        return self._made(array.nbytes, lambda: cuda.to_device(array, stream=self._stream))

    def _made(self, nbytes: int, make: Callable[[], Array]) -> Array:
        """An array of so many bytes; NoMemoryError where there is no room for it."""
        with self._errors():
            try:
                return make()
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                free = format_bytes(self.available_bytes())
                raise NoMemoryError(
                    f"The GPU has no {format_bytes(nbytes)} in one piece, though {free} are free; "
                    "end other programs that use it, or use a smaller batch."
                ) from None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise DeviceLostError for an error of the driver's after which the GPU cannot be used."""
        if self._lost is not None:
            raise self._lost
        try:
            yield
        except Exception as error:
            self._tell(error)
            raise

    def _tell(self, error: Exception) -> None:
        if is_lost(error) and not isinstance(error, DeviceLostError):
            self._lost = lost(error)
            raise self._lost from error

    def _arrival(self) -> Arrival:
        """What has happened once the stream has done what it was given so far."""
        event = _event()
        event.record(self._stream)
        return _Arrival(event, self)

    @property
    def stream(self) -> Any:
        """What all calls are made on, in order."""
        return self._stream

    def threads(self) -> int:
        return _WORKERS_A_PROCESSOR * self.chip.processors

    def threads_for(self, macs: int, values: int) -> int:
        """Workers of the sums of a call: they are as many for the same call, so that its bits are the same."""
        return max(1, min(self.threads(), values // self.chip.grain))

    def build(self, kernel: Any, threads: int) -> Callable[..., None]:
        return _Launcher(kernel, self)

    def available_bytes(self) -> int:
        context = cuda.current_context()
        if not SIMULATED:
            context.deallocations.clear()  # plans that are gone leave their memory when Numba gets to it
        free = context.get_memory_info()[0]
        if free == math.inf:  # the simulator's is without end
            return sys.maxsize
        return max(int(free) - _RESERVED, 0)


class _Launcher:
    """A call on the GPU: its launches are worked out, and its tables brought there, when it is first made."""

    def __init__(self, kernel: Any, backend: CudaBackend) -> None:
        self._kernel, self._backend = kernel, backend
        self._launches: list[Launch] | None = None

    def __call__(self, *args: Any) -> None:
        if self._launches is None:
            self._launches = [self._with_tables(launch) for launch in self._kernel.launches(*args)]
        for launch in self._launches:
            self._backend.launch(launch)

    def _with_tables(self, launch: Launch) -> Launch:
        """Arrays of whole numbers in the host's memory are tables; others have no business here."""
        args = tuple(self._table(arg) if isinstance(arg, np.ndarray) else arg for arg in launch.args)
        return Launch(launch.kernel, launch.grid, args)

    def _table(self, array: Array) -> Array:
        if array.dtype.kind not in "iu":
            raise TypeError(f"{self._kernel.__name__} was given an array of {array.dtype} in the host's memory")
        return self._backend.table(array)


class _Arrival:
    """A copy on its way: an event of a stream."""

    def __init__(self, event: Any, backend: CudaBackend) -> None:
        self._event, self._backend = event, backend

    def ready(self) -> bool:
        if SIMULATED:
            return True
        with self._backend._errors():
            return bool(self._event.query())

    def synchronize(self) -> None:
        with self._backend._errors():
            self._event.synchronize()


class _Lane:
    """Copies on a stream of their own to an array beside the target, and from there on the stream of all calls.

    Two events keep the order. The copying stream waits until the stream of calls has *taken* what came before,
    which is the first thing that it does in a step; so the next batch travels during all the rest of the step. The
    stream of calls waits until the batch has *arrived*, and so does the host before it writes the next one to where it
    came from. The target is written by the stream of calls alone, so in order with whatever reads it.
    """

    def __init__(self, backend: CudaBackend, target: Any) -> None:
        self._backend, self._target = backend, target
        self._beside = backend.allocate(target.nbytes)[: target.nbytes].view(target.dtype)
        self._taken, self._arrived = _event(), _event()  # to wait for an event that never was is not to wait

    def send(self, host: Array) -> Arrival:
        backend = self._backend
        with backend._errors():
            self._taken.wait(backend._copying)
            self._beside.copy_to_device(host, stream=backend._copying)
            self._arrived.record(backend._copying)
            self._arrived.wait(backend._stream)
            self._target.copy_to_device(self._beside, stream=backend._stream)
            self._taken.record(backend._stream)
        return _Arrival(self._arrived, backend)


@cache
def chip() -> Chip:
    """The GPU to use; ConvscopeError says in one line why there is none, and what to do."""
    if SIMULATED:
        return _SIMULATED_CHIP
    if cuda is None:
        raise _unavailable(f"numba-cuda does not load ({cuda_jit.PROBLEM}); {_INSTALL}")
    if importlib.util.find_spec("numba_cuda") is None:
        raise _unavailable(f"numba-cuda is not installed; {_INSTALL}")
    try:
        return _examined()
    except ConvscopeError:
        raise
    except Exception as error:  # the driver's, whatever it ran into
        if name_of(error).endswith("DEVICE_UNAVAILABLE"):
            raise _unavailable("another program uses the GPU alone; end it") from None
        if is_out_of_memory(error):
            raise _unavailable("other programs have all of the GPU's memory; end one of them") from None
        raise _unavailable(f"the NVIDIA driver cannot be used ({_first_line(error)}); install or repair it") from None


def _examined() -> Chip:
    """What the driver says."""
    if not cuda.is_available():
        reason = _first_line(cuda.cuda_error() or "no GPU was found")
        raise _unavailable(f"{reason}; install an NVIDIA driver of version 580 or newer on a machine with a GPU")
    version = tuple(cuda.cudadrv.driver.driver.get_version())
    if version < _OLDEST_DRIVER:
        raise _unavailable(
            f"the driver offers CUDA {_dotted(version)} and {_dotted(_OLDEST_DRIVER)} is needed; "
            "install a driver of version 580 or newer"
        )
    device = cuda.get_current_device()
    name = device.name.decode() if isinstance(device.name, bytes) else str(device.name)
    if device.compute_capability < _OLDEST_CHIP:
        raise _unavailable(
            f"{name} has compute capability {_dotted(device.compute_capability)} and {_dotted(_OLDEST_CHIP)} is needed"
        )
    return Chip(name, tuple(device.compute_capability), int(device.MULTIPROCESSOR_COUNT), 4096)


def _unavailable(reason: str) -> ConvscopeError:
    return ConvscopeError(f"The device cuda is not available: {reason}; or use device cpu.")


def _first_line(error: object) -> str:
    """What a driver's message of many lines begins with, as part of a sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = (lines[0] if lines else type(error).__name__).rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


@cache
def _streams() -> tuple[Any, Any]:
    """Two for the process: all calls are made on the first, in order; batches that come next travel on the second."""
    return cuda.stream(), cuda.stream()


def _event() -> Any:
    return cuda.event() if SIMULATED else cuda.event(timing=False)

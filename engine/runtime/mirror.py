"""Arrays of a device and what Python reads and writes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .glimpse import Camera, Glimpse

if TYPE_CHECKING:
    from .backend import Backend
    from .binding import Array

T = TypeVar("T")


class Mirror:
    """An array of the device and its copy in the host's memory. On the CPU both are the same array, and nothing moves.

    Who writes on the device says so (`written`), and the copy is brought up to date when it is asked for; who has
    written to the copy has it sent.
    """

    def __init__(self, device: Array, backend: Backend) -> None:
        self.device = device
        self.copy, self._backend = backend.host(device), backend
        self._shared = self.copy is device
        self._behind = not self._shared
        self._sending: Any = None
        self._camera: Camera | None = None

    def __len__(self) -> int:
        return len(self.device)

    def written(self) -> None:
        """The device's array has been written to, by calls made or on their way."""
        self._behind = not self._shared

    @property
    def behind(self) -> bool:
        """Whether the device's array is newer than the copy."""
        return self._behind

    @property
    def host(self) -> Array:
        """The copy, as new as the device's array."""
        if self._behind:
            self._backend.download(self.device, self.copy)
            self._behind = False
        return self.copy

    @property
    def outgoing(self) -> Array:
        """The copy, to be written to as a whole and then sent: what is in it does not matter."""
        if self._sending is not None:  # the device may still be reading what was sent before
            self._sending.synchronize()
            self._sending = None
        self._behind = False
        return self.copy

    def send(self) -> None:
        """Make the device's array what the copy is."""
        if not self._shared:
            self._sending = self._upload()
        self._behind = False

    def glimpse(self, take: Callable[[Array], T]) -> Glimpse[T]:
        """What `take` makes of what the device's array holds when all calls made so far are done; it must copy.

        Nothing waits for it.
        """
        if not self._behind:
            return Glimpse.there(take(self.copy))
        if self._camera is None:
            self._camera = Camera(self.device, self._backend)
        return self._camera.glimpse(take)

    def _upload(self) -> Any:
        return self._backend.upload(self.copy, self.device)


class Inlet(Mirror):
    """A mirror that is sent in every step: what comes next travels while the device is still at work on the last.

    It is put into its place when the calls made before are done, from a second array of the device.
    """

    def __init__(self, device: Array, backend: Backend) -> None:
        super().__init__(device, backend)
        self._lane = None if self._shared else backend.lane(device)

    def _upload(self) -> Any:
        assert self._lane is not None  # nothing is sent where both are the same
        return self._lane.send(self.copy)

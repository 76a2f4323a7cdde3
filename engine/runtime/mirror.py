"""Arrays of a device and what Python reads and writes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .backend import Backend
    from .binding import Array


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
            self._sending = self._backend.upload(self.copy, self.device)
        self._behind = False

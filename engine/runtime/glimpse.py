"""What is on its way from a device, for which nobody has to wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from .backend import Arrival, Backend
    from .binding import Array

T = TypeVar("T")
U = TypeVar("U")
K = TypeVar("K")


class Glimpse(Generic[T]):
    """Something that can be read once all its parts have arrived. What a CPU computes is there at once."""

    def __init__(self, arrivals: Sequence[Arrival], make: Callable[[], T]) -> None:
        self._arrivals, self._make = tuple(arrivals), make
        self._found: list[T] = []

    @classmethod
    def there(cls, found: T) -> Glimpse[T]:
        """One that has arrived."""
        glimpse = cls((), lambda: found)
        glimpse.read()
        return glimpse

    @classmethod
    def joined(cls, parts: Mapping[K, Glimpse[U]]) -> Glimpse[dict[K, U]]:
        """Several by name as one."""
        arrivals = [arrival for part in parts.values() for arrival in part._arrivals]
        return Glimpse(arrivals, lambda: {name: part.read() for name, part in parts.items()})

    @property
    def ready(self) -> bool:
        """Whether it is there."""
        return all(arrival.ready() for arrival in self._arrivals)

    def read(self) -> T:
        """It, once it is there; the same each time."""
        if not self._found:
            for arrival in self._arrivals:
                arrival.synchronize()
            self._found.append(self._make())
        return self._found[0]

    def then(self, function: Callable[[T], U]) -> Glimpse[U]:
        """What a function makes of it, called when that is read."""
        return Glimpse(self._arrivals, lambda: function(self.read()))


class Camera:
    """Takes glimpses of an array of a device: what it holds when all calls made so far are done."""

    def __init__(self, device: Array, backend: Backend) -> None:
        self._device, self._backend = device, backend
        self._free: list[Array] = []  # places in the host's memory, as many as were ever on their way at once

    def glimpse(self, take: Callable[[Array], T]) -> Glimpse[T]:
        """What `take` makes of the array, flat, when it is there; it must copy what it keeps."""
        place = self._free.pop() if self._free else self._backend.host(self._device)
        arrival: Any = self._backend.fetch(self._device, place)

        def read() -> T:
            found = take(place)
            self._free.append(place)
            return found

        return Glimpse((arrival,), read)

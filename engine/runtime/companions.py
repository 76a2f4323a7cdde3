"""Arrays beside a model's weights, one value a weight each: what an optimiser keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .backend import Backend
from .binding import Array
from .mirror import Mirror
from .weights import FloatArray, NamedArrays


class Companions(NamedArrays):
    """Flat arrays by name, read and assigned to as weights are; zeros unless `given`.

    The device has them under `on_device`; who writes to them there says so with `written`.
    """

    def __init__(self, names: Iterable[str], given: Mapping[str, FloatArray], size: int, backend: Backend) -> None:
        self._mirrors = {name: Mirror(backend.zeros(size), backend) for name in names}
        super().__init__({name: mirror.copy for name, mirror in self._mirrors.items()}, self._fetch, self._mark)
        self._unsent = False
        for name, values in given.items():
            self[name] = values

    @property
    def on_device(self) -> dict[str, Array]:
        """The device's arrays, with all that was assigned."""
        if self._unsent:
            for mirror in self._mirrors.values():
                mirror.send()
            self._unsent = False
        return {name: mirror.device for name, mirror in self._mirrors.items()}

    def written(self) -> None:
        """The device's arrays have been written to, by calls made or on their way."""
        for mirror in self._mirrors.values():
            mirror.written()

    def _fetch(self) -> None:
        for mirror in self._mirrors.values():
            mirror.host  # noqa: B018  is now up to date

    def _mark(self) -> None:
        self._unsent = True

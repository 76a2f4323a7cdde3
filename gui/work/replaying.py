"""The film of a kept run, made anew from what was written down of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from convscope.engine.graph.network import Network

from .slices import Slices
from .viewing import Viewing


@dataclass(frozen=True)
class Replayable:
    """A kept run that can be replayed: what to call it, its network, and its newest checkpoint's file."""

    run: str
    title: str
    network: Network
    file: str


class Replay:
    """Develops a run's frames on the compute thread, a little at a time; `told(None)` when there are more of them, or
    what went wrong.
    """

    def __init__(self, run: Replayable, views: Viewing, told: Callable[[Any], None]) -> None:
        self.run = run
        self.frames: tuple[Any, ...] = ()
        self.pinned: tuple[Any, ...] = ()
        self._views, self._told = views, told
        self._work: Slices | None = None

    def develop(self, pinned: Mapping[Any, Any]) -> None:
        """Make all frames, with what becomes of these images, in the place of those before."""
        self.cancel()
        self.pinned = tuple(pinned)
        fits = {key: image for key, image in pinned.items() if image.shape[2] == self.run.network.input[2]}
        self._work = self._views.slice("replay", lambda _model: _developed(self.run.run, fits), self._take)

    def cancel(self) -> None:
        """Make no more of them."""
        if self._work is not None:
            self._work.cancel()

    def _take(self, found: Any) -> None:
        if isinstance(found, Exception):
            self._told(found)
        else:
            self.frames = found
            self._told(None)


def _developed(run: str, pinned: Mapping[Any, Any]) -> Generator[tuple[Any, ...], None, tuple[Any, ...]]:
    """The frames so far, each time that there is one more."""
    from convscope.engine.runs import RunStore, replay  # noqa: PLC0415
    from convscope.engine.train.film import Film  # noqa: PLC0415

    film = Film()
    for frame in replay.frames(RunStore().folder(run), pinned):
        film.add(frame)
        yield tuple(film)
    return tuple(film)

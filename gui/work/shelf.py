"""The runs that are kept, as the window searches, names, compares and removes them; the disk work is done elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from convscope.engine.graph.network import Network

from ..models.differences import Pair, pairs
from .consider import Consider
from .posts import Failed
from .replaying import Replayable

if TYPE_CHECKING:
    from convscope.engine.runs import Comparison, RunStore, RunSummary
    from convscope.engine.runs.lengthening import Lengthening

    from .history import History


@dataclass(frozen=True)
class Listing:
    """The runs that a search finds, the newest first; `faults` say why others were left out."""

    query: str
    runs: tuple[RunSummary, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class SideBySide:
    """Runs that are compared, with their curves and networks; of two also the layers in which these differ."""

    comparison: Comparison
    histories: tuple[History, ...]
    networks: tuple[Network, ...] = ()
    layers: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Restorable:
    """What a run can be gone back to: its checkpoints by name, with the files, the newest first.

    And how many moments of it can be replayed, with the bytes that its film takes.
    """

    run: str
    files: dict[str, str]
    moments: int = 0
    film_bytes: int = 0


class Shelf(QObject):
    """Asks the store of runs by `consider`. Every answer is a signal, or goes to the callback that was given."""

    listed = Signal(object)  # Listing
    compared = Signal(object)  # SideBySide: the runs that are looked at, none for an empty one
    failed = Signal(str)  # why something could not be done, or a search not be understood

    def __init__(self, consider: Consider, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._consider = consider
        self._query = ""

    def search(self, query: str) -> None:
        """From now on list the runs that this finds; see `RunStore.runs`."""
        self._query = query
        self.refresh()

    def refresh(self) -> None:
        """List the runs as they are now."""
        query = self._query

        def look() -> Listing:
            store = _store()
            found = tuple(store.runs(query))
            return Listing(query, found, store.faults)

        self._ask("runs list", look, self.listed.emit)

    def describe(self, run: str, **changes: Any) -> None:
        """Change a run's name, tags or notes."""
        self._ask(f"runs describe {run}", lambda: _store().describe(run, **changes), lambda _about: self.refresh())

    def remove(self, runs: Iterable[str]) -> None:
        """Remove runs with all their files."""
        gone = tuple(runs)
        self._ask(f"runs remove {gone}", lambda: [_store().remove(run) for run in gone], lambda _ids: self.refresh())

    def compare(self, runs: Iterable[str]) -> None:
        """Have runs read and laid side by side."""
        chosen = tuple(runs)

        def read() -> SideBySide:
            from .kept import curves_of  # noqa: PLC0415

            store = _store()
            folders = [store.folder(run) for run in chosen]
            networks = tuple(Network.from_dict(folder.config()["model"]["network"]) for folder in folders)
            layers = [pair for pair in pairs(*networks) if not pair.same] if len(networks) == 2 else []
            return SideBySide(store.compare(chosen), tuple(map(curves_of, folders)), networks, tuple(layers))

        self._ask("runs compare", read, self.compared.emit)

    def restorable(self, run: str, callback: Callable[[Restorable], None]) -> None:
        """Have the checkpoints of a run looked up."""

        def read() -> Restorable:
            from convscope.engine.runs.replay import reel  # noqa: PLC0415

            folder = _store().folder(run)
            checkpoints, found = folder.checkpoints, reel(folder)
            files = {name: str(checkpoints.path(name)) for name in checkpoints.names()}
            return Restorable(run, files, len(found.steps), found.nbytes)

        self._ask("runs checkpoints", read, callback)

    def lengthening(self, run: str, callback: Callable[[Lengthening], None]) -> None:
        """Have looked up how a run stands that is to be made longer."""

        def read() -> Lengthening:
            from convscope.engine.runs.lengthening import lengthening  # noqa: PLC0415

            return lengthening(_store().folder(run))

        self._ask("runs lengthening", read, callback)

    def replayable(self, run: str, callback: Callable[[Replayable], None]) -> None:
        """Have looked up what is needed to replay a run."""

        def read() -> Replayable:
            folder = _store().folder(run)
            checkpoints = folder.checkpoints
            files = [str(checkpoints.path(name)) for name in checkpoints.names()]
            network = Network.from_dict(folder.config()["model"]["network"])
            return Replayable(run, folder.about().name or folder.id, network, files[0] if files else "")

        self._ask("runs replay", read, callback)

    def _ask(self, kind: str, work: Callable[[], Any], callback: Callable[[Any], None]) -> None:
        def answer(found: Any) -> None:
            if isinstance(found, Exception):
                self.failed.emit(Failed(found).text)
            else:
                callback(found)

        self._consider(kind, work, answer)


def _store() -> RunStore:
    from convscope.engine.runs import RunStore  # noqa: PLC0415

    return RunStore()

"""Which layers of a document do not learn. A setting of training, like a rate: neither undone nor kept in a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from convscope.engine.graph import freezing

if TYPE_CHECKING:
    from convscope.engine.graph import Network


class Frozen(QObject):
    """The names of the layers of `network` that are frozen, in its order. They follow a layer that is renamed."""

    changed = Signal()
    staged = Signal()  # `every` is another one

    def __init__(self, network: Network, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._network = network
        self._names: tuple[str, ...] = ()
        self._every = 0
        self._before = tuple(network.nodes)

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    @property
    def freezable(self) -> tuple[str, ...]:
        """The layers that have weights."""
        return freezing.freezable(self._network)

    @property
    def every(self) -> int:
        """So many epochs of a run go by until one layer more learns; 0 leaves the frozen ones frozen."""
        return self._every

    @every.setter
    def every(self, epochs: int) -> None:
        if epochs != self._every:
            self._every = epochs
            self.staged.emit()

    def set(self, names: Iterable[str]) -> None:
        """Freeze these layers and no others; those without weights are left out."""
        wanted = set(names)
        kept = tuple(name for name in self.freezable if name in wanted)
        if kept != self._names:
            self._names = kept
            self.changed.emit()

    def switch(self, names: Iterable[str]) -> None:
        """Freeze these layers, or let them learn if all of them are frozen."""
        wanted = set(names) & set(self.freezable)
        now = set(self._names)
        self.set(now - wanted if wanted <= now else now | wanted)

    def learn_last(self, count: int) -> None:
        """Let only the last so many convolutions and dense layers learn."""
        self.set(freezing.all_but(self._network, count))

    def follow(self) -> None:
        """Take up an edit of the network: layers that are gone, and one that has another name."""
        after = tuple(self._network.nodes)
        now, then = set(after), set(self._before)
        gone, new = [n for n in self._before if n not in now], [n for n in after if n not in then]
        if not self._names:
            self._before = after
            return
        names = set(self._names)
        if len(gone) == len(new) == 1 and self._before.index(gone[0]) == after.index(new[0]):
            names = {new[0] if name == gone[0] else name for name in names}
        self._before = after
        self.set(names)

    def clear(self) -> None:
        """Another network was loaded."""
        self._before = tuple(self._network.nodes)
        self.every = 0
        self.set(())

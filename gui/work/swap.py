"""Keeps a copy of unsaved work on the disk, written beside the window after every undo command."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, SignalInstance

from convscope.engine.spec import ConvscopeError

from ..models.document import Document
from ..models.unsaved import Copy, Lost, Unsaved
from .inbox import Inbox
from .worker import Worker


class Swap(QObject):
    """Follows a document: each edit replaces the copy, saving removes it. Of edits in quick succession the last counts.

    `failed` tells once that copies cannot be written; edits go on.
    """

    failed = Signal(str)

    def __init__(self, document: Document, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._copy = document, Copy(folder)
        self._inbox = Inbox(self)
        self._inbox.drained.connect(self._receive)
        self._worker: Worker | None = None  # from the first edit on
        self._told = False
        self._signals: tuple[SignalInstance, ...] = (document.undo_stack.indexChanged, document.undo_stack.cleanChanged)
        for signal in self._signals:
            signal.connect(self._note)

    @property
    def place(self) -> Path:
        """The file that holds the copy."""
        return self._copy.place

    def replaces(self, found: Lost) -> None:
        """The document shows work that was recovered: as soon as it has a copy of its own, the old one can go."""

        def forget() -> None:
            if self._copy.place.exists():
                found.forget()

        self._ask(forget, "forget")

    def close(self) -> None:
        """The window closes as it should: nothing is lost, so nothing is kept."""
        for signal in self._signals:
            signal.disconnect(self._note)
        self._signals = ()
        self._inbox.close()
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        self._copy.close()

    def _note(self) -> None:
        document = self._document
        if document.modified:
            network = document.network.copy()
            unsaved = Unsaved(network, document.path, time.time(), document.unsaved_edits)
            self._ask(lambda: self._copy.write(unsaved))
        elif self._worker is not None:
            self._ask(self._copy.remove)

    def _ask(self, work: Callable[[], None], kind: str = "copy") -> None:
        if self._worker is None:
            self._worker = Worker(self._inbox.post, "convscope-swap", kernels=False)
        self._worker.look(kind, work, lambda result: result)

    def _receive(self, results: list[Any]) -> None:
        faults = [result for result in results if isinstance(result, Exception)]
        if not faults:
            self._told = False
        elif not self._told:
            self._told = True
            why = faults[-1] if isinstance(faults[-1], ConvscopeError) else f"{self.place.parent}: {faults[-1]}."
            self.failed.emit(f"Unsaved work is not protected from a crash: {why}")

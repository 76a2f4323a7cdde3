"""Plans the memory of large networks beside the window, once no edit has come for a moment."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QTimer

from convscope.engine.cost import Summary, with_memory

from ..models.document import Document

REST_MS = 250


class MemoryPlanner(QObject):
    """Adds memory to the costs of documents that lack it. `session` does the work on a thread of its own."""

    def __init__(self, document: Document, session: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._session = document, session
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._plan)
        for signal in (document.replaced, document.costs_changed):
            signal.connect(self._expect)
        self._expect()

    def close(self) -> None:
        """Plan nothing more."""
        self._rest.stop()

    def _expect(self) -> None:
        if self._document.lacks_memory:
            self._rest.start()
        else:
            self._rest.stop()

    def _plan(self) -> None:
        table, network = self._document.summary, self._document.network.copy()

        def take(planned: Any) -> None:
            if isinstance(planned, Summary):
                self._document.take_costs(table, planned)

        self._session.consider("memory", lambda: with_memory(table, network), take)

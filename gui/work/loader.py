"""Loads data sets beside the window and beside training; the newest wish wins."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from PySide6.QtCore import QObject, Signal

from convscope.engine.spec import ConvscopeError

from .inbox import Inbox
from .posts import DataProgress
from .recipe import DataChoice
from .toolkit import Told, Toolkit

_PACE = 0.03  # seconds between two reports of progress


class _AbandonedError(Exception):
    """Another data set was asked for, or the window closes."""


class Loader(QObject):
    """Holds the chosen data set. `dataset` is None until it is there; an abandoned load says nothing more.

    Signals: `progressed(DataProgress)` while files come in, then `loaded(dataset)` or `failed(text)`.
    """

    progressed = Signal(object)
    loaded = Signal(object)
    failed = Signal(str)

    def __init__(self, toolkit: Toolkit, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._toolkit = toolkit
        self._inbox = Inbox(self)
        self._inbox.drained.connect(self._receive)
        self._abandoned = threading.Event()
        self._threads: list[threading.Thread] = []
        self._held = False
        self.choice: DataChoice | None = None
        self.dataset: Any = None
        self.loading = False

    def choose(self, choice: DataChoice) -> None:
        """Start loading, unless this is loaded or on its way, and abandon what is on its way."""
        if choice == self.choice and (self.loading or self.dataset is not None):
            return
        self.wait_for(choice)
        self.loading = True
        if not self._held:
            self._start(choice)

    def hold(self) -> None:
        """Take note of choices, and load nothing until `release`."""
        self._held = True

    def release(self) -> None:
        """Load what was chosen meanwhile."""
        self._held = False
        if self.loading and self.choice is not None:
            self._start(self.choice)

    def _start(self, choice: DataChoice) -> None:
        self._abandoned = threading.Event()
        name, args = f"convscope-load-{choice.title}", (choice, self._abandoned)
        thread = threading.Thread(target=self._run, args=args, name=name, daemon=True)
        self._threads = [*(t for t in self._threads if t.is_alive()), thread]
        thread.start()

    def wait_for(self, choice: DataChoice) -> None:
        """Make a choice without loading it, and abandon what is on its way."""
        self.abandon()
        self._release()
        self.choice, self.dataset = choice, None

    def abandon(self) -> None:
        """Give up what is on its way."""
        self._abandoned.set()
        self.loading = False

    def lose(self) -> None:
        """The files of the data set are gone: it has to be loaded again."""
        self._release()
        self.dataset = None

    def close(self, timeout: float = 5.0) -> bool:
        """Give up and end; False if a thread (a hanging connection) did not end in time, in seconds."""
        self.abandon()
        self._inbox.close()
        last = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(last - time.monotonic(), 0.0))
        self._release()
        return not any(thread.is_alive() for thread in self._threads)

    def _release(self) -> None:
        """End the threads that read pictures of a large data set ahead."""
        if self.dataset is not None:
            self.dataset.close()

    def _receive(self, items: list[tuple[threading.Event, Any]]) -> None:
        for abandoned, item in items:
            if abandoned.is_set():
                continue
            if isinstance(item, DataProgress):
                self.progressed.emit(item)
                continue
            self.loading = False
            if isinstance(item, Exception):
                self.failed.emit(_explain(item, self.choice))
            else:
                self.dataset = item
                self.loaded.emit(item)

    # ---- on the loading thread

    def _run(self, choice: DataChoice, abandoned: threading.Event) -> None:
        last = 0.0

        def told(what: str, done: int, total: int) -> None:
            nonlocal last
            if abandoned.is_set():
                raise _AbandonedError
            now = time.monotonic()
            if now - last >= _PACE or done >= total:  # a folder tells of every file
                last = now
                self._inbox.post((abandoned, DataProgress(choice, what, done, total)))

        self._inbox.post((abandoned, self._load(choice, told)))

    def _load(self, choice: DataChoice, told: Told) -> Any:
        try:
            return self._toolkit.load(choice, told)
        except Exception as error:
            if not isinstance(error, ConvscopeError | _AbandonedError):
                logging.getLogger(__name__).exception("loading %s failed", choice.what)
            return error


def _explain(error: Exception, choice: DataChoice | None) -> str:
    if isinstance(error, ConvscopeError):
        return str(error)
    return f"{choice.title if choice else 'The data'} could not be loaded ({error}); choose another data set."

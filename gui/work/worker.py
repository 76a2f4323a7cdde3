"""The compute thread as the session uses it: everything it has to say is posted."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from convscope.engine.runtime.compute import ComputeThread

from .drive import Drive
from .posts import Failed


class Worker(ComputeThread):
    """A compute thread that hands results, failures and the items of a run to `post`, which any thread may call."""

    def __init__(self, post: Callable[[Any], None], name: str = "convscope-compute", kernels: bool = True) -> None:
        self._post = post
        super().__init__(name, kernels)

    def ask(self, kind: str, work: Callable[[], Any], reply: Callable[[Any], Any] | None = None) -> None:
        """Have `work` done between two batches; post what `reply` makes of its result, or that it failed."""

        def done(result: Any) -> None:
            if isinstance(result, Exception):
                self._post(Failed(result))
            elif reply is not None:
                self._post(reply(result))

        self.request(kind, work, done)

    def look(self, kind: str, work: Callable[[], Any], reply: Callable[[Any], Any]) -> None:
        """As `ask`, but a failure is the asker's own affair and goes to `reply` like a result."""
        self.request(kind, work, lambda result: self._post(reply(result)))

    def tell(self, item: Any) -> None:
        """Post an item."""
        self._post(item)

    @property
    def advancing(self) -> bool:
        """Whether a run is on that does not pause."""
        return self.busy and not self.paused

    def run(self, items: Callable[[], Generator[Any, None, None]], single: bool) -> None:
        """Begin a run with what `items()` yields; with `single`, pause it after its first batch."""

        def start() -> None:
            drive = Drive(items(), self._post, stepping=lambda: self.paused)
            self.start(drive, self._failed, paused=single)
            if single:
                self.step()

        self.ask("start", start)

    def _failed(self, item: Any) -> None:
        """The drive posts all items itself; what is reported beside them is the exception that ended the run."""
        if isinstance(item, Exception):
            self._post(Failed(item, of_run=True))

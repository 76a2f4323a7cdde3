"""A training run as a job of the compute thread."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from convscope.engine.train.events import Batch, Ended

from .posts import Reported


class Drive:
    """Posts what a run yields: one item at a time or, while `stepping()`, up to and including the next batch.

    It ends in the call that posts Ended, so that a job that is stepped through does not stay behind unfinished.
    """

    def __init__(
        self, items: Generator[Any, None, None], post: Callable[[Any], None], stepping: Callable[[], bool]
    ) -> None:
        self._items = items
        self._post = post
        self._stepping = stepping

    def __iter__(self) -> Drive:
        return self

    def close(self) -> None:
        """End the run where it is."""
        self._items.close()

    def __next__(self) -> None:
        while True:
            item = next(self._items)
            event = item.event if isinstance(item, Reported) else None
            self._post(item)
            if isinstance(event, Ended):
                self._items.close()
                raise StopIteration
            if isinstance(event, Batch) or not self._stepping():
                return

"""Unfreezing in stages: a layer more learns each time that some epochs have gone by."""

from __future__ import annotations

from PySide6.QtCore import QObject

from convscope.engine.train.events import Ended, Epoch

from ..models.frozen import Frozen
from .kept import Kept
from .news import News


class Thawing(QObject):
    """Lets one of the `frozen` layers learn after every so many epochs of a run, the last first.

    It changes the setting as a user does, so each stage is an event of the run. Resuming repeats those events: nothing
    is added to epochs that a kept run had come to before.
    """

    def __init__(self, news: News, frozen: Frozen) -> None:
        super().__init__(news)
        self._frozen = frozen
        self._reached = 0  # epochs that the run had done before
        news.restored.connect(self._begin_again)
        news.epoch_ended.connect(self._count)
        news.ended.connect(self._forget)

    def _begin_again(self, kept: Kept) -> None:
        self._reached = max((epoch.epoch for epoch in kept.history.epochs), default=0)

    def _forget(self, _end: Ended) -> None:
        self._reached = 0

    def _count(self, epoch: Epoch) -> None:
        every = self._frozen.every
        if every and self._frozen.names and epoch.epoch > self._reached and epoch.epoch % every == 0:
            self._frozen.thaw()

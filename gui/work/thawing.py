"""Unfreezing in stages: a layer more learns each time that some epochs have gone by."""

from __future__ import annotations

from PySide6.QtCore import QObject

from convscope.engine.train.events import Epoch

from ..models.frozen import Frozen
from .news import News


class Thawing(QObject):
    """Lets one of the `frozen` layers learn after every so many epochs of a run, the last first.

    It changes the setting as a user does, so each stage is an event of the run, which resuming repeats.
    """

    def __init__(self, news: News, frozen: Frozen) -> None:
        super().__init__(news)
        self._frozen = frozen
        news.epoch_ended.connect(self._count)

    def _count(self, epoch: Epoch) -> None:
        every = self._frozen.every
        if every and self._frozen.names and epoch.epoch % every == 0:
            self._frozen.thaw()

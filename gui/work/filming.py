"""The film of a run: moments of its weights and of what it makes of pinned images, to be replayed."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from ..models.pins import Pins
from .arriving import timed
from .bench import Bench
from .news import News
from .pace import LookPace
from .posts import Failed, ModelInfo
from .replaying import Replay, Replayable
from .viewing import Viewing

LIVE = -1
"""The place of what is not film, but now."""

_SHARE, _APART, _LONGEST = 0.01, 0.2, 30.0


class Filming(QObject):
    """Takes the frames of the session's model, always, at a hundredth of the training's time at most.

    A kept run can be replayed in its place. `place` is the frame that views show, `LIVE` for none; all of them show the
    same. `changed()` is sent when there are other frames, `moved()` when another one is shown.
    """

    changed = Signal()
    moved = Signal()

    def __init__(self, news: News, bench: Bench, views: Viewing, pins: Pins) -> None:
        super().__init__(news)
        self.pins, self._news = pins, news
        self._replay: Replay | None = None
        self._bench, self._views = bench, views
        self._film: Any = None  # the engine's Film, once there is a model
        self._serial = 0
        self._step = LIVE  # of the frame that is shown
        self._spent = 0.0
        self._pace = LookPace(_SHARE, _APART, _LONGEST)
        news.model_changed.connect(self._begin)
        news.snapshot.connect(self._look)
        news.data_changed.connect(self._take_data)
        pins.changed.connect(self._develop_anew)

    @property
    def replayed(self) -> str:
        """What the kept run is called that is replayed; "" while the film is that of the session's own model."""
        return "" if self._replay is None else self._replay.run.title

    @property
    def frames(self) -> tuple[Any, ...]:
        """The engine's Frames so far, first to last."""
        if self._replay is not None:
            return self._replay.frames
        return () if self._film is None else tuple(self._film)

    @property
    def frame(self) -> Any:
        """The frame that is shown; None for what is now."""
        return None if self.place == LIVE else self.frames[self.place]

    @property
    def place(self) -> int:
        """Number of the frame that is shown, or `LIVE`."""
        steps = [frame.step for frame in self.frames]
        if self._step == LIVE or not steps:
            return LIVE
        return max((i for i, step in enumerate(steps) if step <= self._step), default=0)

    def show(self, place: int) -> None:
        """Show a frame by its number, or what is now for `LIVE`; what it was before it stays when others are added."""
        step = LIVE if place == LIVE else self.frames[place].step
        if step != self._step:
            self._step = step
            self.moved.emit()

    def replay(self, run: Replayable) -> None:
        """Show the film of a kept run of this network, from its first frame on, until `leave` or another model."""
        if self._replay is not None:
            self._replay.cancel()
        self._replay = Replay(run, self._views, self._take_developed)
        self._step = 0
        self._develop_anew()
        self.changed.emit()
        self.moved.emit()

    def leave(self) -> None:
        """Go back to the film of the session's own model."""
        if self._replay is not None:
            self._replay.cancel()
            self._replay, self._step = None, LIVE
            self.changed.emit()
            self.moved.emit()

    def _develop_anew(self) -> None:
        """Have the frames made with the images that are pinned now."""
        pinned = {pin.key: pin.pixels for pin in self.pins.all}
        if self._replay is not None and (self._replay.pinned != tuple(pinned) or not self._replay.frames):
            self._replay.develop(pinned)

    def _take_developed(self, error: Exception | None) -> None:
        if error is not None:
            self._news.message.emit(Failed(error).text, True)
            self.leave()
            return
        self.changed.emit()
        self.moved.emit()

    def _take_data(self, dataset: Any) -> None:
        """Let go of pins of other data; the first test image is pinned at first, so that the film has a subject."""
        if dataset is None:
            return
        self.pins.keep_only(dataset.name)
        if not self.pins.all:
            self._read(dataset, "test" if len(dataset.test_images) else "train", 0, False)

    def pin(self, dataset: Any, split: str, row: int) -> None:
        """Pin an image of a data set, by its number in a split, and look at it; it may have to be read first."""
        self._read(dataset, split, row, True)

    def _read(self, dataset: Any, split: str, row: int, show: bool) -> None:
        images, labels = (getattr(dataset, f"{split}_{what}") for what in ("images", "labels"))
        kind, label = "Test" if split == "test" else "Training", int(labels[row])
        title = f"{kind} image {row + 1:,}, {dataset.classes[label]}"

        def take(pixels: Any) -> None:
            if not isinstance(pixels, Exception):
                self.pins.pin(pixels, title, label, f"{dataset.name} {split}", row, show)

        if isinstance(images, np.ndarray):
            take(images[row])
        else:
            self._views.consider(f"pin {split} {row}", lambda: images[row], take)

    def _begin(self, info: ModelInfo) -> None:
        from convscope.engine.train.film import Film  # noqa: PLC0415

        if self._replay is not None:
            self._replay.cancel()
        self._replay = None
        self._film, self._serial, self._step = Film(), info.serial, LIVE
        self.changed.emit()
        self.moved.emit()
        self._shoot()

    def _look(self, info: ModelInfo) -> None:
        wanted = info.serial == self._serial and self._film.wants(info.steps)
        if wanted and self._pace.due(time.monotonic(), self._spent):
            self._shoot()

    def _shoot(self) -> None:
        pinned = {pin.key: pin.pixels for pin in self.pins.all}

        def work(model: Any) -> Any:
            from convscope.engine.train.film import photograph  # noqa: PLC0415

            info = self._bench.info
            serial, steps = (info.serial, info.steps) if info else (0, 0)
            fits = {key: image for key, image in pinned.items() if image.shape[2] == model.network.input[2]}
            return timed(lambda: photograph(model, steps, fits)).then(lambda found: (serial, *found))

        self._views.request("film", work, self._take, True)

    def _take(self, result: Any) -> None:
        if not isinstance(result, tuple) or result[0] != self._serial:
            return  # a network that cannot be run has no film; views say why
        _, frame, seconds = result
        self._spent += seconds if self._film else 0.0  # the first one prepares the plans
        self._film.add(frame)
        self.changed.emit()

"""A sequence of pictures: a film, or patches one after the other."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QImage
from PySide6.QtWidgets import QSlider, QToolButton

from convscope.engine.explain import Result, pictures

from ..accessible import named
from ..icons import set_icon
from ..widgets.fitted_picture import FittedPicture
from ..widgets.result_view import ResultView, small

_FRAME_MS = 100


class SequenceView(ResultView):
    """One picture of the sequence; the slider goes through it, and the button plays it once."""

    endings = (*ResultView.endings, ("gif", "Animated GIF (*.gif)"), ("mp4", "Film (*.mp4)"))

    def build(self) -> None:
        self._result: Result | None = None
        self.picture = FittedPicture("Picture of the sequence")
        self.play = named(QToolButton(), "Play", "Play the sequence")
        self.play.setCheckable(True)
        self.play.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_icon(self.play, "play")
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "Picture", "Go through the sequence")
        self.number = small("")
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self.column.addWidget(self.picture, 1)
        self.foot.addWidget(self.play)
        self.foot.addWidget(self.slider, 1)
        self.foot.addWidget(self.number)
        self.slider.valueChanged.connect(self._draw)
        self.play.toggled.connect(self._start_or_stop)

    def image(self) -> QImage | None:
        return self.picture.image

    def show_result(self, result: Result) -> None:
        """Show a sequence; one that grows shows its newest picture."""
        self._result = result
        last = len(result.array) - 1
        self.slider.setMaximum(last)
        self.slider.setValue(last)
        self._draw()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self.play.setChecked(False)
        super().hideEvent(event)

    def _draw(self) -> None:
        if self._result is not None:
            frames = self._result.array if self._result.shown is None else self._result.shown
            self.picture.show_pixels(pictures.rgb(frames[self.slider.value()]))
            self.number.setText(f"{self.slider.value() + 1} of {self.slider.maximum() + 1}")

    def _start_or_stop(self, on: bool) -> None:
        if not on:
            self._timer.stop()
            return
        if self.slider.value() == self.slider.maximum():
            self.slider.setValue(0)
        self._timer.start()

    def _advance(self) -> None:
        self.slider.setValue(self.slider.value() + 1)
        if self.slider.value() == self.slider.maximum():
            self.play.setChecked(False)

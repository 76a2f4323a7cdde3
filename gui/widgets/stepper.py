"""Going through the steps of an example: one by one, or by itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from ..accessible import named
from ..icons import icon, set_icon
from ..theme import follow

PACE_MS = 900


class Stepper(QWidget):
    """`stepped(index)` is sent when another step is to be shown, from 0."""

    stepped = Signal(int)

    def __init__(self, noun: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._noun = noun
        self.slider = named(QSlider(Qt.Orientation.Horizontal), noun.capitalize())
        self.slider.setFixedWidth(160)
        self.slider.setPageStep(1)
        self.slider.valueChanged.connect(self._tell)
        self.back = self._button("caret-left", f"Previous {noun}", lambda: self._move(-1))
        self.forth = self._button("caret-right", f"Next {noun}", lambda: self._move(1))
        self.play = self._button("", "Play the steps", self._toggle)
        self._place = QLabel()
        self._place.setProperty("role", "small")
        self._timer = QTimer(self)
        self._timer.setInterval(PACE_MS)
        self._timer.timeout.connect(self._advance)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for part in (self.back, self.slider, self.forth, self.play, self._place):
            row.addWidget(part)
        row.addStretch(1)
        self.set_count(1)
        follow(self, self._restyle)

    @property
    def index(self) -> int:
        """The step in view, from 0."""
        return self.slider.value()

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def set_count(self, count: int, noun: str = "") -> None:
        """Offer so many steps; the one in view stays if there is one of its number."""
        self._noun = noun or self._noun
        self.slider.setRange(0, count - 1)
        self._describe()

    def show_step(self, index: int) -> None:
        """Show this step."""
        self.slider.setValue(index)

    def _button(self, sign: str, text: str, clicked: object) -> QToolButton:
        button = named(QToolButton(), text, text)
        button.clicked.connect(clicked)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if sign:
            set_icon(button, sign)
        return button

    def _move(self, by: int) -> None:
        self.slider.setValue((self.index + by) % (self.slider.maximum() + 1))

    def _toggle(self) -> None:
        self._timer.stop() if self.playing else self._timer.start()
        self._restyle()

    def _restyle(self) -> None:
        text = "Stop at this step" if self.playing else "Play the steps"
        named(self.play, text, text).setIcon(icon("pause" if self.playing else "play"))

    def _advance(self) -> None:
        self._move(1)

    def _tell(self, index: int) -> None:
        self._describe()
        self.stepped.emit(index)

    def _describe(self) -> None:
        self._place.setText(f"{self._noun} {self.index + 1} of {self.slider.maximum() + 1}")

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self._timer.stop()
        self._restyle()
        super().hideEvent(event)

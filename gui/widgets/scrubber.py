"""A slider over the film of a run, with “live” at its right end, and a button that plays it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from ..accessible import named
from ..icons import icon, set_icon
from ..theme import follow
from ..work.filming import LIVE, Filming

_LONGEST = 18  # letters of a run's name

FRAME_MS = 80
"""Milliseconds for which a frame is shown when the film is played."""


class Scrubber(QWidget):
    """Chooses which frame of a film the views show. All scrubbers of a film move together."""

    def __init__(self, filming: Filming, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filming = filming
        self.slider = named(QSlider(Qt.Orientation.Horizontal), "Time", "Earlier moments of training, up to live")
        self.slider.setMinimumWidth(64)
        self.slider.valueChanged.connect(self._slide)
        self.play = named(QToolButton(), "Play the training", "Play the training from its beginning")
        self.play.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.play.clicked.connect(self._toggle)
        self.kept = named(QToolButton(), "Leave the replayed run", "")
        self.kept.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.kept.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_icon(self.kept, "x", "faint")
        self.kept.clicked.connect(filming.leave)
        self._where = QLabel()
        self._where.setProperty("role", "small")
        self._where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._where.setMinimumWidth(self._where.fontMetrics().horizontalAdvance("step 000,000"))
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._advance)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.kept)
        row.addWidget(self.play)
        row.addWidget(self.slider, 1)
        row.addWidget(self._where)
        filming.changed.connect(self._show)
        filming.moved.connect(self._show)
        follow(self, self._show_icon)
        self._show()

    @property
    def text(self) -> str:
        """What stands beside the slider: the step, or live."""
        return self._where.text()

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def _show(self) -> None:
        count, place = len(self._filming.frames), self._filming.place
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, count)
            self.slider.setPageStep(max(count // 8, 1))
            self.slider.setValue(count if place == LIVE else place)
        frame = self._filming.frame
        self._where.setText("live" if frame is None else f"step {frame.step:,}")
        self.slider.setAccessibleDescription(self._where.text())
        for part in (self.slider, self.play, self._where):
            part.setEnabled(count > 1)
        self._show_kept(self._filming.replayed, count)

    def _show_kept(self, title: str, count: int) -> None:
        """Name the kept run that is replayed."""
        self.kept.setVisible(bool(title))
        self.kept.setText(title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…")
        tip = f"{count:,} moments of {title}. Click to go back to the film of the network as it is trained here."
        self.kept.setToolTip(tip)

    def _slide(self, value: int) -> None:
        self._filming.show(LIVE if value >= len(self._filming.frames) else value)

    # ---- playing

    def _toggle(self) -> None:
        if self.playing:
            self._stop()
            return
        if self._filming.place == LIVE:
            self._filming.show(0)
        self._timer.start()
        self._show_icon()

    def _advance(self) -> None:
        if self.slider.value() + 1 >= self.slider.maximum():
            self._stop()
            self._filming.show(LIVE)
        else:
            self.slider.setValue(self.slider.value() + 1)

    def _stop(self) -> None:
        self._timer.stop()
        self._show_icon()

    def _show_icon(self) -> None:
        self.play.setIcon(icon("pause" if self.playing else "play"))

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        self._stop()
        super().hideEvent(event)

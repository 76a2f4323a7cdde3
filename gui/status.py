"""The bar at the bottom: the network in one line, the run that goes on, and the zoom."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QWidget

from .accessible import named
from .models.document import Document
from .work.progress import Progress


class Status(QStatusBar):
    """Follows the document by itself; `show_progress` and `show_zoom` are called by the window."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.setSizeGripEnabled(False)
        self._network = _small("Network")
        self._run = _small("Training run")
        self._bar = named(QProgressBar(), "Progress of the training run")
        self._bar.setMaximum(1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._zoom = _small("Zoom")
        self._zoom.setMinimumWidth(48)
        self._zoom.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.addWidget(self._network, 1)
        for widget in (self._run, self._bar, self._zoom):
            self.addPermanentWidget(widget)
        self._run.hide()
        self._bar.hide()
        document.changed.connect(self.refresh)
        document.replaced.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        totals = self._document.summary.totals
        problems = len(self._document.network.problems())
        state = "no problems" if problems == 0 else f"{problems} problem{'s' if problems > 1 else ''}"
        self._network.setText(f"{totals.params:,} parameters   ·   {totals.macs:,} multiply-adds   ·   {state}")

    def show_progress(self, progress: Progress) -> None:
        """Show how far the run is."""
        speed = "" if progress.images_per_second is None else f"   ·   {progress.images_per_second:,.0f} images/s"
        left = "" if progress.seconds_left is None else f"   ·   {_duration(progress.seconds_left)} left"
        self._run.setText(f"Epoch {progress.epoch} of {progress.epochs}   ·   loss {progress.loss:.3f}{speed}{left}")
        self._bar.setValue(round(1000 * progress.fraction))
        self._run.show()
        self._bar.show()

    def end_progress(self) -> None:
        """Take the run away."""
        self._run.hide()
        self._bar.hide()

    def show_zoom(self, zoom: float) -> None:
        self._zoom.setText(f"{zoom:.0%}")


def _small(name: str) -> QLabel:
    label = named(QLabel(), name)
    label.setProperty("role", "small")
    label.setContentsMargins(12, 0, 8, 0)
    return label


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

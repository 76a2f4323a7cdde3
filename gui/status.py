"""The bar at the bottom: the network in one line, the run that goes on, and the zoom."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from .accessible import named
from .models.document import Document
from .widgets.figures import share
from .work.kernels import KernelProgress
from .work.progress import Progress

_KERNELS = (
    "The programs that compute layers are compiled for this processor, in the background and once for each version. "
    "Training can be started meanwhile: it begins as soon as those it takes are there."
)

_DEVICE = "Where the model trains and is looked into. Choose another in the Train room or in the preferences."


class Status(QStatusBar):
    """Follows the document by itself; the other `show_…` methods are called by the window."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.setSizeGripEnabled(False)
        self._network = _small("Network")
        self._kernels = _small("Kernels", _KERNELS)
        self._run = _small("Training run")
        self._bar = named(QProgressBar(), "Progress of the training run")
        self._bar.setMaximum(1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._device = _small("Device", _DEVICE)
        self._device.setText("CPU")
        self._zoom = _small("Zoom")
        self._zoom.setMinimumWidth(48)
        self._zoom.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.addWidget(self._network, 1)
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(0)
        for widget in (self._kernels, self._run, self._bar, self._buttons, self._device, self._zoom):
            self.addPermanentWidget(widget)
        for widget in (self._kernels, self._run, self._bar, self._buttons):
            widget.hide()
        document.costs_changed.connect(self.refresh)
        document.replaced.connect(self.refresh)
        self.refresh()

    def control(self, *actions: QAction) -> None:
        """Put these beside the progress of a run, as buttons that are there while it goes on."""
        row = self._buttons.layout()
        assert row is not None  # made above
        for action in actions:
            button = QToolButton()
            button.setDefaultAction(action)
            button.setIconSize(QSize(14, 14))
            button.setFixedSize(24, 24)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)

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
        for widget in (self._run, self._bar, self._buttons):
            widget.show()

    def end_progress(self) -> None:
        """Take the run away."""
        for widget in (self._run, self._bar, self._buttons):
            widget.hide()

    def show_kernels(self, progress: KernelProgress) -> None:
        """Show how many kernels are compiled."""
        self._kernels.setText(f"Preparing kernels {progress.done} of {progress.total}")
        self._kernels.show()

    def end_kernels(self) -> None:
        """Say no more of kernels."""
        self._kernels.hide()

    def show_device(self, title: str) -> None:
        """Show what the model computes on."""
        self._device.setText(title)

    def show_zoom(self, zoom: float) -> None:
        self._zoom.setText(share(zoom))

    def accompany(self, canvas: bool) -> None:
        """Tell the zoom only where the canvas is."""
        self._zoom.setVisible(canvas)


def _small(name: str, tip: str = "") -> QLabel:
    label = named(QLabel(), name, tip)
    label.setProperty("role", "small")
    label.setContentsMargins(12, 0, 8, 0)
    return label


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

"""The figures of a run: loss, accuracy, speed and time left, each in its place."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from convscope.engine.train.events import Epoch

from ..theme import body_font
from ..work.progress import Progress
from . import figures

_NAMES = ("Loss", "Accuracy", "Test loss", "Test accuracy", "Images/s", "Time left")
_HELP = (
    "Mean loss of the epoch so far",
    "Share of the epoch's training images so far that were named rightly",
    "Loss on the test images after the last full epoch",
    "Share of the test images named rightly after the last full epoch",
    "Training images a second, without the tests",
    "Estimated from the speed of the last batches and the time the tests take",
)


class RunFigures(QWidget):
    """Six names, each with a figure below it, in two columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(0)
        self._figures: dict[str, QLabel] = {}
        for place, (name, help) in enumerate(zip(_NAMES, _HELP)):
            label, figure = QLabel(name), QLabel("–")
            label.setProperty("role", "small")
            label.setToolTip(help)
            figure.setFont(body_font(bold=True))
            figure.setAccessibleName(name)
            figure.setToolTip(help)
            figure.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            row, column = divmod(place, 2)
            grid.addWidget(label, 3 * row, column)
            grid.addWidget(figure, 3 * row + 1, column)
            grid.setRowMinimumHeight(3 * row + 2, 8)
            grid.setColumnStretch(column, 1)
            self._figures[name] = figure

    def text(self, name: str) -> str:
        """The figure shown under a name."""
        return self._figures[name].text()

    def clear(self) -> None:
        for figure in self._figures.values():
            figure.setText("–")

    def show_progress(self, progress: Progress) -> None:
        self._show("Loss", figures.loss(progress.loss))
        self._show("Accuracy", figures.percent(progress.accuracy))
        self._show("Images/s", figures.rate(progress.images_per_second))
        self._show("Time left", figures.duration(progress.seconds_left))

    def show_epoch(self, epoch: Epoch) -> None:
        self._show("Loss", figures.loss(epoch.train_loss))
        self._show("Accuracy", figures.percent(epoch.train_accuracy))
        self._show("Test loss", figures.loss(epoch.test_loss))
        self._show("Test accuracy", figures.percent(epoch.test_accuracy))

    def show_end(self) -> None:
        self._show("Time left", "–")

    def _show(self, name: str, text: str) -> None:
        if self._figures[name].text() != text:
            self._figures[name].setText(text)

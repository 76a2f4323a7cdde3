"""Which data to train on, what it holds, and how its loading goes."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from convscope.engine.cost.units import format_bytes
from convscope.engine.data import DATASETS
from convscope.engine.spec import Shape, format_shape

from ..icons import set_icon
from ..work.posts import DataProgress
from ..work.recipe import DataChoice


class DataPicker(QWidget):
    """A list of all data sets.

    `chosen()` is sent when `choice` is another; `wanted()` when it is to be downloaded, or loaded again.
    """

    chosen = Signal()
    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = ""
        self._list = QComboBox()
        self._list.setAccessibleName("Data set")
        for entry in DATASETS.values():
            self._list.addItem(entry.title, entry.name)
            self._list.setItemData(self._list.count() - 1, entry.summary, 3)
        self._list.setCurrentIndex(max(self._list.findData(DataChoice().name), 0))
        self._list.currentIndexChanged.connect(self._use_default_files)
        self._source = QToolButton()
        self._source.setAccessibleName("Where the files are")
        self._source.setToolTip("Where the files are")
        self._source.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_icon(self._source, "folder-open")
        menu = QMenu(self._source)
        menu.addAction("Use files from a folder…", self._ask_folder)
        self._default = menu.addAction("Use the downloaded files", self._use_default_files)
        self._source.setMenu(menu)
        self._caption, self._fault = QLabel(), QLabel()
        for label, role in ((self._caption, "small"), (self._fault, "error")):
            label.setProperty("role", role)
            label.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setAccessibleName("Download")
        self._get = QPushButton()
        self._get.clicked.connect(self.wanted)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self._list, 1)
        row.addWidget(self._source)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        for widget in (self._caption, self._bar, self._fault, self._get):
            column.addWidget(widget)
        self._settle()

    @property
    def choice(self) -> DataChoice:
        return DataChoice(self._list.currentData(), self._folder)

    @property
    def fault(self) -> str:
        """Why the data could not be loaded; "" if nothing is wrong."""
        return self._fault.text()

    def choose(self, name: str) -> None:
        """Pick a data set by name."""
        self._list.setCurrentIndex(self._list.findData(name))

    def set_folder(self, folder: str) -> None:
        """Take the files from a folder; "" for the downloaded ones."""
        self._folder = folder
        self._settle()
        self.chosen.emit()

    def _ask_folder(self) -> None:
        title = DATASETS[self._list.currentData()].title
        folder = QFileDialog.getExistingDirectory(self, f"Folder with the files of {title}")
        if folder:
            self.set_folder(folder)

    def _use_default_files(self) -> None:
        self.set_folder("")

    # ---- how it goes

    def show_absent(self) -> None:
        """Say that the data have to be downloaded, and offer it."""
        self._settle()
        nbytes = format_bytes(DATASETS[self._list.currentData()].download_bytes)
        self._caption.setText(f"{self._caption.text()} {nbytes} are downloaded once.")
        self._get.setText("Download now")
        self._get.setVisible(True)

    def show_loading(self) -> None:
        self._settle()
        self._caption.setText("Loading…")

    def show_progress(self, progress: DataProgress) -> None:
        self._caption.setText(
            f"Downloading {progress.file}: {format_bytes(progress.done)} of {format_bytes(progress.total)}"
        )
        self._bar.setVisible(True)
        self._bar.setMaximum(1000)
        self._bar.setValue(1000 * progress.done // max(progress.total, 1))

    def show_data(self, dataset: Any, network_input: Shape) -> None:
        self._settle()
        given, wanted = dataset.image_shape, network_input
        resized = f", resized to {format_shape(wanted[:2])}" if given[:2] != wanted[:2] else ""
        test = f" and {len(dataset.test_images):,} test" if len(dataset.test_images) else ""
        self._caption.setText(
            f"{len(dataset.train_images):,} training{test} images of {format_shape(given)}{resized}, "
            f"{len(dataset.classes)} classes"
        )

    def show_fault(self, text: str) -> None:
        self._settle()
        self._fault.setText(text)
        self._fault.setVisible(True)
        self._get.setText("Try again")
        self._get.setVisible(True)
        self._caption.setVisible(False)

    def _settle(self) -> None:
        """Neither loading nor failed: say what the data set is."""
        entry = DATASETS[self._list.currentData()]
        self._source.setEnabled(entry.download_bytes > 0)
        self._default.setEnabled(bool(self._folder))
        origin = f" From {self._folder}." if self._folder else ""
        self._caption.setText(f"{entry.summary}.{origin}")
        self._caption.setVisible(True)
        self._fault.clear()
        for widget in (self._bar, self._fault, self._get):
            widget.setVisible(False)

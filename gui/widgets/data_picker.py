"""Which data to train on, what it holds, what is doubtful about it, and how its loading goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from convscope.engine.cost.units import format_bytes
from convscope.engine.data import DATASETS
from convscope.engine.data.facts import doubts
from convscope.engine.data.options import Options, PictureOptions, params
from convscope.engine.spec import Shape, format_shape

from ..icons import set_icon
from ..work.posts import DataProgress
from ..work.recipe import DataChoice

_FOLDER, _FILE = "Your own folder…", "Your own list or archive…"
_SHOWN = 3  # warnings; the others are in the tooltip


class DataPicker(QWidget):
    """A list of all data sets, and the way to data of one's own.

    `chosen()` is sent when `choice` is another; `wanted()` when it is to be downloaded, or loaded again.
    """

    chosen = Signal()
    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = ""
        self._list = self._build_list()
        self._options = QLineEdit()
        self._options.setAccessibleName("Options of the data")
        self._options.editingFinished.connect(self._take_options)
        self._source = self._build_source()
        self._caption, self._fault, self._doubts = QLabel(), QLabel(), QLabel()
        for label, role in ((self._caption, "small"), (self._fault, "error"), (self._doubts, "warning")):
            label.setProperty("role", role)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._fault.setAccessibleName("What is wrong with the data")
        self._doubts.setAccessibleName("What is doubtful about the data")
        self._bar = QProgressBar()
        self._bar.setAccessibleName("Progress of loading")
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
        for widget in (self._options, self._caption, self._bar, self._fault, self._doubts, self._get):
            column.addWidget(widget)
        self._taken = self.choice
        self._settle()

    def _build_list(self) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName("Data set")
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for entry in DATASETS.values():
            box.addItem(entry.title, entry.name)
            box.setItemData(box.count() - 1, entry.summary, Qt.ItemDataRole.ToolTipRole)
        box.insertSeparator(box.count())
        for text in (_FOLDER, _FILE):
            box.addItem(text)
        box.setCurrentIndex(max(box.findData(DataChoice().name), 0))
        box.currentIndexChanged.connect(self._take_row)
        return box

    def _build_source(self) -> QToolButton:
        button = QToolButton()
        button.setAccessibleName("Where the files are")
        button.setToolTip("Where the files are")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_icon(button, "folder-open")
        menu = QMenu(button)
        menu.addAction("Use files from a folder…", self._ask_folder)
        self._default = menu.addAction("Use the files where they usually are", lambda: self.set_folder(""))
        button.setMenu(menu)
        return button

    @property
    def choice(self) -> DataChoice:
        return DataChoice(self._list.currentData(), self._folder, self._options.text().replace(" ", ""))

    @property
    def fault(self) -> str:
        """Why the data could not be loaded; "" if nothing is wrong."""
        return self._fault.text()

    def choose(self, name: str) -> None:
        """Pick a data set by name, or one's own by path."""
        row = self._list.findData(name)
        if row < 0:
            row = self._list.findText(_FOLDER) - 1  # before the separator
            self._list.blockSignals(True)
            self._list.insertItem(row, Path(name).name, name)
            self._list.setItemData(row, name, Qt.ItemDataRole.ToolTipRole)
            self._list.blockSignals(False)
        self._list.setCurrentIndex(row)

    def set_folder(self, folder: str) -> None:
        """Take the files from a folder; "" for where they usually are."""
        self._folder = folder
        self._choose_this()

    def set_options(self, text: str) -> None:
        """Ask for options, as behind a data set's name in a shell."""
        self._options.setText(text)
        self._take_options()

    # ---- what the user does

    def _take_row(self) -> None:
        """Another row of the list: a data set, or the wish for one's own, which goes back if nothing is named."""
        if self._list.currentData() is not None:
            self._folder = ""
            self._options.clear()
            self._choose_this()
            return
        folder = self._list.currentText() == _FOLDER
        self._list.blockSignals(True)
        self._list.setCurrentIndex(self._list.findData(self._taken.name))
        self._list.blockSignals(False)
        path = self._asked_folder("Folder with a folder of pictures for each class") if folder else self._asked_file()
        if path:
            self.choose(path)

    def _asked_folder(self, title: str) -> str:
        return QFileDialog.getExistingDirectory(self, title)

    def _asked_file(self) -> str:
        from convscope.engine.data.archives import SUFFIXES  # readers are loaded when files are  # noqa: PLC0415
        from convscope.engine.data.own import ANNOTATIONS, LISTS  # noqa: PLC0415

        patterns = " ".join(f"*{suffix}" for suffix in (*LISTS, *ANNOTATIONS, *SUFFIXES))
        kinds = f"Lists, annotations, archives ({patterns})"
        return QFileDialog.getOpenFileName(self, "List of pictures, annotations or archive", "", kinds)[0]

    def _ask_folder(self) -> None:
        what = "the pictures" if not self.choice.known else f"the files of {self.choice.title}"
        if folder := self._asked_folder(f"Folder with {what}"):
            self.set_folder(folder)

    def _take_options(self) -> None:
        if self.choice != self._taken:
            self._choose_this()

    def _choose_this(self) -> None:
        self._taken = self.choice
        self._settle()
        self.chosen.emit()

    # ---- how it goes

    def show_absent(self) -> None:
        """Say that known data have to be downloaded, and offer it; those of a folder are as they are."""
        self._settle()
        if not self.choice.known:
            return
        nbytes = format_bytes(DATASETS[self.choice.name].download_bytes)
        self._caption.setText(f"{self._caption.text()} {nbytes} are downloaded once.")
        self._get.setText("Download now")
        self._get.setVisible(True)

    def show_loading(self) -> None:
        self._settle()
        self._caption.setText("Loading…")

    def show_progress(self, progress: DataProgress) -> None:
        self._caption.setText(f"{progress.what}: {format_bytes(progress.done)} of {format_bytes(progress.total)}")
        self._bar.setVisible(True)
        self._bar.setMaximum(1000)
        self._bar.setValue(1000 * progress.done // max(progress.total, 1))

    def show_data(self, dataset: Any, network_input: Shape) -> None:
        self._settle()
        given, wanted = dataset.image_shape, network_input
        resized = f", resized to {format_shape(wanted[:2])}" if given[:2] != wanted[:2] else ""
        test = f" and {len(dataset.test_images):,} test" if len(dataset.test_images) else ""
        boxes = "" if dataset.train_boxes is None else ", with boxes"
        self._caption.setText(
            f"{len(dataset.train_images):,} training{test} images of {format_shape(given)}{resized}, "
            f"{len(dataset.classes)} classes{boxes}"
        )
        self._caption.setToolTip("\n".join(dataset.notes))
        self._show_doubts(doubts(dataset))

    def show_fault(self, text: str) -> None:
        self._settle()
        self._fault.setText(text)
        self._fault.setVisible(True)
        self._get.setText("Try again")
        self._get.setVisible(True)
        self._caption.setVisible(False)

    def _show_doubts(self, texts: list[str]) -> None:
        more = [f"And {len(texts) - _SHOWN} more."] if len(texts) > _SHOWN else []
        self._doubts.setText("\n".join([*texts[:_SHOWN], *more]))
        self._doubts.setToolTip("\n".join(texts))
        self._doubts.setVisible(bool(texts))

    def _settle(self) -> None:
        """Neither loading nor failed: say what the data set is."""
        choice = self.choice
        self._source.setEnabled(not choice.known or DATASETS[choice.name].download_bytes > 0)
        self._default.setEnabled(bool(self._folder))
        origin = f" From {self._folder}." if self._folder else ""
        self._caption.setText(f"{DATASETS[choice.name].summary if choice.known else choice.name}.{origin}")
        self._caption.setToolTip("")
        self._caption.setVisible(True)
        self._describe_options(DATASETS[choice.name].options if choice.known else PictureOptions)
        self._fault.clear()
        for widget in (self._bar, self._fault, self._doubts, self._get):
            widget.setVisible(False)

    def _describe_options(self, kind: type[Options]) -> None:
        """Say which options there are, with their defaults."""
        known = sorted(params(kind), key=lambda item: item[0] in Options.__dataclass_fields__)  # its own first
        self._options.setPlaceholderText("Options: " + ", ".join(name for name, _ in known))
        self._options.setToolTip("\n".join(f"{name}={param.default}  {param.help}" for name, param in known))

"""The data set that is trained on: its images by class, their balance and statistics, and what augmentation does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from ..accessible import named
from ..icons import set_icon
from ..widgets.augmented import Augmented
from ..widgets.class_list import ClassList
from ..widgets.data_statistics import DataStatistics
from ..widgets.empty import WithEmptyState
from ..widgets.export import ExportMenu
from ..widgets.image_grid import Box, Card
from ..widgets.paged_images import PagedImages
from ..widgets.segments import Segments

_PARTS = {"images": "Images", "statistics": "Statistics", "augmented": "Augmentation"}
_LIST_WIDTH = 168
_SPLITS = {"train": "Training images", "test": "Test images"}


class DataView(QWidget):
    """Classes at the left, and beside them the images of a page, the statistics of all, or draws of one image."""

    title = "Data"

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._dataset: Any = None
        self._row = -1  # the image in hand
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.title)
        self.split = named(QComboBox(), "Split", "Which images of the data set")
        self.split.currentIndexChanged.connect(self._show_split)
        self.parts = Segments("What to see of the data", _PARTS)
        self.classes = ClassList()
        self.classes.setFixedWidth(_LIST_WIDTH)
        self.classes.changed.connect(self._show_rows)
        self.images = PagedImages(session, "Images of the data set", lines=2)
        self.images.chosen.connect(self._choose)
        self.images.activated.connect(self._pin)
        self.statistics = DataStatistics(session)
        self.augmented = Augmented(session)
        self._build()
        session.data_changed.connect(self._take_data)
        session.film.pins.changed.connect(self._show_pins)
        session.model_changed.connect(self.augmented.ask)
        self._take_data(session.dataset)

    def _build(self) -> None:
        self.pin = named(QPushButton("Pin"), "Pin the image", "Show in Activations what the layers make of this image")
        self.pin.clicked.connect(lambda: self._pin(self._row))
        set_icon(self.pin, "push-pin")
        self._reading = QLabel()
        self._reading.setProperty("role", "small")
        self.images.foot.addWidget(self._reading)
        self.images.foot.addWidget(self.pin)
        self._pages: dict[str, QWidget] = dict(zip(_PARTS, (self.images, self.statistics, self.augmented)))
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
        self.parts.chosen.connect(lambda key: self._stack.setCurrentWidget(self._pages[key]))
        top, middle, content = QHBoxLayout(), QHBoxLayout(), QWidget()
        top.addWidget(self.split)
        top.addStretch(1)
        top.addWidget(self.parts)
        middle.setSpacing(16)
        middle.addWidget(self.classes)
        middle.addWidget(self._stack, 1)
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(middle, 1)
        self._empty = WithEmptyState(content, "Choose a data set in the Training panel to see its images.")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._empty)
        self._export = ExportMenu(self, "data", self._session.message.emit)

    # ---- taking

    @property
    def rows(self) -> NDArray[np.int64]:
        """The rows of the images on all pages."""
        return self.images.rows

    def _take_data(self, dataset: Any) -> None:
        if dataset is None:
            self._empty.show_sentence("The data set is not here yet; press Train to load it.")
            self._dataset = None
            return
        if dataset is self._dataset:
            return
        self._dataset = dataset
        self.split.blockSignals(True)
        self.split.clear()
        for split, text in _SPLITS.items():
            count = len(getattr(dataset, f"{split}_images"))
            if count:
                self.split.addItem(f"{text} ({count:,})", split)
        self.split.blockSignals(False)
        self._show_split()
        self._empty.show_content()

    def _part(self, what: str) -> Any:
        """The images, labels, boxes or objects of the split in view."""
        return getattr(self._dataset, f"{self.split.currentData()}_{what}")

    def _show_split(self) -> None:
        counts = np.bincount(self._part("labels"), minlength=len(self._dataset.classes))
        self._row = -1
        self.statistics.set_images(self._part("images"))
        self.classes.show_classes(self._dataset.classes, [int(count) for count in counts])
        self._show_rows()
        self._choose(-1)

    def _show_rows(self) -> None:
        """Show the images of the classes chosen."""
        labels, wanted = self._part("labels"), self.classes.classes
        rows = np.arange(len(labels)) if wanted is None else np.flatnonzero(np.isin(labels, wanted))
        self.images.show_rows(self._part("images"), rows, self._card)

    def _card(self, row: int, pixels: NDArray[Any]) -> Card:
        name = self._dataset.classes[int(self._part("labels")[row])]
        pinned = self._session.film.pins.find(self._source(), row) is not None
        note = f"{row + 1:,} · pinned" if pinned else f"{row + 1:,}"
        return Card(pixels, name, note, boxes=tuple(Box.of(box) for box in self._boxes(row)))

    def _boxes(self, row: int) -> NDArray[Any]:
        """The boxes (M, 4) of all objects in an image."""
        objects, boxes = self._part("objects"), self._part("boxes")
        if objects is not None:
            found: NDArray[Any] = objects[row].boxes
            return found
        return np.zeros((0, 4)) if boxes is None else boxes[row : row + 1]

    # ---- the image in hand

    def _choose(self, row: int) -> None:
        if self._dataset is None:
            return
        self._row = row
        self._show_pin()
        shown = row if row >= 0 else int(self.rows[0]) if len(self.rows) else -1
        if shown < 0:
            return
        boxes = self._part("boxes")
        box = None if boxes is None else boxes[shown]
        images, title = self._part("images"), f"Image {shown + 1:,}, {self._name(shown)}"
        self._session.consider("image in hand", lambda: (images[shown], title, box), self._augment)

    def _augment(self, found: Any) -> None:
        if isinstance(found, tuple):
            self.augmented.show_image(*found)

    def _name(self, row: int) -> str:
        return str(self._dataset.classes[int(self._part("labels")[row])])

    def _source(self) -> str:
        return f"{self._dataset.name} {self.split.currentData()}"

    def _pin(self, row: int) -> None:
        """Pin an image, or let go of one that is pinned."""
        film = self._session.film
        found = film.pins.find(self._source(), row)
        if found is not None:
            film.pins.unpin(found.key)
        elif row >= 0:
            film.pin(self._dataset, self.split.currentData(), row)

    def _show_pin(self) -> None:
        """What the button does, and what is said of the image in hand."""
        if self._dataset is None:
            return
        pins, chosen = self._session.film.pins, self._row >= 0
        pinned = chosen and pins.find(self._source(), self._row) is not None
        self.pin.setText("Unpin" if pinned else "Pin")
        self.pin.setEnabled(chosen and (pinned or not pins.full))
        self._reading.setText("" if chosen else "Choose an image to pin it or augment it.")

    def _show_pins(self) -> None:
        self._show_pin()
        if self._dataset is not None:
            self.images.describe_anew(self._card)

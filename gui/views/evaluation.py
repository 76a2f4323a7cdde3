"""How well the network does: which classes it takes for which, every class's figures, and its hardest images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from convscope.engine.train.judged import Judged, JudgedEpochs

from ..accessible import named
from ..icons import set_icon
from ..widgets.class_table import ClassTable
from ..widgets.colour_bar import ColourBar
from ..widgets.confusion_matrix import ConfusionMatrix
from ..widgets.empty import WithEmptyState
from ..widgets.export import ExportMenu
from ..widgets.figures import loss, percent, share
from ..widgets.image_grid import FOUND, TRUE, Box, Card
from ..widgets.paged_images import PagedImages
from ..widgets.segments import Segments
from ..widgets.wrapped import Wrapped
from ..work.posts import ModelInfo, RunStarted

_PARTS = {"confusion": "Confusion", "classes": "Classes", "hardest": "Hardest"}
_TOP = 5
_HARDEST = 200
_SIDE = 88
_EMPTY = "Train, or press Evaluate, to see what the network takes for what."


@dataclass(frozen=True, eq=False)
class _Figures:
    """What is shown of the outcomes of a split."""

    judged: Judged
    split: str
    names: tuple[str, ...]
    top1: float
    top5: float
    loss: float
    confusion: NDArray[np.int64]
    classes: tuple[Any, ...]
    hardest: NDArray[np.int64]

    @classmethod
    def of(cls, judged: Judged, split: str, names: tuple[str, ...]) -> _Figures:
        """Worked out; the first call loads a library for a second."""
        found = judged.outcomes
        hardest = np.array([sample.index for sample in found.hardest(_HARDEST)], np.int64)
        shares = found.top(1), found.top(_TOP), found.loss
        return cls(judged, split, names, *shares, found.confusion(len(names)), found.per_class(names), hardest)


class EvaluationView(QWidget):
    """The test images after any epoch of the run, or a split evaluated on demand."""

    title = "Evaluation"

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.epochs = JudgedEpochs()
        self._offset = self._last = 0  # epochs of earlier runs of this model
        self._asked: tuple[str, Judged] | None = None  # a split evaluated on demand
        self._shown: Judged | None = None
        self._data: Any = None  # the data set whose images are shown
        self._serial = 0
        self._working: Any = None
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.title)
        self._build()
        session.run_started.connect(self._start)
        session.judged.connect(self._add)
        session.model_changed.connect(self._take_model)
        session.data_changed.connect(self._take_data)
        self._take_data(session.dataset)

    # ---- building

    def _build(self) -> None:
        demand, content = self._build_demand(), QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(8)
        self._head.addLayout(self._build_head(), 1)
        self._head.addLayout(self._build_times())
        column.addLayout(self._head)
        self._pages: dict[str, QWidget] = dict(
            zip(_PARTS, (self._build_confusion(), self._build_table(), self._build_hardest()))
        )
        self._stack = QStackedWidget()
        for page in self._pages.values():
            self._stack.addWidget(page)
        column.addWidget(self._stack, 1)
        self.parts.chosen.connect(lambda key: self._stack.setCurrentWidget(self._pages[key]))
        self._empty = WithEmptyState(content, _EMPTY)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(demand)
        whole.addWidget(self._empty, 1)
        self._export = ExportMenu(self, "evaluation", self._session.message.emit)

    def _build_demand(self) -> QHBoxLayout:
        self.split = named(QComboBox(), "Images to evaluate", "Which images Evaluate runs through the network")
        self.split.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.now = named(QPushButton("Evaluate"), "Evaluate now", "Run all images of the split through the network")
        self.now.clicked.connect(self._evaluate)
        set_icon(self.now, "target")
        self._progress = QLabel()
        self._progress.setProperty("role", "small")
        self.parts = Segments("What to see of the evaluation", _PARTS)
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 0)
        row.setSpacing(8)
        for part in (self.split, self.now, self._progress):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.parts)
        return row

    def _build_head(self) -> QHBoxLayout:
        self._figures = QLabel()
        self._figures.setAccessibleName("Figures")
        self._figures.setTextFormat(Qt.TextFormat.RichText)
        row = QHBoxLayout()
        row.addWidget(self._figures)
        row.addStretch(1)
        return row

    def _build_times(self) -> QHBoxLayout:
        self.slider = named(
            QSlider(Qt.Orientation.Horizontal), "Epoch", "Earlier epochs, up to the latest at the right"
        )
        self.slider.valueChanged.connect(self._slide)
        self._where = QLabel()
        self._where.setProperty("role", "small")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._where)
        self.slider.setMinimumWidth(144)
        row.addWidget(self.slider, 1)
        return row

    def _build_confusion(self) -> QWidget:
        self.matrix = ConfusionMatrix()
        self.matrix.chosen.connect(self._show_cell)
        self.matrix.pointed.connect(self._read_cell)
        self.shares = named(QCheckBox("Shares of rows"), "Shares of rows", "Each row as shares of its class's images")
        self.shares.toggled.connect(self._show_shares)
        self._bar = ColourBar()
        self._cell = Wrapped("Choose a cell to see its images, the surest first.")
        self.images = PagedImages(self._session, "Images of the cell", _SIDE, lines=2)
        left, right = QVBoxLayout(), QVBoxLayout()
        foot = QHBoxLayout()
        foot.addWidget(self.shares)
        foot.addWidget(self._bar, 1)
        left.addWidget(self.matrix, 1)
        left.addLayout(foot)
        right.addWidget(self._cell)
        right.addWidget(self.images, 1)
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addLayout(left, 1)
        row.addLayout(right, 1)
        return page

    def _build_table(self) -> QWidget:
        self.table = ClassTable()
        return self.table

    def _build_hardest(self) -> QWidget:
        self.hardest = PagedImages(self._session, "Hardest images", _SIDE, lines=2)
        self._told = {images: Wrapped() for images in (self.images, self.hardest)}
        for images, told in self._told.items():
            images.foot.insertWidget(images.foot.count() - 1, told, 1)
            images.activated.connect(self._pin)
            images.chosen.connect(partial(self._tell, told))
        return self.hardest

    # ---- taking

    @property
    def shown(self) -> Judged | None:
        """The outcomes in view."""
        return self._shown

    def _take_model(self, info: ModelInfo) -> None:
        if info.serial != self._serial:
            self._serial = info.serial
            self._forget()

    def _take_data(self, dataset: Any) -> None:
        """What is shown is of the images of one data set, and goes with it."""
        if dataset is not self._data:
            self._data = dataset
            self._forget()
        if dataset is not None:
            self.split.clear()
            for text, split in (("Test images", "test"), ("Training images", "train")):
                if len(getattr(dataset, f"{split}_images")):
                    self.split.addItem(text, split)

    def _forget(self) -> None:
        if self._working is not None:
            self._working.cancel()
        self.epochs.clear()
        self._asked = self._shown = self._working = None
        self._offset = self._last = 0
        self._progress.clear()
        self._empty.show_sentence(_EMPTY)

    def _start(self, run: RunStarted) -> None:
        if run.fresh:
            self._forget()
        self._offset = self._last

    def _add(self, judged: Judged) -> None:
        """Take an epoch, and show it if the one before was shown."""
        latest = self._asked is None and self.slider.value() == self.slider.maximum()
        self._last = self._offset + judged.epoch
        self.epochs.add(Judged(self._last, judged.outcomes, judged.boxes))
        self._range(len(self.epochs) - 1 if latest or len(self.epochs) == 1 else self.slider.value())
        if latest or len(self.epochs) == 1:
            self._show_epoch()

    def _range(self, place: int) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(len(self.epochs) - 1, 0))
            self.slider.setValue(place)

    def _slide(self, _place: int) -> None:
        self._asked = None
        self._show_epoch()

    def _show_epoch(self) -> None:
        if len(self.epochs):
            self._show(self.epochs[self.slider.value()])

    # ---- on demand

    def _evaluate(self) -> None:
        """Run a split through the network as it is now; pressed again, stop doing so."""
        if self._working is not None:
            self._working.cancel()
            self._rest("")
            return
        dataset, split = self._session.dataset, self.split.currentData()
        if dataset is None:
            self._progress.setText("There is no data set yet.")
            return

        def steps(model: Any) -> Any:
            from convscope.engine.train.evaluation import evaluating  # noqa: PLC0415

            return evaluating(model, dataset, split)

        self.now.setText("Stop")
        self._progress.setText("Evaluating…")
        self._working = self._session.slice("evaluation", steps, self._take_step)

    def _take_step(self, found: Any) -> None:
        if isinstance(found, tuple):
            self._progress.setText(f"{found[0]:,} of {found[1]:,}")
        elif isinstance(found, Exception):
            self._rest(str(found))
        else:
            self._rest("")
            self._asked = (found.split, Judged(self._last, found.outcomes, found.boxes))
            self._show(self._asked[1])

    def _rest(self, text: str) -> None:
        self._working = None
        self.now.setText("Evaluate")
        self._progress.setText(text)

    # ---- showing

    @property
    def _split(self) -> str:
        return self._asked[0] if self._asked else "test"

    def _part(self, what: str) -> Any:
        return getattr(self._data, f"{self._split}_{what}")

    def _show(self, judged: Judged) -> None:
        """Have the figures worked out beside the window, and show them."""
        if self._data is None or len(self._part("labels")) != len(judged.outcomes):
            return  # the data set in hand is another one by now
        split, names = self._split, self._data.classes
        self._session.consider("evaluation figures", lambda: _Figures.of(judged, split, names), self._draw)

    def _draw(self, figures: Any) -> None:
        if isinstance(figures, Exception) or self._data is None or figures.names != self._data.classes:
            return
        judged = self._shown = figures.judged
        texts = [("Top-1", percent(figures.top1))]
        if len(figures.names) > _TOP:
            texts.append((f"Top-{_TOP}", percent(figures.top5)))
        texts.append(("Loss", loss(figures.loss)))
        boxed = judged.boxes is not None  # its figures leave no room for others
        ways = QBoxLayout.Direction
        self._head.setDirection(ways.TopToBottom if boxed else ways.LeftToRight)
        if judged.boxes is not None:
            texts += [("Overlap", percent(judged.boxes.iou)), ("Class and box right", percent(judged.boxes.located))]
        self._figures.setText("&nbsp;&nbsp;&nbsp;&nbsp;".join(f"{name} <b>{value}</b>" for name, value in texts))
        kind = "training" if figures.split == "train" else "test"
        when = "as the network is now" if self._asked else f"epoch {judged.epoch:,}"
        self._where.setText(f"{len(judged.outcomes):,} {kind} images, {when}")
        self.slider.setVisible(len(self.epochs) > 1)
        self.matrix.show_counts(figures.confusion, figures.names)
        self._show_scale()
        self.table.show_figures(figures.classes)
        self.hardest.show_rows(self._part("images"), figures.hardest, self._card)
        if self.matrix.cell is not None:
            self._show_cell(*self.matrix.cell)
        self._empty.show_content()

    def _show_scale(self) -> None:
        self._bar.show_scale(
            self.matrix.scale, "shares of the class, cells in %" if self.shares.isChecked() else "images"
        )

    def _show_shares(self, on: bool) -> None:
        self.matrix.show_shares(on)
        self._show_scale()

    def _show_cell(self, true: int, given: int) -> None:
        """Show the images of a cell, the surest first."""
        if self._shown is None:
            return
        found = self._shown.outcomes
        rows = np.flatnonzero((found.labels == true) & (found.given == given))
        rows = rows[np.argsort(-found.confidence[rows], kind="stable")]
        self._cell.setText(self.matrix.text(true, given))
        self.images.show_rows(self._part("images"), rows, self._card)

    def _read_cell(self, true: int, given: int) -> None:
        self.matrix.setToolTip(self.matrix.text(true, given) if true >= 0 else "")

    def _card(self, row: int, pixels: NDArray[Any]) -> Card:
        """An image with what it is and what it was taken for, with what probability; and the boxes of both."""
        assert self._shown is not None
        found, names = self._shown.outcomes, self._data.classes
        true, given = int(found.labels[row]), int(found.given[row])
        right = true == given
        title = names[true] if right else f"{names[true]} → {names[given]}"
        note, boxes = share(float(found.confidence[row])), []
        if not right:
            note = f"{note} vs {share(float(np.exp(found.own[row])))}"
        truth = self._part("boxes")
        if truth is not None:
            boxes.append(Box.of(truth[row], TRUE))
        if self._shown.boxes is not None:
            boxes.append(Box.of(self._shown.boxes.boxes[row], FOUND))
            note = f"{share(float(found.confidence[row]))} IoU {self._shown.boxes.ious[row]:.2f}"
        return Card(pixels, title, note, "success" if right else "error", tuple(boxes))

    def _tell(self, told: QLabel, row: int) -> None:
        """Say of an image all that is known of it."""
        if self._shown is None or row < 0:
            told.clear()
            return
        found, names = self._shown.outcomes, self._data.classes
        true, given = names[int(found.labels[row])], names[int(found.given[row])]
        own, sure = share(float(np.exp(found.own[row]))), share(float(found.confidence[row]))
        what = f"{true}, {sure}" if true == given else f"{true} ({own}) taken for {given} ({sure})"
        overlap = "" if self._shown.boxes is None else f", IoU {self._shown.boxes.ious[row]:.2f}"
        told.setText(f"Image {row + 1:,}: {what}, loss {loss(float(-found.own[row]))}{overlap}")

    def _pin(self, row: int) -> None:
        if row >= 0:
            self._session.film.pin(self._data, self._split, row)

"""Draw something, and see at once what the network takes it for and what its layers make of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from convscope.engine.data.drawing import Convention, centred

from ..accessible import named
from ..widgets.class_bars import ClassBars
from ..widgets.field_hover import FieldHover, units_told
from ..widgets.fitted_picture import FittedPicture
from ..widgets.layer_maps import LayerMaps
from ..widgets.layer_view import LayerView
from ..widgets.layers import activation_layers, first_of
from ..widgets.lesson import Captioned
from ..widgets.picture_file import PictureFile
from ..widgets.sketch_pad import SketchPad
from ..work.posts import ModelInfo

_LEFT, _SEEN, _BARS = 300, 104, 560
_THIN, _THICK = 2, 24  # the brush, in hundredths of the side


class SketchView(LayerView):
    """A sheet at the left, the classes and a layer's activations beside it; they follow the brush and the training."""

    title = "Draw"
    sentence = "Build a network without problems, or open a trained one, to draw for it."
    own_ranges = False
    filmed = False

    # ---- building

    def _build(self, content: QWidget) -> None:
        self._convention = Convention()
        self._field: FieldHover | None = None
        self.pad = SketchPad("Sheet to draw on")
        self.pad.drawn.connect(self._ask)
        self.file = PictureFile(self._session, "Open a picture…", "Forget the picture")
        self.file.picked.connect(self._take_picture)
        self.file.failed.connect(lambda text: self._session.message.emit(text, True))
        self.pad.dropped.connect(self.file.read)
        self.bars = ClassBars()
        self.bars.setMaximumWidth(_BARS)
        self.seen = FittedPicture("What the network sees")
        self.seen.setFixedSize(_SEEN, _SEEN)
        self.seen.pointed.connect(self._show_units)
        row = QHBoxLayout(content)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(24)
        left = QWidget()
        left.setFixedWidth(_LEFT)
        left.setLayout(self._build_sheet())
        row.addWidget(left)
        row.addLayout(self._build_answer(), 1)

    def _build_sheet(self) -> QVBoxLayout:
        self.brush = named(QSlider(Qt.Orientation.Horizontal), "Brush", "Width of the brush")
        self.brush.setRange(_THIN, _THICK)
        self.brush.setValue(round(100 * self.pad.brush))
        self.brush.valueChanged.connect(self._set_brush)
        self.clear = named(QPushButton("Clear"), "Clear", "Empty the sheet (Del on the sheet)")
        self.clear.clicked.connect(self._clear)
        self.undo = named(QPushButton("Undo"), "Undo", "Take back the last line (Ctrl+Z on the sheet)")
        self.undo.clicked.connect(self.pad.undo)
        self.centre = QCheckBox("Centre what is drawn")
        self.centre.setToolTip("Bring the drawing to the size and place that the data set's own images have")
        self.centre.setChecked(True)
        self.centre.toggled.connect(self._ask)
        self.dark = QCheckBox("Dark on light")
        self.dark.setToolTip("Draw dark on a light ground, as the data set does if its borders are light")
        self.dark.toggled.connect(self._set_dark)
        tools = QHBoxLayout()
        label = QLabel("Brush")
        label.setBuddy(self.brush)
        for part in (label, self.brush, self.undo, self.clear):
            tools.addWidget(part, 1 if part is self.brush else 0)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.pad.setFixedHeight(_LEFT)
        column.addWidget(self.pad)
        column.addLayout(tools)
        for field in (self.centre, self.dark, self.file):
            column.addWidget(field)
        column.addStretch(1)
        return column

    def _build_answer(self) -> QVBoxLayout:
        self.maps = LayerMaps(self._own, self._bar, self._reading)
        self.maps.pointed.connect(self._show_field)
        self.verdict = QLabel()
        self.verdict.setProperty("role", "heading")
        self.verdict.setAccessibleName("What the network takes it for")
        top = QHBoxLayout()
        top.setSpacing(24)
        top.addWidget(Captioned("what the network sees", self.seen))
        said = QVBoxLayout()
        said.addWidget(self.verdict)
        said.addWidget(self.bars)
        said.addStretch(1)
        top.addLayout(said, 1)
        column = QVBoxLayout()
        column.addLayout(top)
        column.addSpacing(8)
        self._framed(column, (), self.maps)
        return column

    def _connect(self) -> None:
        self._session.data_changed.connect(self._take_data)
        self._take_data(self._session.dataset)
        super()._connect()

    # ---- what the user does

    def _set_brush(self, hundredths: int) -> None:
        self.pad.brush = hundredths / 100

    def _set_dark(self, dark: bool) -> None:
        self.pad.set_dark(dark)
        self._ask()

    def _clear(self) -> None:
        self.pad.clear()
        self.pad.setFocus()

    def _take_picture(self) -> None:
        if self.file.pixels is not None:
            self.pad.show_pixels(self.file.pixels)
        elif self.pad.is_picture:
            self.pad.clear()

    # ---- taking

    def _take_data(self, dataset: Any) -> None:
        """Draw as the data set does."""
        if dataset is None:
            return
        images = dataset.test_images if len(dataset.test_images) else dataset.train_images
        self._convention = Convention.of(np.asarray(images[:256]))
        self.dark.setChecked(self._convention.dark)
        self._ask()

    def _take_model(self, info: ModelInfo) -> None:
        self._info = info
        self._stack.show_content()
        self._picker.set_layers(activation_layers(info.network), first_of(info.network, "Conv2D"))

    def _choose_layer(self, name: str) -> None:
        self._field = None
        self.maps.forget()
        self._ask()

    # ---- asking

    def image(self) -> NDArray[Any] | None:
        """What the network is given, before its own preprocessing; None while the sheet is empty.

        A drawing is grey (H, W, 1), a picture has its colours (H, W, 3).
        """
        if self.pad.empty or self._info is None:
            return None
        if self.pad.is_picture:
            return self.pad.pixels
        ink = centred(self.pad.ink, self._size(), self._convention.share) if self.centre.isChecked() else self.pad.ink
        return (255 - ink if self.pad.dark else ink)[..., None]

    def _size(self) -> tuple[int, int]:
        """Of the data set's images, which the network's own preprocessing enlarges; without data of its input."""
        data = self._session.dataset
        assert self._info is not None
        fits = data is not None and data.image_shape[2] == self._info.network.input[2]
        rows, columns, _ = data.image_shape if fits else self._info.network.input
        return int(rows), int(columns)

    def _ask(self, _cause: Any = None) -> None:
        """Have the drawing run through the network between two batches; a newer one replaces one that waits."""
        if self._info is None or not self.isVisible():
            return
        image, name = self.image(), self._picker.layer
        self._show_seen(image)
        if image is None or not name:
            self._forget()
            return
        asked, channels = (self._info.serial, name), self._info.network.input[2]

        def work(model: Any) -> Any:
            from convscope.engine.explain.question import as_pixels  # noqa: PLC0415

            pixels, _ = as_pixels(image, channels)
            given, output = (model.preprocessing, tuple(model.classes)), model.network.output
            seen = model.glimpse_outputs(model.prepare(pixels), {name, output})
            return seen.then(
                lambda of: (asked, image.shape[:2], of[name][0], model.as_probabilities(of[output])[0], *given)
            )

        self._session.request("sketch", work, self._take_result)
        if self._session.kernels.busy:
            self.verdict.setText("Preparing kernels; this is done once for each version of the program.")

    def _forget(self) -> None:
        self.verdict.clear()
        self.bars.show_values(np.zeros(0), (), -1)
        self.maps.forget()

    def _take_result(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.verdict.setText(str(result))
            return
        if result is None or self._info is None or result[0] != (self._info.serial, self._picker.layer):
            return
        if self.pad.empty:  # cleared meanwhile
            return
        _, given, values, probabilities, preprocessing, classes = result
        self._field = FieldHover.of(self._info.network, self._picker.layer, given, preprocessing)
        self.maps.show_values(values)
        if probabilities.ndim != 1:
            self.bars.show_values(np.zeros(0), (), -1)
            self.verdict.setText("The network ends in an image and gives no scores of classes.")
            return
        names = classes if len(classes) == len(probabilities) else [f"Class {i}" for i in range(len(probabilities))]
        self.bars.show_values(probabilities, names, -1)
        best = int(np.argmax(probabilities))
        self.verdict.setText(f"{names[best]}, {100 * float(probabilities[best]):.1f} %")

    def _draw(self) -> None:
        self.maps.draw()

    # ---- what is seen

    def _show_seen(self, image: NDArray[Any] | None) -> None:
        shown = np.zeros((1, 1, 3), np.uint8) if image is None else np.broadcast_to(image, (*image.shape[:2], 3))
        self.seen.show_pixels(shown)

    def _show_field(self, channel: int, row: int, column: int) -> None:
        field = self._field if row >= 0 else None
        self.seen.show_box(None if field is None else field.box(row, column))
        if field is not None:
            self.maps.tell(field.told(row, column))

    def _show_units(self, row: int, column: int) -> None:
        units = self._field.seeing(row, column) if self._field is not None and row >= 0 else None
        self.maps.mark_units(units)
        if self._field is not None and row >= 0:
            self.maps.tell(units_told(units))

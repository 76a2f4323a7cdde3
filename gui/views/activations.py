"""What the layers make of one image, as the network learns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ..widgets.class_bars import ClassBars
from ..widgets.colours import levels
from ..widgets.figures import plain
from ..widgets.image_picker import ImagePicker
from ..widgets.layer_view import LayerView
from ..widgets.layers import activation_layers, first_of
from ..widgets.tiles import TileGrid
from ..widgets.vector_bars import VectorBars
from ..work.posts import ModelInfo

MOST_VALUES = 1 << 19  # of one layer's activations that are drawn; larger maps are thinned out


class ActivationsView(LayerView):
    """A pinned image with its predicted classes, and beside it the activations of a layer as maps or bars. Live."""

    title = "Activations"
    sentence = "Choose a data set to see what the network makes of its images."
    own_ranges = False

    # ---- what others may read

    @property
    def activations(self) -> NDArray[Any] | None:
        """The activations in view, (H, W, C) or (units,), or None."""
        return self._activations

    @property
    def images(self) -> ImagePicker:
        return self._images

    # ---- building

    def _build(self, content: QWidget) -> None:
        self._activations: NDArray[Any] | None = None
        self._thinned = 1
        self._images = ImagePicker()
        self._bars = ClassBars()
        side = QVBoxLayout()
        side.setSpacing(6)
        side.addWidget(self._images)
        side.addWidget(self._bars)
        side.addStretch(1)
        row = QHBoxLayout(content)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(16)
        row.addLayout(side)
        row.addLayout(self._build_maps(), 1)

    def _build_maps(self) -> QVBoxLayout:
        self._grid = TileGrid("Activation maps of the layer")
        self._grid.pointed.connect(self._read_map)
        self._vector = VectorBars("Activations of the layer")
        self._vector.pointed.connect(self._read_unit)
        self._kinds = QStackedWidget()
        self._kinds.addWidget(self._grid)
        self._kinds.addWidget(self._vector)
        column = QVBoxLayout()
        self._framed(column, (), self._kinds)
        return column

    def _connect(self) -> None:
        self._images.picked.connect(self._ask)
        self._session.data_changed.connect(self._take_data)
        self._take_data(self._session.dataset)
        super()._connect()

    # ---- taking

    def _take_data(self, dataset: Any) -> None:
        if dataset is None:
            self._stack.show_sentence(self.sentence)
            return
        self._images.set_data(dataset)
        self._ask()

    def _take_model(self, info: ModelInfo) -> None:
        self._info = info
        self._picker.set_layers(activation_layers(info.network), first_of(info.network, "Conv2D"))

    def _choose_layer(self, name: str) -> None:
        self._activations = None
        self._reading.clear()
        self._ask()

    def _ask(self, _cause: Any = None) -> None:
        """Have the image run through the network between two batches."""
        image, name = self._images.image, self._picker.layer
        if image is None or self._info is None or not name or not self.isVisible():
            return
        asked = (self._info.serial, name, self._images.index)

        def work(model: Any) -> Any:
            pixels = image[None]
            model.forward(model.prepare(pixels), keep=[name])
            return asked, model.activations[name][0], model.probabilities(pixels)[0]

        self._session.request("activations", work, self._take_result)
        if self._activations is None and self._session.kernels.busy:
            self._stack.show_sentence("Preparing kernels; this is done once for each version of the program.")

    def _take_result(self, result: Any) -> None:
        if isinstance(result, Exception):
            self._stack.show_sentence(str(result))
            return
        if (
            result is None
            or self._info is None
            or result[0] != (self._info.serial, self._picker.layer, self._images.index)
        ):
            return
        _, self._activations, probabilities = result
        self._stack.show_content()
        self._draw()
        self._show_prediction(probabilities)

    # ---- drawing

    def _show_prediction(self, probabilities: NDArray[Any]) -> None:
        names = self._images.classes
        if len(names) != len(probabilities):
            names = tuple(f"Class {i}" for i in range(len(probabilities)))
        self._bars.show_values(probabilities, names, self._images.label)

    def _draw(self) -> None:
        values = self._activations
        if values is None:
            return
        maps = values.ndim == 3
        self._own.setVisible(maps)
        self._bar.setVisible(maps)
        self._kinds.setCurrentIndex(0 if maps else 1)
        if not maps:
            self._vector.show_values(values)
            return
        each = self._own.isChecked()
        self._thinned = max(int(np.ceil((values.size / MOST_VALUES) ** 0.5)), 1)
        tiles = np.moveaxis(values[:: self._thinned, :: self._thinned], 2, 0)
        indices, scale = levels(tiles, signed=False, each=each)
        self._grid.show_levels(indices, scale.map)
        self._bar.show_scale(scale, "widest of the ranges" if each and len(tiles) > 1 else "")

    def _read_map(self, tile: int, row: int, column: int) -> None:
        values = self._activations
        if values is None or values.ndim != 3 or tile < 0:
            self._reading.clear()
            return
        text = f"Channel {tile + 1}"
        if row >= 0:
            row, column = row * self._thinned, column * self._thinned
            text += f", row {row + 1}, column {column + 1}: {plain(float(values[row, column, tile]))}"
        else:
            text += f": mean {plain(float(values[..., tile].mean()))}, greatest {plain(float(values[..., tile].max()))}"
        self._reading.setText(text)

    def _read_unit(self, index: int) -> None:
        values = self._activations
        shown = values is not None and values.ndim == 1 and 0 <= index < len(values)
        self._reading.setText(
            f"Unit {index + 1}: {plain(float(values[index]))}" if shown and values is not None else ""
        )

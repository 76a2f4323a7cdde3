"""The filters of a layer, as they learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from ..widgets.colours import Scale, colour_pictures, levels
from ..widgets.figures import plain
from ..widgets.layer_picker import NARROW
from ..widgets.layer_view import LayerView
from ..widgets.layers import filter_shape, first_of, weight_layers, weight_name
from ..widgets.tiles import TileGrid
from ..work.posts import ModelInfo

MOST_TILES = 2048
MOST_CHANNELS = 8  # that are shown at once unless one asks for more
MOST_VALUES = 1 << 20  # of one layer's weights that are looked at
_ALL = -1


class FiltersView(LayerView):
    """A tile for each filter, or for each channel of each; colour filters in colour. Live while a network trains."""

    title = "Filters"
    sentence = "The filters appear once the network is complete."
    own_ranges = True

    # ---- what others may read

    @property
    def weights(self) -> NDArray[Any] | None:
        """The weights in view (rows, columns, channels, filters), or None."""
        return self._weights

    @property
    def grid(self) -> TileGrid:
        return self._grid

    # ---- building

    def _build(self, content: QWidget) -> None:
        self._weights: NDArray[Any] | None = None  # (rows, columns, channels, filters)
        self._channel = self._combo("Channel", "Input channel to show")
        self._channel.currentIndexChanged.connect(self._draw)
        self._grid = TileGrid("Filters of the layer")
        self._grid.pointed.connect(self._read_out)
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 8, 12, 8)
        self._framed(column, (self._channel,), self._grid)

    @staticmethod
    def _combo(name: str, help: str) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setToolTip(help)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        combo.setMinimumWidth(NARROW)
        return combo

    # ---- taking

    def _take_model(self, info: ModelInfo) -> None:
        self._info = info
        layers = weight_layers(info.network)
        if not layers:
            self._stack.show_sentence("This network has no layer with filters. Add a Conv2D or a Dense.")
        self._picker.set_layers(layers, first_of(info.network, "Conv2D"))

    def _choose_layer(self, name: str) -> None:
        shape = filter_shape(self._info.network, name) if self._info is not None and name else None
        self._weights = None
        if shape is not None:
            self._offer_channels(shape[2])
            self._refresh()

    def _offer_channels(self, channels: int) -> None:
        """All channels of a filter at once (in colour if there are three), or one: the first, if they are many."""
        whole = "In colour" if channels == 3 else "All channels"
        names = ("Red", "Green", "Blue") if channels == 3 else tuple(f"Channel {c + 1}" for c in range(channels))
        self._channel.blockSignals(True)
        self._channel.clear()
        self._channel.addItem(whole, _ALL)
        for index, name in enumerate(names):
            self._channel.addItem(name, index)
        self._channel.setCurrentIndex(0 if channels <= MOST_CHANNELS else 1)
        self._channel.blockSignals(False)
        self._channel.setVisible(channels > 1)

    def _ask(self, _cause: Any = None) -> None:
        """Have the weights of the layer in view copied between two batches, as soon as they are there."""
        name = self._picker.layer
        if self._info is None or not name or not self.isVisible():
            return
        network, serial = self._info.network, self._info.serial
        shape, full = filter_shape(network, name), weight_name(network, name)
        if shape is None:
            return

        def work(model: Any) -> Any:
            seen = model.glimpse_weights([full], lambda _, weights: _copied(weights, shape))
            return seen.then(lambda found: (serial, name, found[full]))

        self._session.request("filters", work, self._take_weights, computes=False)

    def _replay(self, frame: Any) -> None:
        """The weights of a frame; of large layers there are none."""
        assert self._info is not None
        name, network = self._picker.layer, self._info.network
        shape, weights = filter_shape(network, name), frame.weights.get(weight_name(network, name))
        if weights is None or shape is None:
            self._reading.setText("This layer is too large to be filmed.")
            return
        self._reading.clear()
        self._weights = _copied(weights, shape)
        self._draw()

    def _take_weights(self, result: Any) -> None:
        current = self._info.serial if self._info else 0
        live = self._session.film.frame is None
        if live and isinstance(result, tuple) and result[:2] == (current, self._picker.layer):
            self._weights = result[2]
            self._draw()

    # ---- drawing

    def _draw(self) -> None:
        weights = self._weights
        if weights is None:
            return
        each, channel = self._own.isChecked(), int(self._channel.currentData())
        rows, columns, channels, filters = weights.shape
        if channels == 3 and channel == _ALL:
            pixels, high = colour_pictures(np.moveaxis(weights, 3, 0), each)
            self._grid.show_colours(pixels)
            self._bar.show_scale(Scale("CET-L1", -high, high), self._note(each))
        else:
            several = channel == _ALL and channels > 1
            chosen = weights if channel == _ALL else weights[:, :, channel : channel + 1]
            tiles = chosen.transpose(3, 2, 0, 1).reshape(-1, rows, columns)
            indices, scale = levels(tiles, signed=True, each=each)
            self._grid.show_levels(indices, scale.map, (filters, channels) if several else None)
            self._bar.show_scale(scale, self._note(each))
        self._stack.show_content()

    def _note(self, each: bool) -> str:
        assert self._info is not None
        assert self._weights is not None
        shape = filter_shape(self._info.network, self._picker.layer)
        shown = self._weights.shape
        parts = ["widest of the ranges"] if each and self._grid.count > 1 else []
        if shape is not None and shape[3] > shown[3]:
            parts.append(f"first {shown[3]:,} of {shape[3]:,} filters")
        if shape is not None and shape[:2] != shown[:2]:
            parts.append(f"first {shown[0]:,}×{shown[1]:,} of {shape[0]:,}×{shape[1]:,} weights")
        return ", ".join(parts)

    def _read_out(self, tile: int, row: int, column: int) -> None:
        weights = self._weights
        if weights is None or tile < 0:
            self._reading.clear()
            return
        channels = weights.shape[2]
        channel = int(self._channel.currentData())
        if channel == _ALL:
            index, channel = (tile, _ALL) if channels == 3 else divmod(tile, channels)
        else:
            index = tile
        text = f"Filter {index + 1}"
        if channels > 1 and channel != _ALL:
            text += f", channel {channel + 1}"
        if row >= 0:
            values = (
                weights[row, column, :, index]
                if channel == _ALL
                else weights[row, column, channel : channel + 1, index]
            )
            text += f", row {row + 1}, column {column + 1}: {'  '.join(plain(float(v)) for v in values)}"
        self._reading.setText(text)


def _copied(weights: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """A copy of the weights as filters of this shape, no more of them than can be looked at."""
    pixel = weights.ndim == 4 and weights.shape[:2] == (1, 1)
    if shape[2:] == (1, 1) and (weights.ndim == 2 or pixel):
        side = int(MOST_VALUES**0.5)
        return weights.reshape(weights.shape[-2:])[:side, :side].T[:, :, None, None].copy()
    kept = max(MOST_VALUES // (shape[0] * shape[1] * shape[2]), 1)
    return weights.reshape(shape)[..., : min(kept, max(MOST_TILES // shape[2], 1))].copy()

"""What the layers make of one image, as the network learns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ..widgets.class_bars import ClassBars
from ..widgets.field_hover import FieldHover, units_told
from ..widgets.image_picker import ImagePicker
from ..widgets.layer_maps import LayerMaps
from ..widgets.layer_view import LayerView
from ..widgets.layers import activation_layers, first_of
from ..widgets.pin_strip import PinStrip
from ..work.posts import ModelInfo


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

    @property
    def image(self) -> NDArray[Any] | None:
        """The image that is looked at: a pinned one, or the one that is picked."""
        pin = self._pins.current
        return self._images.image if pin is None else pin.pixels

    # ---- building

    def _build(self, content: QWidget) -> None:
        self._activations: NDArray[Any] | None = None
        self._field: FieldHover | None = None
        self._pins = self._session.film.pins
        self._images = ImagePicker()
        self.strip = PinStrip(self._session, self._images)
        self._bars = ClassBars()
        side = QVBoxLayout()
        side.setSpacing(6)
        side.addWidget(self._images)
        side.addWidget(self.strip)
        side.addWidget(self._bars)
        side.addStretch(1)
        row = QHBoxLayout(content)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(16)
        row.addLayout(side)
        row.addLayout(self._build_maps(), 1)

    def _build_maps(self) -> QVBoxLayout:
        self._kinds = LayerMaps(self._own, self._bar, self._reading)
        self._kinds.pointed.connect(self._show_field)
        self._grid, self._vector = self._kinds.grid, self._kinds.vector
        self._images.pointed.connect(self._show_units)
        column = QVBoxLayout()
        self._framed(column, (), self._kinds)
        return column

    def _connect(self) -> None:
        self._images.picked.connect(self._refresh)
        self._pins.changed.connect(self._refresh)
        self._session.data_changed.connect(self._take_data)
        self._take_data(self._session.dataset)
        super()._connect()

    # ---- taking

    def _take_data(self, dataset: Any) -> None:
        if dataset is None:
            self._stack.show_sentence(self.sentence)
            return
        self._images.set_data(dataset)
        self._refresh()

    def _take_model(self, info: ModelInfo) -> None:
        self._info = info
        self._picker.set_layers(activation_layers(info.network), first_of(info.network, "Conv2D"))

    def _choose_layer(self, name: str) -> None:
        self._activations, self._field = None, None
        self._kinds.forget()
        self._refresh()

    def _ask(self, _cause: Any = None) -> None:
        """Have the image run through the network between two batches."""
        image, name = self.image, self._picker.layer
        if image is None or self._info is None or not name or not self.isVisible():
            return
        asked = (self._info.serial, name, self._place())

        def work(model: Any) -> Any:
            output = model.network.output
            seen = model.glimpse_outputs(model.prepare(image[None]), {name, output})
            return seen.then(
                lambda found: (asked, found[name][0], model.as_probabilities(found[output])[0], model.preprocessing)
            )

        self._session.request("activations", work, self._take_result)
        if self._activations is None and self._session.kernels.busy:
            self._stack.show_sentence("Preparing kernels; this is done once for each version of the program.")

    def _place(self) -> tuple[str, int]:
        """Which image is looked at: a pin by its key, or the picked one by its number."""
        pin = self._pins.current
        return ("picked", self._images.index) if pin is None else ("pin", pin.key)

    def _replay(self, frame: Any) -> None:
        """What the layer made of the image at a frame, if the image was pinned then."""
        pin, name = self._pins.current or self.strip.pin_of_picked(), self._picker.layer
        found = frame.activations.get(pin.key) if pin is not None else None
        if pin is None or found is None or name not in found:
            known = "This layer is too large to be filmed." if found else "This image was not pinned at this step."
            self._activations = None
            self._kinds.forget()
            self._grid.show_levels(np.zeros((0, 1, 1), np.uint8), "")
            self._kinds.tell(known)
            return
        self._activations = found[name]
        self._stack.show_content()
        self._draw()
        self._show_prediction(frame.probabilities[pin.key])

    def _take_result(self, result: Any) -> None:
        if isinstance(result, Exception):
            self._stack.show_sentence(str(result))
            return
        if (
            result is None
            or self._info is None
            or self._session.film.frame is not None
            or result[0] != (self._info.serial, self._picker.layer, self._place())
        ):
            return
        _, self._activations, probabilities, preprocessing = result
        image = self.image
        given = (1, 1) if image is None else image.shape[:2]
        self._field = FieldHover.of(self._info.network, self._picker.layer, given, preprocessing)
        self._stack.show_content()
        self._draw()
        self._show_prediction(probabilities)

    # ---- drawing

    def _show_prediction(self, probabilities: NDArray[Any]) -> None:
        """Bars of classes; none for a network that ends in an image, as one does while it is built."""
        if probabilities.ndim != 1:
            self._bars.show_values(np.zeros(0), (), -1)
            return
        names = self._images.classes
        if len(names) != len(probabilities):
            names = tuple(f"Class {i}" for i in range(len(probabilities)))
        pin = self._pins.current
        self._bars.show_values(probabilities, names, self._images.label if pin is None else pin.label)

    def _draw(self) -> None:
        if self._activations is not None:
            self._kinds.show_values(self._activations)

    # ---- receptive fields

    def _show_field(self, channel: int, row: int, column: int) -> None:
        """Draw what the unit under the mouse sees on the image."""
        field = self._field if row >= 0 else None
        self._images.show_box(None if field is None else field.box(row, column))
        if field is not None:
            self._kinds.tell(field.told(row, column))

    def _show_units(self, row: int, column: int) -> None:
        """Frame the units that see the pixel under the mouse."""
        units = self._field.seeing(row, column) if self._field is not None and row >= 0 else None
        self._kinds.mark_units(units)
        if self._field is not None and row >= 0:
            self._kinds.tell(units_told(units))

"""Strongest patches: for any unit the places of many images that excite it most, found once and then at once."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ..accessible import named
from ..stylesheet import pad_spin_boxes
from ..widgets.empty import WithEmptyState
from ..widgets.figures import plain
from ..widgets.fitted_picture import FittedPicture
from ..widgets.layer_picker import LayerPicker
from ..widgets.layers import activation_layers, first_of
from ..widgets.lesson import Captioned, worded
from ..widgets.patch_grid import PatchGrid
from ..work.posts import Failed, ModelInfo

TOP = 16
"""Patches of each unit in the index."""

_SIDE, _SOURCE = 304, 256
_CACHED = 128
_MANY = (500, 2000, 10_000)
_NO_DATA = "Choose a data set in Train: its images are looked through for what excites each unit most."
_NO_INDEX = "Press Find to look through the images once; then every unit of every layer is there at once."


class PatchesView(QWidget):
    """Layer and unit at the left, their patches in the middle, at the right the image that the patch is from."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._info: ModelInfo | None = None
        self.index: Any = None  # the engine's PatchIndex, once it is there
        self._of: tuple[int, int] | None = None  # serial and steps of the model that it is of
        self._images: NDArray[Any] | None = None
        self._labels: NDArray[Any] | None = None
        self._building: Any = None
        self._pictures: Any = None
        self.patches: list[Any] = []
        self._cache: dict[int, NDArray[Any]] = {}  # images as they are shown, by number
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Strongest patches")
        self._build()
        self._connect()

    # ---- building

    def _build(self) -> None:
        self.layers = LayerPicker(self._session.document)
        self.units = named(QSpinBox(), "Unit", "Number of the unit, from 0")
        self.units.setMaximum(0)
        self.count = named(QComboBox(), "Patches", "How many patches are shown")
        for number in (9, TOP):
            self.count.addItem(str(number), number)
        self.beside = named(QComboBox(), "Beside each", "What is shown beside each patch")
        for text, name in (("Nothing", ""), ("DeConvNet", "deconvnet"), ("Guided backprop", "guided_backprop")):
            self.beside.addItem(text, name)
        self.beside.setCurrentIndex(1)
        self.many = named(QComboBox(), "Images", "How many images of the data set are looked through")
        for number in _MANY:
            self.many.addItem(f"First {number:,}", number)
        self.button = QPushButton("Find")
        self.button.setProperty("primary", True)
        self.bar = named(QProgressBar(), "Progress")
        self.bar.hide()
        self.state = worded("", "small")
        self.state.setAccessibleName("State of the index")
        form = QFormLayout()
        fields = {"Layer": self.layers, "Unit": self.units, "Patches": self.count, "Beside each": self.beside}
        for text, field in {**fields, "Images": self.many}.items():
            form.addRow(text, field)
        side = QWidget()
        side.setFixedWidth(_SIDE)
        column = QVBoxLayout(side)
        column.setContentsMargins(16, 16, 0, 16)
        column.setSpacing(8)
        column.addWidget(worded("Strongest patches", "heading"))
        column.addWidget(worded("What excites a unit most, cut out of many images: one place an image.", "muted"))
        column.addLayout(form)
        for part in (self.state, self.bar, self.button):
            column.addWidget(part)
        column.addStretch(1)
        pad_spin_boxes(self.units)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(16)
        whole.addWidget(side)
        whole.addWidget(self._build_pictures(), 1)

    def _build_pictures(self) -> QWidget:
        self.grid = PatchGrid("Strongest patches of the unit")
        self.source = FittedPicture("Image that the patch is from")
        self.source.setFixedSize(_SOURCE, _SOURCE)
        self.told = worded("", "small")
        self.told.setAccessibleName("About the patch")
        self.told.setFixedWidth(_SOURCE)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 16, 16, 16)
        row.setSpacing(16)
        row.addWidget(self.grid, 1)
        column = QVBoxLayout()
        column.addWidget(Captioned("where it is from", self.source))
        column.addWidget(self.told)
        column.addStretch(1)
        row.addLayout(column)
        self._stack = WithEmptyState(content, _NO_DATA)
        return self._stack

    def _connect(self) -> None:
        session = self._session
        self.layers.picked.connect(self._choose_layer)
        self.units.valueChanged.connect(self._show)
        self.count.currentIndexChanged.connect(self._show)
        self.beside.currentIndexChanged.connect(self._show)
        self.button.clicked.connect(self._press)
        self.grid.pointed.connect(self._show_source)
        session.model_changed.connect(self._take_model)
        session.snapshot.connect(self._take_snapshot)
        session.data_changed.connect(self._take_data)
        if session.model_info is not None:
            self._take_model(session.model_info)
        self._take_data(session.dataset)

    # ---- taking

    def _take_data(self, dataset: Any) -> None:
        self._images = None
        if dataset is not None:
            tested = len(dataset.test_images) > 0
            self._images = dataset.test_images if tested else dataset.train_images
            self._labels = dataset.test_labels if tested else dataset.train_labels
            self._kind = "Test image" if tested else "Training image"
        self._forget()

    def _take_model(self, info: ModelInfo) -> None:
        self._info = info
        self._forget()
        self.layers.set_layers(activation_layers(info.network), first_of(info.network, "Conv2D"))

    def _take_snapshot(self, info: ModelInfo) -> None:
        self._info = info
        self._tell_state()

    def _forget(self) -> None:
        """There is no index any more: other images, or another network."""
        self._stop()
        self.index, self.patches, self._cache = None, [], {}
        self._stack.show_sentence(_NO_DATA if self._images is None else _NO_INDEX)
        self._tell_state()

    def _choose_layer(self, name: str) -> None:
        shape = None if self._info is None else self._info.network.shapes().get(name)
        self.units.setMaximum(max(shape[-1] - 1, 0) if shape else 0)
        self._show()

    # ---- the index

    @property
    def building(self) -> bool:
        """Whether images are being looked through."""
        return self._building is not None

    def _press(self) -> None:
        self.cancel() if self.building else self.find()

    def find(self) -> None:
        """Look through the images, a little at a time between two batches."""
        if self._images is None or self._info is None:
            return
        images, state = self._images[: self.many.currentData()], (self._info.serial, self._info.steps)

        def steps(model: Any) -> Generator[Any, None, Any]:
            from convscope.engine.explain.patch_store import stored_index  # noqa: PLC0415

            index = yield from stored_index(model, np.asarray(images), TOP)
            return index, model.preprocessing

        self._of = state
        self.bar.setRange(0, 0)
        self._building = self._session.slice("patches", steps, self._take_step)
        self._tell_state()

    def cancel(self) -> None:
        """Give up what is being looked through."""
        self._stop()
        self._tell_state()

    def _stop(self) -> None:
        for work in (self._building, self._pictures):
            if work is not None:
                work.cancel()
        self._building = self._pictures = None

    def _take_step(self, found: Any) -> None:
        if isinstance(found, tuple) and isinstance(found[0], int):
            self.bar.setRange(0, found[1])
            self.bar.setValue(found[0])
            self.state.setText(f"{found[0]:,} of {found[1]:,} images")
            return
        self._building = None
        if isinstance(found, Exception):
            self._tell_state()
            self.state.setText(Failed(found).text)
            return
        self.index, self._preprocessing = found
        self._tell_state()
        self._show()

    def _tell_state(self) -> None:
        self.bar.setVisible(self.building)
        self.button.setText("Cancel" if self.building else "Find again" if self.index is not None else "Find")
        self.button.setEnabled(self._images is not None and self._info is not None)
        if self.building:
            self.state.setText("Preparing kernels…" if self._session.kernels.busy else "Looking through the images…")
        elif self.index is None or self._info is None or self._of is None:
            self.state.setText("")
        else:
            learned = self._info.steps - self._of[1]
            older = f" It has learned for {learned:,} steps since." if learned else ""
            when = f"after {self._of[1]:,} steps" if self._of[1] else "before it learned" if not self._info.path else ""
            self.state.setText(f"Found in the network as it {f'was {when}' if when else 'was opened'}.{older}")

    # ---- the patches

    def _show(self, _cause: Any = None) -> None:
        """The patches of the chosen unit; with the index at hand this takes milliseconds."""
        if self.index is None or self._images is None or self.layers.layer not in self.index.layers:
            return
        self.patches = self.index.strongest(self.layers.layer, self.units.value())[: self.count.currentData()]
        self._stack.show_content()
        from convscope.engine.explain.strongest_patches import cut_out  # noqa: PLC0415

        cut = [np.asarray(cut_out(self._sized(patch.image), patch), np.uint8) for patch in self.patches]
        texts = [plain(patch.response) for patch in self.patches]
        self.grid.show_patches(cut, texts, pairs=self.beside.currentData() != "")
        self.grid.choose(max(self.grid.current, 0))
        self._ask_pictures()

    def _sized(self, number: int) -> NDArray[Any]:
        """An image as the network is given it, before its values are changed: RGB (H, W, 3)."""
        assert self._images is not None
        assert self._info is not None
        if number not in self._cache:
            image = np.asarray(self._images[number], np.float32)[None]
            image = self._preprocessing.sized(image, self._info.network.input[:2])[0]
            shown = np.broadcast_to(np.clip(image, 0, 255), (*image.shape[:2], 3))
            self._cache = dict(list(self._cache.items())[1 - _CACHED :])
            self._cache[number] = np.ascontiguousarray(shown, np.uint8)
        return self._cache[number]

    def _show_source(self, number: int) -> None:
        """The image that a patch is from, with its box."""
        if not 0 <= number < len(self.patches) or self._labels is None:
            return
        patch = self.patches[number]
        self.source.show_pixels(self._sized(patch.image))
        self.source.show_box(patch.box)
        classes = self._session.dataset.classes
        top, bottom, left, right = patch.box
        self.told.setText(
            f"{self._kind} {patch.image + 1:,}, {classes[int(self._labels[patch.image])]}. Value "
            f"{plain(patch.response)} at row {patch.position[0]}, column {patch.position[1]}. Sees "
            f"{bottom - top}×{right - left} pixels, rows {top} to {bottom - 1}, columns {left} to {right - 1}, from 0."
        )

    def _ask_pictures(self) -> None:
        """Have every patch's unit projected back, one patch after the other."""
        if self._pictures is not None:
            self._pictures.cancel()
            self._pictures = None
        method, patches, layer, unit = self.beside.currentData(), self.patches, self.layers.layer, self.units.value()
        assert self._info is not None
        assert self._images is not None
        shape = self._info.network.shapes().get(layer)
        if not method or shape is None:
            return
        images = [np.asarray(self._images[patch.image]) for patch in patches]

        def steps(model: Any) -> Generator[Any, None, Any]:
            from convscope.engine import explain  # noqa: PLC0415

            done: list[Any] = []
            for patch, image in zip(patches, images):
                place = (*patch.position, unit) if len(shape) == 3 else unit
                done.append(getattr(explain, method)(model, image, layer=layer, unit=place).array)
                yield tuple(done)
            return tuple(done)

        self._pictures = self._session.slice("patch pictures", steps, self._take_pictures)

    def _take_pictures(self, found: Any) -> None:
        """All that were projected back so far."""
        if isinstance(found, Exception):
            self.state.setText(Failed(found).text)
            return
        from convscope.engine.explain import pictures  # noqa: PLC0415
        from convscope.engine.explain.strongest_patches import cut_out  # noqa: PLC0415

        for number in range(self.grid.beside, len(found)):
            self.grid.show_beside(number, pictures.signed(cut_out(found[number], self.patches[number])))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._tell_state()

"""What a run's augmentations make of one image, in its first epochs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from convscope.engine.data.augment import AUGMENTATIONS

from ..accessible import named
from ..icons import set_icon
from .image_grid import Box, Card, ImageGrid
from .wrapped import Wrapped

_SIDE = 88
_MOST = 64


class Augmented(QWidget):
    """The image as it is, and as many draws of the list of augmentations as there is room for.

    The list is that of the recipe until another one is typed; an empty field goes back to the recipe's.
    """

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._seeds = itertools.count(1)
        self._seed, self._serial = 0, 0
        self._pixels: NDArray[Any] | None = None
        self._title = ""
        self._made = False
        self._box: NDArray[Any] | None = None
        self.field = named(
            QLineEdit(), "Augmentations", f"Such as flip,crop:padding=4; there are {', '.join(AUGMENTATIONS)}"
        )
        self.field.setClearButtonEnabled(True)
        self.field.editingFinished.connect(self.ask)
        self.again = named(QToolButton(), "Other draws", "Other draws")
        self.again.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_icon(self.again, "shuffle")
        self.again.clicked.connect(self._draw_again)
        self.grid = ImageGrid("Augmented images", _SIDE)
        self.grid.resized.connect(self.ask)
        self._note = Wrapped()
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self.again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.grid, 1)
        column.addWidget(self._note)

    @property
    def note(self) -> str:
        """What is said below the images."""
        return self._note.text()

    def show_image(self, pixels: NDArray[Any], title: str, box: NDArray[Any] | None = None) -> None:
        """Draw from this image (H, W, C), with a box (4,) where one is known."""
        self._pixels, self._title, self._box = pixels, title, box
        self.ask()

    def showEvent(self, event: Any) -> None:  # noqa: N802
        super().showEvent(event)
        self.ask()

    def ask(self, _cause: Any = None) -> None:
        """Have the images made, between two batches."""
        chosen = ",".join(map(str, self._session.recipe.augment))
        self.field.setPlaceholderText(chosen or "flip,crop:padding=4")
        wanted = self.field.text().strip() or chosen
        if self._pixels is None or not self.isVisible():
            return
        if not wanted:
            self._note.setText("The recipe has no augmentation; choose some in the Training panel, or try a list here.")
            self.grid.show_cards([Card(self._pixels, self._title, boxes=self._boxes())])
            return
        self._serial += 1
        serial, pixels, box, seed = self._serial, self._pixels, self._box, self._seed
        count = min(max(self.grid.capacity() - 1, 1), _MOST)
        info = self._session.model_info
        size = (info.network.input[0], info.network.input[1]) if info is not None else None

        def work() -> Any:
            from convscope.engine.data.augment import preview, preview_boxes  # noqa: PLC0415

            shown = preview(pixels[None], wanted, seed, count, size)[0]
            if box is None:
                return serial, shown, None
            moved, seen = preview_boxes(pixels[None], box[None], wanted, seed, count, size)
            return serial, shown, (moved[0], seen[0])

        if not self._made:
            self._note.setText("Making them; the first time this is prepared for a while…")
        self._session.compute("augmentation preview", work, self._take)

    def _draw_again(self) -> None:
        self._seed = next(self._seeds)
        self.ask()

    def _boxes(self) -> tuple[Box, ...]:
        return () if self._box is None else (Box.of(self._box),)

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self._note.setText(str(result))
            return
        serial, shown, boxes = result
        self._made = True
        if serial != self._serial or self._pixels is None:
            return
        cards = [Card(self._pixels, "Original", boxes=self._boxes())]
        for epoch, pixels in enumerate(shown):
            kept = boxes is not None and boxes[1][epoch]
            moved = (Box.of(boxes[0][epoch]),) if kept else ()
            cards.append(Card(pixels, f"Epoch {epoch + 1}", boxes=moved))
        self.grid.show_cards(cards)
        lost = 0 if boxes is None else int(np.sum(~boxes[1]))
        gone = f" The box has left {lost} of them." if lost else ""
        self._note.setText(f"{self._title}, as it is drawn in {len(shown)} epochs.{gone}")

"""An image that a method made, beside the one that it began with."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QHBoxLayout

from convscope.engine.explain import Result, pictures

from ..widgets.fitted_picture import FittedPicture
from ..widgets.result_view import ResultView


class ImageView(ResultView):
    """The image; with a switch, the original beside it where there is one to compare with."""

    def build(self) -> None:
        self._result: Result | None = None
        self.before = FittedPicture("Original")
        self.picture = FittedPicture("Image made by the method")
        self.compare = QCheckBox("Original beside it")
        self.compare.toggled.connect(self._draw)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.before, 1)
        row.addWidget(self.picture, 1)
        self.column.addLayout(row, 1)
        self.foot.addWidget(self.compare)
        self.foot.addStretch(1)

    def image(self) -> QImage | None:
        return self.picture.image

    def show_result(self, result: Result) -> None:
        self._result = result
        self._draw()

    def _draw(self) -> None:
        result = self._result
        if result is None:
            return
        original = result.image
        comparable = original is not None and bool(np.ptp(original) > 0)  # a grey start is nothing to compare with
        self.compare.setVisible(comparable)
        self.before.setVisible(comparable and self.compare.isChecked())
        if comparable and original is not None:
            self.before.show_pixels(pictures.rgb(original))
        self.picture.show_pixels(result.picture())

"""What becomes of a map as layers lose what they learned, from the last to the first."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from convscope.engine.explain import Result, pictures

from ..widgets.export import picture
from ..widgets.patch_grid import PatchGrid
from ..widgets.result_view import ResultView, small

_ALIKE = 0.5


class RandomisationView(ResultView):
    """The map of the untouched network first, then one for each layer that was randomised in addition."""

    endings = tuple(ending for ending in ResultView.endings if ending[0] != "png")

    def build(self) -> None:
        self.grid = PatchGrid("Maps as more layers are randomised")
        self.grid.pointed.connect(self._read)
        self.reading = small("")
        self.reading.setWordWrap(True)
        self.column.addWidget(self.grid, 1)
        self.foot.addWidget(self.reading, 1)
        self._texts: list[str] = []

    def image(self) -> QImage | None:
        return picture(self.grid, 2)

    def show_result(self, result: Result) -> None:
        maps, correlations = result.extras["maps"], np.ravel(result.array)
        layers = result.scores["layers"]
        texts = ["untouched", *(f"{layer} {c:.2f}" for layer, c in zip(layers[1:], correlations[1:]))]
        self._texts = [text.replace("-", "−") for text in texts]
        self.grid.show_patches([pictures.coloured(one) for one in maps], self._texts, pairs=False)
        last = float(correlations[-1])
        self._verdict = (
            "With nothing learned left the map is still alike: it shows the image more than the network."
            if last > _ALIKE
            else "With nothing learned left the map is another: it depends on what the network knows."
        )
        self.reading.setText(f"{self._verdict} Figures are rank correlations with the untouched network's map.")

    def _read(self, number: int) -> None:
        if number > 0:
            layer, _, value = self._texts[number].rpartition(" ")
            self.reading.setText(f"{layer} and all behind it randomised: rank correlation {value}. {self._verdict}")

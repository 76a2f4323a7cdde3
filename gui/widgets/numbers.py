"""Fields for numbers: reals as people write them, and steps that suit the quantity."""

from __future__ import annotations

import math

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

from convscope.engine.spec import Param

_SERIES = (1.0, 2.0, 5.0, 10.0)


class NumberBox(QDoubleSpinBox):
    """A real number shown without padding zeros; `1e-3` may be typed.

    Steps go through 1, 2, 5, 10 … down to `smallest`, and from there to 0 where the parameter may be 0.
    """

    def __init__(self, param: Param, smallest: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._smallest = smallest
        self.setDecimals(12)
        self.setRange(smallest if param.open_ends else param.minimum or 0.0, param.maximum or 1e9)
        self.setKeyboardTracking(False)
        self.setValue(param.default)

    def textFromValue(self, value: float) -> str:  # noqa: N802
        return f"{value:g}" if value == 0 or value >= 1e-4 else f"{value:.3g}"

    def valueFromText(self, text: str) -> float:  # noqa: N802
        return _parsed(text) or 0.0

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        value = _parsed(text)
        if value is None:
            unfinished = text == "" or set(text.lower()) <= set("0123456789.,e-+ ")
            state = QValidator.State.Intermediate if unfinished else QValidator.State.Invalid
        else:
            legal = self.minimum() <= value <= self.maximum()
            state = QValidator.State.Acceptable if legal else QValidator.State.Intermediate
        return state, text, position

    def stepBy(self, steps: int) -> None:  # noqa: N802
        value = self.value()
        for _ in range(abs(steps)):
            value = self._above(value) if steps > 0 else self._below(value)
        self.setValue(value)

    def _above(self, value: float) -> float:
        if value < self._smallest:
            return self._smallest
        power = 10.0 ** math.floor(math.log10(value) + 1e-9)
        return next(power * digit for digit in _SERIES if power * digit > value * (1 + 1e-9))

    def _below(self, value: float) -> float:
        if value <= self._smallest * (1 + 1e-9):
            return 0.0
        power = 10.0 ** math.ceil(math.log10(value) - 1e-9)
        return next(power / digit for digit in (1.0, 2.0, 5.0, 10.0) if power / digit < value * (1 - 1e-9))


class DoublingBox(QSpinBox):
    """A whole number whose steps double and halve it, as batch sizes are chosen."""

    def stepBy(self, steps: int) -> None:  # noqa: N802
        value = self.value()
        self.setValue(value << steps if steps > 0 else max(value >> -steps, self.minimum()))


def _parsed(text: str) -> float | None:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None

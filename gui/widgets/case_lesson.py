"""What lessons on one small convolution share: the case, its steps, and the kernels' answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from convscope.engine.spec import ConvscopeError
from convscope.engine.teach import Case, KernelResult, by_kernels

from .case_editor import CaseEditor
from .lesson import Lesson, worded
from .stepper import Stepper

ROUNDING = 1e-6


class CaseLesson(Lesson):
    """Subclasses make their picture anew in `renew()`, show one step of it in `show_step(index)`, and build it in
    `build()`. `renew` returns the case and what the picture makes of it, to be compared with the kernels.
    """

    filters = 1
    noun = "step"

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.case_editor = CaseEditor(self.filters)
        self.stepper = Stepper(self.noun)
        self.sum = worded("")
        self.sum.setAccessibleName("This step")
        self.sum.setMinimumHeight(36)  # two lines, so that nothing moves from step to step
        self.sum.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.kernel_note = worded("", "small")
        self.kernel_note.setAccessibleName("Compared with the kernels")
        self._asked: tuple[Case, Any, Any] | None = None
        self.body.addWidget(self.case_editor)
        self.build()
        self.body.addWidget(self.kernel_note)
        self.case_editor.changed.connect(self._renew)
        self.stepper.stepped.connect(self.show_step)
        self._renew()

    def build(self) -> None:
        """Put the picture's parts into `body`."""
        raise NotImplementedError

    def renew(self) -> tuple[Case, Any, Any]:
        """Make the picture anew; the case, its output (OH, OW, K), and what goes back to the image or None."""
        raise NotImplementedError

    def show_step(self, index: int) -> None:
        """Show one step of the picture."""
        raise NotImplementedError

    def _renew(self) -> None:
        try:
            self._asked = self.renew()
        except ConvscopeError as error:
            self.explain(str(error))
            return
        self.explain("")
        self.show_step(self.stepper.index)
        self._ask()

    def _ask(self) -> None:
        """Have the kernels compute the same."""
        asked = self._asked
        assert asked is not None
        self.kernel_note.setText("The kernels are asked…")
        self.session.compute(f"lesson {self.title}", lambda: (asked, by_kernels(asked[0])), self._take)

    def _take(self, result: Any) -> None:
        if isinstance(result, Exception):
            self.kernel_note.setText(f"The kernels could not be asked ({result}).")
        elif result[0] is self._asked:
            self.kernel_note.setText(_compared(*result))


def _compared(asked: tuple[Case, Any, Any], kernels: KernelResult) -> str:
    _, output, spread = asked
    back = kernels.spread if spread is None else spread
    distance = kernels.distance(output, back)
    what = "S" if spread is None else "S and, sent back, the same X̂"
    if distance <= ROUNDING:
        exact = " exactly" if distance == 0 else ""
        return f"The convolution kernels that networks run on give{exact} the same {what}."
    return f"The kernels differ by {np.format_float_scientific(distance, 1)} of the largest number: more than rounding."

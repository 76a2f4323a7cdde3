"""What goes on inside while the network learns: the size of its steps, how values are spread, which units are dead."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from convscope.engine.train.internals import MOST_PROBES, probe_size, unit_facts, weighted

from ..accessible import named
from ..tokens import SEQUENTIAL_MAP
from ..widgets.colour_bar import ColourBar
from ..widgets.colours import Scale
from ..widgets.empty import WithEmptyState
from ..widgets.export import ExportMenu
from ..widgets.figures import plain
from ..widgets.histogram_map import HistogramMap
from ..widgets.layer_picker import LayerPicker
from ..widgets.ratio_plot import RatioPlot
from ..widgets.segments import Segments
from ..widgets.unit_table import UnitTable
from ..widgets.wrapped import Wrapped
from ..work.arriving import timed
from ..work.pace import LookPace
from ..work.posts import ModelInfo

_MOST_LOOKS = 400
_STEP_PACE = {"share": 0.01, "seconds": 0.25, "longest": 30.0}
_PROBE_PACE = {"share": 0.01, "seconds": 1.0, "longest": 60.0}
_PARTS = {
    "steps": "Steps",
    "weights": "Weights",
    "gradients": "Gradients",
    "activations": "Activations",
    "units": "Dead units",
}
_EMPTY = "Train to see how the layers' weights, gradients and activations develop."


class InternalsView(QWidget):
    """Looks at single steps and at a probe of images, as long as it is visible, at a fiftieth of training's time."""

    title = "Internals"

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._info: ModelInfo | None = None
        self._probe: Any = None
        self._probes = 0  # images of the last look
        self.steps: list[Any] = []  # the engine's StepFacts
        self.units: list[tuple[int, Any]] = []  # steps learned, and the engine's UnitFacts
        self._looks = session.step_looks(self._take_step)
        self._step_pace, self._probe_pace = LookPace(**_STEP_PACE), LookPace(**_PROBE_PACE)
        self._step_seconds = self._probe_seconds = 0.0
        self._asked_probe = False
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.title)
        self._build()
        session.model_changed.connect(self._take_model)
        session.snapshot.connect(self._look)
        session.data_changed.connect(self._take_data)
        self._take_data(session.dataset)
        if session.model_info is not None:
            self._take_model(session.model_info)

    # ---- building

    def _build(self) -> None:
        self.parts = Segments("What to see inside", _PARTS)
        self.parts.chosen.connect(self._choose_part)
        self._alarm = named(Wrapped(role="error"), "Alarm")
        self._alarm.hide()
        self.ratios = RatioPlot()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.ratios)
        self._pages.addWidget(self._build_spreads())
        self._pages.addWidget(self._build_units())
        top, content = QHBoxLayout(), QWidget()
        top.addWidget(self.parts)
        top.addStretch(1)
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._alarm)
        column.addWidget(self._pages, 1)
        self._stack = WithEmptyState(content, _EMPTY)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        self._export = ExportMenu(self, "internals", self._session.message.emit)

    def _build_spreads(self) -> QWidget:
        self.picker = LayerPicker(self._session.document)
        self.picker.picked.connect(self._draw)
        self.map = HistogramMap("Histograms over steps")
        self._reading = QLabel()
        self._reading.setProperty("role", "small")
        bar = ColourBar()
        bar.show_scale(Scale(SEQUENTIAL_MAP, 0.0, 1.0), "of the fullest bin of its step")
        page, top, foot = QWidget(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.picker)
        top.addStretch(1)
        top.addWidget(self._reading)
        foot.addWidget(bar, 1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.map, 1)
        column.addLayout(foot)
        return page

    def _build_units(self) -> QWidget:
        self.table = UnitTable()
        self._told = Wrapped()
        page = QWidget()
        page.setProperty("panel", True)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._told)
        column.addWidget(self.table)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(page)
        return area

    # ---- taking

    @property
    def alarm(self) -> str:
        """What is alarming; "" if nothing is."""
        return self._alarm.text() if not self._alarm.isHidden() else ""

    def _take_model(self, info: ModelInfo) -> None:
        if self._info is not None and info.serial == self._info.serial:
            return
        self._info = info
        self.steps, self.units = [], []
        self._asked_probe = False
        self._step_seconds = self._probe_seconds = 0.0
        self._step_pace, self._probe_pace = LookPace(**_STEP_PACE), LookPace(**_PROBE_PACE)
        self._alarm.hide()
        self._offer_layers()
        self._stack.show_sentence(_EMPTY)

    def _take_data(self, dataset: Any) -> None:
        """Choose the probe: images of the test split, evenly spaced, read beside the window."""
        self._probe = None
        if dataset is None:
            return
        images = dataset.test_images if len(dataset.test_images) else dataset.train_images
        rows = np.unique(np.linspace(0, len(images) - 1, min(MOST_PROBES, len(images))).astype(np.int64))
        self._session.consider("probe of images", lambda: images[rows], self._take_probe)

    def _take_probe(self, pixels: Any) -> None:
        if not isinstance(pixels, Exception):
            self._probe = pixels

    def _look(self, info: ModelInfo) -> None:
        """Ask for what is due; nothing while nobody sees it, or before the first step."""
        if not self.isVisible() or info.steps == 0:
            return
        now, resting = time.monotonic(), self._session.state != "running"
        if resting or self._step_pace.due(now, self._step_seconds):
            self._looks.look()
        if not self._asked_probe and (resting or self._probe_pace.due(now, self._probe_seconds)):
            self._ask_probe(info)

    def _ask_probe(self, info: ModelInfo) -> None:
        probe = self._probe
        if probe is None or probe.shape[3] != info.network.input[2]:
            return

        def work(model: Any) -> Any:
            chosen = probe[: probe_size(model.network)]
            looked = timed(lambda: unit_facts(model, chosen))
            return looked.then(lambda found: (info.serial, info.steps, len(chosen), *found))

        self._asked_probe = True
        self._session.request("probe", work, self._take_units)

    def _take_step(self, found: Any) -> None:
        if isinstance(found, Exception):
            return
        facts, seconds = found
        self._step_seconds += seconds
        self.steps = _thinned([*(one for one in self.steps if one.step < facts.step), facts])
        self._stack.show_content()
        self._draw()

    def _take_units(self, found: Any) -> None:
        self._asked_probe = False
        if not isinstance(found, tuple) or self._info is None or found[0] != self._info.serial:
            return
        _, step, self._probes, facts, seconds = found
        self._probe_seconds += seconds if self.units else 0.0  # the first one prepares the plan
        self.units = _thinned([*(one for one in self.units if one[0] < step), (step, facts)])
        self._warn(facts)
        self._draw()

    def _warn(self, facts: Any) -> None:
        """Say in which layers most units are dead."""
        dead = [f"{name} ({facts.units[name][0]:,} of {facts.units[name][1]:,})" for name in facts.alarms()]
        self._alarm.setVisible(bool(dead))
        self._alarm.setText(
            f"Units that are zero for all {self._probes} probe images, and so cannot learn: {', '.join(dead)}. "
            "A lower learning rate, LeakyReLU or BatchNorm keeps them alive."
        )

    # ---- showing

    def _choose_part(self, key: str) -> None:
        self._pages.setCurrentIndex({"steps": 0, "units": 2}.get(key, 1))
        self._offer_layers()
        self._draw()

    def _offer_layers(self) -> None:
        if self._info is None or self.parts.key not in {"weights", "gradients", "activations"}:
            return
        names = (
            weighted(self._info.network)
            if self.parts.key != "activations"
            else [n.name for n in self._info.network.order()]
        )
        self.picker.set_layers([(name, name) for name in names], names[0] if names else "")

    def _draw(self, _cause: Any = None) -> None:
        key = self.parts.key
        if key == "steps" and self.steps:
            layers = self.steps[-1].ratios
            self.ratios.show_ratios(
                [one.step for one in self.steps], {n: [o.ratios[n] for o in self.steps] for n in layers}
            )
        elif key == "units" and self.units:
            self._draw_units()
        elif key in {"weights", "gradients"} and self.steps:
            self._draw_spreads([(one.step, getattr(one, key)) for one in self.steps])
        elif key == "activations" and self.units:
            self._draw_spreads([(step, one.activations) for step, one in self.units])

    def _draw_units(self) -> None:
        step, facts = self.units[-1]
        self.table.show_units(facts.units, facts.alarms())
        none = "The network has no ReLU, which alone can switch units off for good."
        some = f"Units that are zero for every one of {self._probes} probe images, at step {step:,}."
        self._told.setText(some if facts.units else none)

    def _draw_spreads(self, looks: Sequence[tuple[int, Any]]) -> None:
        name = self.picker.layer
        found = [(step, spreads[name]) for step, spreads in looks if name in spreads]
        if not found:
            return
        self.map.show_spreads([step for step, _ in found], [spread for _, spread in found])
        last = found[-1][1]
        bad = f", {last.bad:,} not finite" if last.bad else ""
        self._reading.setText(f"{plain(last.low)} to {plain(last.high)}, root mean square {plain(last.rms)}{bad}")

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if self._info is not None and self._session.model_info is not None:
            self._look(self._session.model_info)


def _thinned(looks: list[Any]) -> list[Any]:
    """Every second one but the last, where they are too many."""
    return looks if len(looks) <= _MOST_LOOKS else looks[-1::-2][::-1]

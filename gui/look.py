"""The Look room: methods that show why a network says what it says, and what they found."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from convscope.engine.spec import ConvscopeError

from .icons import icon
from .panels.look_form import LookForm
from .panels.result_card import ResultCard
from .views.patches import PatchesView
from .views.sketch import SketchView
from .ways import Make, Ways
from .widgets.empty import WithEmptyState
from .widgets.fitted_picture import qimage
from .widgets.method_list import MethodList
from .widgets.result_strip import ResultStrip
from .work.looking import Explanation, methods, picture_so_far
from .work.posts import Failed

_LIST_WIDTH, _FORM_WIDTH = 256, 312
_FIRST = "saliency"
_MOST_BESIDE = 4
_EMPTY = "Choose a method and press Run to look inside the network."
_LOADING = "Loading the methods…"
_PREPARING = "Preparing kernels; this is done once for each version of the program."
_THUMBNAIL = 56
_WAYS: dict[str, Make] = {"Strongest patches": PatchesView, "Draw": SketchView}


@dataclass(frozen=True)
class _Kept:
    title: str
    result: Any


class LookRoom(QWidget):
    """Methods and their fields at the left, results in the middle, and all results so far in a strip below."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._known: Any = None  # declarations by name, once they are loaded
        self._keys = itertools.count(1)
        self._kept: dict[int, _Kept] = {}
        self._working: Explanation | None = None
        self._forming: ResultCard | None = None
        self.cards: list[ResultCard] = []
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.list = MethodList()
        self.form = LookForm(session)
        self.strip = ResultStrip()
        self._build()
        self.list.picked.connect(self._choose)
        self.form.run.connect(self.run)
        self.form.cancel.connect(self.cancel)
        self.strip.chosen.connect(self._show_kept)
        self.strip.removal_wanted.connect(lambda: self.remove(self.strip.keys))

    def _build(self) -> None:
        side = QWidget()
        side.setFixedWidth(_LIST_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(8, 8, 4, 8)
        column.addWidget(self.list)
        self.form.setFixedWidth(_FORM_WIDTH)
        content = QWidget()
        self._row = QHBoxLayout(content)
        self._row.setContentsMargins(16, 12, 16, 12)
        self._row.setSpacing(16)
        self._stack = WithEmptyState(content, _EMPTY)
        self._below = QWidget()
        below = QVBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(_line(horizontal=True))
        below.addLayout(_caption())
        below.addWidget(self.strip)
        self._below.hide()
        centre = QVBoxLayout()
        centre.setSpacing(0)
        centre.addWidget(self._stack, 1)
        centre.addWidget(self._below)
        self._sides = QWidget()
        sides = QHBoxLayout(self._sides)
        sides.setContentsMargins(0, 0, 0, 0)
        sides.setSpacing(0)
        for part in (side, _line(), self.form, _line()):
            sides.addWidget(part)
        sides.addLayout(centre, 1)
        self._whole = WithEmptyState(self._sides, _LOADING)
        self._whole.setProperty("panel", True)
        self._whole.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.ways = Ways({"Methods": lambda session: self._whole, **_WAYS}, self._session)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.ways.bar)
        whole.addWidget(_line(horizontal=True))
        whole.addWidget(self.ways, 1)

    # ---- entering

    def enter(self) -> None:
        """Have the methods, which the first time are loaded, and give their list the keyboard."""
        if self._known is None:
            self._session.consider("methods", methods, self._take_methods)
        self.list.setFocus()

    def _take_methods(self, found: Any) -> None:
        if isinstance(found, Exception):
            self._whole.show_sentence(f"The methods could not be loaded ({found}).")
            return
        self._known = found
        self.list.set_methods(found, _FIRST)
        self._whole.show_content()
        self.list.setFocus()

    def _choose(self, name: str) -> None:
        self.form.show_method(self._known[name])

    # ---- running

    @property
    def running(self) -> bool:
        return self._working is not None

    def run(self) -> None:
        """Begin with what the form asks for; what is wrong with it is said there."""
        try:
            wish = self.form.wish()
        except ConvscopeError as error:
            self.form.explain(str(error))
            return
        self.cancel()
        self.form.explain("")
        self.form.show_busy(True, _PREPARING if self._session.kernels.busy else "Starting…")
        self._working = self._session.explain(wish, self._take)

    def cancel(self) -> None:
        """Stop after the step in hand."""
        if self._working is not None:
            self._working.cancel()
            self._end("Cancelled.")
            self._show_kept(self.strip.keys)

    def _take(self, found: Any) -> None:
        assert self._working is not None  # one that is cancelled tells nothing
        if isinstance(found, Exception):
            self._end("")
            self.form.explain(Failed(found).text)
            self._show_kept(self.strip.keys)
        elif found.result is not None:
            self._end("")
            self._keep(found.result)
        else:
            self.form.show_step(found.step, found.steps)
            self._show_forming(picture_so_far(self._working.wish, found))

    def _end(self, state: str) -> None:
        self._working, self._forming = None, None
        self.form.show_busy(False, state)

    # ---- results

    def remove(self, keys: list[int]) -> None:
        """Forget results."""
        for key in keys:
            del self._kept[key]
        self.strip.remove(keys)
        self._below.setVisible(bool(self._kept))
        self._show_kept(self.strip.keys)

    def _keep(self, result: Any) -> None:
        title = _titled(self._known[result.method].title, result.config)
        key = next(self._keys)
        self._kept[key] = _Kept(title, result)
        self._below.show()
        self.strip.add(key, title, _thumbnail(result))

    def _show_kept(self, keys: list[int]) -> None:
        """Show results beside each other; while one is forming it alone is seen."""
        if self._forming is not None:
            return
        self._clear()
        for key in keys[-_MOST_BESIDE:]:
            card = self._add_card(self._kept[key].title, self._kept[key].result)
            card.show_result(self._kept[key].result)
            card.removal_wanted.connect(partial(self.remove, [key]))
        if self.cards:
            self._stack.show_content()
        else:
            self._stack.show_sentence(_EMPTY)

    def _show_forming(self, result: Any) -> None:
        if result is None:
            return
        if self._forming is None:
            self._clear()
            self._forming = self._add_card(self._known[result.method].title, result)
            self._stack.show_content()
        self._forming.show_result(result, done=False)

    def _add_card(self, title: str, result: Any) -> ResultCard:
        from .results import VIEWS  # with it comes the engine, loaded by now  # noqa: PLC0415

        card = ResultCard(self._session, title, VIEWS[result.kind]())
        self.cards.append(card)
        self._row.addWidget(card, 1)
        return card

    def _clear(self) -> None:
        for card in self.cards:
            card.hide()
            card.setParent(None)
            card.deleteLater()
        self.cards.clear()


def _titled(title: str, config: Mapping[str, Any]) -> str:
    """The method's title with what it was asked about, to tell its results apart."""
    asked = {"class": config.get("target"), "": config.get("layer"), "unit": config.get("unit")}
    parts = [f"{what} {value}".strip() for what, value in asked.items() if value is not None]
    return " · ".join([title, *parts])


def _thumbnail(result: Any) -> QPixmap:
    if result.kind == "table":
        return icon("table", "muted").pixmap(_THUMBNAIL // 2, _THUMBNAIL // 2)
    picture = QPixmap.fromImage(qimage(result.overlay()))
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return picture.scaled(_THUMBNAIL, _THUMBNAIL, keep, smooth)


def _caption() -> QHBoxLayout:
    title, hint = QLabel("Results"), QLabel("Ctrl+click shows several side by side")
    title.setProperty("role", "title")
    hint.setProperty("role", "small")
    row = QHBoxLayout()
    row.setContentsMargins(16, 6, 16, 0)
    row.addWidget(title)
    row.addStretch(1)
    row.addWidget(hint)
    return row


def _line(horizontal: bool = False) -> QFrame:
    line = QFrame()
    line.setProperty("line", True)
    if horizontal:
        line.setFixedHeight(1)
    else:
        line.setFixedWidth(1)
    return line

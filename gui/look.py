"""The Look room: methods that show why a network says what it says, and what they found."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from convscope.engine.spec import ConvscopeError

from .icons import icon
from .panels.compare_bar import CompareBar
from .panels.look_form import LookForm
from .panels.result_card import ResultCard, class_name
from .views.patches import PatchesView
from .views.sketch import SketchView
from .ways import Make, Ways
from .widgets.empty import WithEmptyState
from .widgets.fitted_picture import qimage
from .widgets.method_list import MethodList
from .widgets.result_strip import ResultStrip
from .work.kernels import WAITING, KernelProgress
from .work.looking import KIND, Explanation, Wish, methods, picture_so_far
from .work.posts import Failed

_LIST_WIDTH, _FORM_WIDTH = 256, 312
_FIRST = "saliency"
_MOST_BESIDE = 4
_CHECK = "randomisation_check"
_EMPTY = "Choose a method and press Run to look inside the network."
_LOADING = "Loading the methods…"
_STARTING = "Starting…"
_THUMBNAIL = 56
_METHODS = "Methods"
_WAYS: dict[str, Make] = {"Strongest patches": PatchesView, "Draw": SketchView}


@dataclass(frozen=True)
class _Kept:
    """A result, what was asked for it, and the network that was looked into.

    Nothing (None) was asked for a result that was reckoned from others, or that is unfinished.
    """

    title: str
    result: Any
    wish: Wish | None = None
    network: Any = None
    classes: tuple[str, ...] = ()


class LookRoom(QWidget):
    """Methods and their fields at the left, results in the middle, and all results so far in a strip below."""

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._known: Any = None  # declarations by name, once they are loaded
        self._keys = itertools.count(1)
        self._kept: dict[int, _Kept] = {}
        self._working: Explanation | None = None
        self._beside: list[int] = []  # results to be shown with the one that is on its way
        self._network: Any = None  # what is looked into, and its classes
        self._classes: tuple[str, ...] = ()
        self._forming: ResultCard | None = None
        self.cards: list[ResultCard] = []
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.list = MethodList()
        self.form = LookForm(session)
        self.strip = ResultStrip()
        self.compare = CompareBar()
        self._build()
        self.list.picked.connect(self._choose)
        self.form.run.connect(self.run)
        self.form.cancel.connect(self.cancel)
        self.strip.chosen.connect(self._show_kept)
        self.strip.removal_wanted.connect(lambda: self.remove(self.strip.keys))
        self.compare.scale_changed.connect(self._show_scales)
        self.compare.difference_wanted.connect(self._subtract)
        session.kernels.progressed.connect(self._show_kernels)
        session.kernels.settled.connect(self._show_start)

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
        below.addWidget(self.compare)
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
        paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self._whole, self.form.paste)
        paste.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.ways = Ways({_METHODS: lambda session: self._whole, **_WAYS}, self._session)
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
        self.form.models.refresh()
        self.list.setFocus()

    def _take_methods(self, found: Any) -> None:
        if isinstance(found, Exception):
            self._whole.show_sentence(f"The methods could not be loaded ({found}).")
            return
        self._known = found
        self.list.set_methods(found, _FIRST)
        self._whole.show_content()
        self.list.setFocus()

    def read_picture(self, path: Path) -> None:
        """Look at a picture file, by a method that takes one."""
        self.ways.show_page(_METHODS)
        if self._known is not None and "image" not in self._known[self.list.method].asks:
            self.list.pick(_FIRST)
        self.form.read_picture(str(path))

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
        self._begin(wish, self.form.network, self.form.classes)

    def _begin(self, wish: Wish, network: Any, classes: tuple[str, ...], beside: Sequence[int] = ()) -> None:
        self.cancel()
        self.form.explain("")
        self.form.show_busy(True, WAITING if self._session.kernels.busy else _STARTING)
        self._network, self._classes, self._beside = network, classes, list(beside)
        self._working = self._session.explain(wish, self._take)

    def _show_kernels(self, progress: KernelProgress) -> None:
        """Say how many kernels are still to come before the method can begin."""
        if self.running and self._session.kernels.holds(KIND):
            self.form.show_left(progress.left, f"{progress.left:,} to go. {WAITING}")

    def _show_start(self) -> None:
        if self.running and self._session.kernels.holds(KIND):
            self.form.show_busy(True, _STARTING)

    def check(self, key: int) -> None:
        """Show what becomes of a result as layers lose what they learned, beside the result."""
        kept = self._kept[key]
        assert kept.wish is not None
        aim = {name: kept.result.config.get(name) for name in ("target", "layer", "unit")}
        unit = tuple(aim["unit"]) if isinstance(aim["unit"], list) else aim["unit"]
        method = self._known[_CHECK](method=str(kept.wish.method))
        wish = replace(kept.wish, method=method, **{**aim, "unit": unit})
        self._begin(wish, kept.network, kept.classes, [key])

    def cancel(self) -> None:
        """Stop after the step in hand; the picture that has formed by then is kept."""
        if self._working is None:
            return
        self._working.cancel()
        formed = None if self._forming is None else self._forming.result
        self._end("Cancelled.")
        if formed is None:
            self._show_kept(self.strip.keys)
        else:
            self._keep_unfinished(formed)

    def _keep_unfinished(self, formed: Any) -> None:
        config = formed.config
        title = _titled(self._known[formed.method].title, config, self._classes)
        told = replace(formed, caveat=f"Unfinished: cancelled after step {config['step']:,} of {config['steps']:,}.")
        self._keep(_Kept(f"{title} · unfinished", told, None, self._network, self._classes), self._beside)

    def _take(self, found: Any) -> None:
        assert self._working is not None  # one that is cancelled tells nothing
        if isinstance(found, Exception):
            self._end("")
            self.form.explain(Failed(found).text)
            self._show_kept(self.strip.keys)
        elif found.result is not None:
            wish = self._working.wish
            self._end("")
            title = _titled(self._known[found.result.method].title, found.result.config, self._classes)
            self._keep(_Kept(title, found.result, wish, self._network, self._classes), self._beside)
        else:
            self.form.show_step(found.step, found.steps)
            self._show_forming(picture_so_far(self._working.wish, found, getattr(self._network, "name", "network")))

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

    def _keep(self, kept: _Kept, beside: Sequence[int] = ()) -> None:
        key = next(self._keys)
        self._kept[key] = kept
        self._below.show()
        self.strip.add(key, kept.title, _thumbnail(kept.result))
        if others := [other for other in beside if other in self._kept]:
            self.strip.choose([*others, key])

    def _subtract(self) -> None:
        """Keep the difference of the two maps in view, in their own values if they are shown by one scale."""
        from convscope.engine.explain.difference import difference  # noqa: PLC0415

        keys = self.strip.keys
        one, other = (self._kept[key] for key in keys)
        found = difference(one.result, other.result, self.compare.same.isChecked())
        self._keep(_Kept(f"{one.title} minus {other.title}", found), keys)

    def _show_scales(self) -> None:
        """Colour maps by one range, or each by its own."""
        shown = [self._kept[key].result for key in self.strip.keys[-_MOST_BESIDE:]]
        limits = self.compare.limits(shown)
        for card in self.cards:
            if hasattr(card.view, "set_limits"):
                card.view.set_limits(limits)

    def _show_kept(self, keys: list[int]) -> None:
        """Show results beside each other; while one is forming it alone is seen."""
        if self._forming is not None:
            return
        self._clear()
        for key in keys[-_MOST_BESIDE:]:
            card = self._add_card(self._kept[key])
            card.show_result(self._kept[key].result)
            card.removal_wanted.connect(partial(self.remove, [key]))
            card.check_wanted.connect(partial(self.check, key))
        self.compare.show_results([self._kept[key].result for key in keys[-_MOST_BESIDE:]])
        self._show_scales()
        if self.cards:
            self._stack.show_content()
        else:
            self._stack.show_sentence(_EMPTY)

    def _show_forming(self, result: Any) -> None:
        if result is None:
            return
        if self._forming is None:
            self._clear()
            title = self._known[result.method].title
            self._forming = self._add_card(_Kept(title, result, classes=self._classes))
            self._stack.show_content()
        self._forming.show_result(result, done=False)

    def _add_card(self, kept: _Kept) -> ResultCard:
        from .results import view_of  # with it comes the engine, loaded by now  # noqa: PLC0415

        view = view_of(kept.result)()
        view.network = kept.network
        checkable = kept.wish is not None and self._checkable(kept.result)
        card = ResultCard(self._session, kept.title, view, kept.classes, checkable)
        self.cards.append(card)
        self._row.addWidget(card, 1)
        return card

    def _checkable(self, result: Any) -> bool:
        """Whether there is a randomisation check of this method's maps."""
        return result.method in self._known[_CHECK].params()["method"].choices

    def _clear(self) -> None:
        for card in self.cards:
            card.hide()
            card.setParent(None)
            card.deleteLater()
        self.cards.clear()


def _titled(title: str, config: Mapping[str, Any], classes: Sequence[str]) -> str:
    """The method's title with what it was asked about, to tell its results apart."""
    target = config.get("target")
    asked = {
        "class": None if target is None else class_name(target, classes),
        "": config.get("layer"),
        "unit": config.get("unit"),
    }
    parts = [f"{what} {value}".strip() for what, value in asked.items() if value is not None]
    return " · ".join([title, *parts])


def _thumbnail(result: Any) -> QPixmap:
    if result.kind == "table":
        return icon("table", "muted").pixmap(_THUMBNAIL // 2, _THUMBNAIL // 2)
    picture = QPixmap.fromImage(qimage(result.overlay()))
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return picture.scaled(_THUMBNAIL, _THUMBNAIL, keep, smooth)


def _line(horizontal: bool = False) -> QFrame:
    line = QFrame()
    line.setProperty("line", True)
    if horizontal:
        line.setFixedHeight(1)
    else:
        line.setFixedWidth(1)
    return line

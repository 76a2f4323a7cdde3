"""The runs that are kept: search, name, tag, remove, resume, replay, go back to a checkpoint, compare."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from convscope.engine.cost.units import format_bytes
from convscope.engine.train.events import Epoch

from ..accessible import named
from ..icons import set_icon
from ..settings import settings
from ..widgets.empty import WithEmptyState
from ..widgets.run_list import RunList, extent
from ..work.history import best_epoch
from ..work.kept import title_of
from ..work.posts import RunStarted
from ..work.shelf import Listing, Restorable
from .lengthen import LengthenDialog

if TYPE_CHECKING:
    from convscope.engine.runs import RunSummary
    from convscope.engine.runs.lengthening import Lengthening

_NONE = "Press Train: the run is kept and appears here."
_NOT_FOUND = "No run matches the search."
_SEARCH_MS = 200
_TRAIN_ON = "Make the run longer: more epochs from its end on"
_REPLAY = "Look at the filters and activations of the run from its beginning to its end"
_DECLINED = "runs/declined"  # the interrupted run that the user did not want to go on with
_CHECKPOINTS = {"last": "Last", "previous": "The one before", "best": "Best epoch"}


class RunsPanel(QWidget):
    """Lists the runs of `session.runs`. `resume_wanted(id)`, `lengthen_wanted(id, epochs in all)`, `replay_wanted(id)`
    and `restore_wanted(path)` are for the window.
    """

    title = "Runs"
    resume_wanted = Signal(str)
    lengthen_wanted = Signal(str, int)
    replay_wanted = Signal(str)
    restore_wanted = Signal(str)

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._shelf = session, session.runs
        self._offered: RunSummary | None = None
        self._asked = False
        self._running = ""  # the run of this session
        self._epochs: list[Epoch] = []  # its last epoch, and its best one
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_SEARCH_MS)
        self._later.timeout.connect(lambda: self._shelf.search(self._search.text()))
        self._build()
        self._connect()

    # ---- building

    def _build(self) -> None:
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Runs")
        self._search = named(QLineEdit(), "Search runs", "Words, or comparisons such as test_accuracy>0.98, tag=good")
        self._search.setPlaceholderText("Search: words, tag=good, seed=1")
        self._search.setClearButtonEnabled(True)
        self._fault = QLabel()
        self._fault.setProperty("role", "error")
        self._fault.setAccessibleName("What is wrong with the runs")
        self._fault.setWordWrap(True)
        self._fault.hide()
        self.list = RunList()
        self._stack = WithEmptyState(self.list, _NONE)
        head = QVBoxLayout()
        head.setContentsMargins(12, 8, 12, 8)
        head.setSpacing(8)
        head.addWidget(self._search)
        head.addWidget(self._fault)
        head.addWidget(self._build_offer())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        column.addLayout(self._build_buttons())
        self._show_choice()

    def _build_offer(self) -> QWidget:
        """What is said of a run that a crash has interrupted."""
        self._offer = QWidget()
        self._offer_text = QLabel()
        self._offer_text.setAccessibleName("An interrupted run")
        self._offer_text.setWordWrap(True)
        self._offer_yes, self._offer_no = QPushButton("Resume"), QPushButton("Not now")
        self._offer_yes.setProperty("primary", True)
        self._offer_yes.clicked.connect(self._accept_offer)
        self._offer_no.clicked.connect(self._decline_offer)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._offer_yes)
        row.addWidget(self._offer_no)
        row.addStretch(1)
        column = QVBoxLayout(self._offer)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._offer_text)
        column.addLayout(row)
        self._offer.hide()
        return self._offer

    def _build_buttons(self) -> QHBoxLayout:
        self.resume = QPushButton("Resume")
        self.resume.clicked.connect(self._resume)
        self._restore = QToolButton()
        self._restore.setText("Restore")
        self._restore.setAccessibleName("Restore a checkpoint")
        self._restore.setToolTip("Open the network with the weights of a checkpoint")
        self._restore.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._restore.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        set_icon(self._restore, "clock-counter-clockwise")
        self.replay = named(QToolButton(), "Replay", _REPLAY)
        self.replay.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.replay.clicked.connect(self._replay)
        set_icon(self.replay, "film-strip")
        self._points = QMenu(self._restore)
        self._restore.setMenu(self._points)
        self._more = named(QToolButton(), "More about the run", "Rename, tags, folder, delete")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_icon(self._more, "dots-three")
        self.menu = QMenu(self._more)
        self.rename_action = self.menu.addAction("Rename", "F2", self._rename)
        self.tags_action = self.menu.addAction("Tags…", self._ask_tags)
        self.folder_action = self.menu.addAction("Open folder", self._open_folder)
        self.menu.addSeparator()
        self.delete_action = self.menu.addAction("Delete…", "Del", self._ask_removal)
        for action in (self.rename_action, self.delete_action):  # the list itself takes their keys
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._more.setMenu(self.menu)
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        row.addWidget(self.resume)
        row.addWidget(self._restore)
        row.addWidget(self.replay)
        row.addStretch(1)
        row.addWidget(self._more)
        return row

    def _connect(self) -> None:
        session = self._session
        self._search.textChanged.connect(lambda _text: self._later.start())
        self.list.chosen.connect(self._choose)
        self.list.renamed.connect(lambda run, name: self._shelf.describe(run, name=name))
        self.list.removal_wanted.connect(self._ask_removal)
        self.list.doubleClicked.connect(lambda _index: self._resume())
        self.list.customContextMenuRequested.connect(self._open_menu)
        self._shelf.listed.connect(self._show)
        self._shelf.failed.connect(self._show_fault)
        session.run_started.connect(self._note_start)
        session.epoch_ended.connect(self._note_epoch)
        session.ended.connect(lambda _end: self._shelf.refresh())
        session.state_changed.connect(lambda _state: self._show_choice())

    def showEvent(self, event: Any) -> None:  # noqa: N802
        super().showEvent(event)
        if not self._asked:
            self._asked = True
            self._shelf.refresh()

    def _note_start(self, run: RunStarted) -> None:
        self._running = run.started.run or ""
        self._epochs = list(run.history.epochs) if run.history else []
        self._shelf.refresh()

    def _note_epoch(self, epoch: Epoch) -> None:
        best = best_epoch([*self._epochs, epoch])
        self._epochs = [epoch] if best is None else [best, epoch]
        self._show_progress()

    def _show_progress(self) -> None:
        """Show how far the run of this session is: further than when the list was read."""
        best = best_epoch(self._epochs)
        if best is not None:
            accuracy = best.train_accuracy if best.test_loss is None else best.test_accuracy
            self.list.note(self._running, self._epochs[-1].epoch, accuracy)

    # ---- what the shelf says

    def _show(self, listing: Listing) -> None:
        self._fault.setText("\n".join(listing.faults))
        self._fault.setVisible(bool(listing.faults))
        self.list.show_runs(listing.runs)
        self._show_progress()
        if listing.runs:
            self._stack.show_content()
        else:
            self._stack.show_sentence(_NOT_FOUND if listing.query else _NONE)
        if not listing.query:
            self._offer_interrupted(listing)
        self._show_choice()

    def _show_fault(self, text: str) -> None:
        self._fault.setText(text)
        self._fault.show()

    def _offer_interrupted(self, listing: Listing) -> None:
        """Offer to go on with the newest run, if a crash ended it and the user has not said no."""
        newest = listing.runs[0] if listing.runs else None
        lost = newest is not None and newest.status == "interrupted" and self._session.state == "idle"
        self._offered = newest if lost and settings().value(_DECLINED) != newest.id else None  # type: ignore[union-attr]
        if self._offered is not None:
            done = extent(self._offered)
            self._offer_text.setText(f"{title_of(self._offered)} was interrupted after {done}. Go on with it?")
        self._offer.setVisible(self._offered is not None)

    def _accept_offer(self) -> None:
        if self._offered is not None:
            self._offer.hide()
            self.resume_wanted.emit(self._offered.id)

    def _decline_offer(self) -> None:
        if self._offered is not None:
            settings().setValue(_DECLINED, self._offered.id)
            self._offer.hide()

    # ---- what the user does

    def _choose(self, runs: list[str]) -> None:
        self._shelf.compare(runs)
        if len(runs) == 1:
            self._shelf.restorable(runs[0], self._show_points)
        self._show_choice()

    def _show_choice(self) -> None:
        """Only what can be done with the runs that are chosen."""
        chosen, idle = self.list.selected, self._session.state == "idle"
        one = chosen[0] if len(chosen) == 1 else None
        still = one is not None and one.status != "running"
        complete = _is_complete(one)
        self.resume.setText("Train on…" if complete else "Resume")
        self.resume.setToolTip(_TRAIN_ON if complete else "Go on where the run was stopped or interrupted")
        self.resume.setEnabled(idle and still)
        self._restore.setEnabled(idle and one is not None)
        self.replay.setEnabled(still)
        self._more.setEnabled(bool(chosen))
        for action in (self.rename_action, self.tags_action, self.folder_action):
            action.setEnabled(one is not None)
        self.delete_action.setEnabled(bool(chosen) and all(run.status != "running" for run in chosen))

    def _show_points(self, found: Restorable) -> None:
        self._points.clear()
        for name, path in found.files.items():
            text = _CHECKPOINTS.get(name) or f"Step {int(name.removeprefix('step-')):,}"
            self._points.addAction(text, partial(self.restore_wanted.emit, path))
        self.replay.setToolTip(
            f"{_REPLAY}: {found.moments:,} moments, for which {format_bytes(found.film_bytes)} are kept"
        )
        if not found.files:
            self._points.addAction("No checkpoint yet").setEnabled(False)

    def _open_menu(self, place: QPoint) -> None:
        if self.list.indexAt(place).isValid():
            self.menu.popup(self.list.viewport().mapToGlobal(place))

    def _resume(self) -> None:
        if not self.resume.isEnabled():
            return
        run = self.list.selected[0]
        if _is_complete(run):
            self._shelf.lengthening(run.id, partial(self._ask_length, run))
        else:
            self.resume_wanted.emit(run.id)

    def _ask_length(self, run: RunSummary, found: Lengthening) -> None:
        dialog = LengthenDialog(title_of(run), found, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.wanted.connect(partial(self.lengthen_wanted.emit, run.id))
        dialog.open()

    def _replay(self) -> None:
        self.replay_wanted.emit(self.list.selected[0].id)

    def _rename(self) -> None:
        if self.list.selected:
            self.list.setFocus()
            self.list.edit(self.list.currentIndex())

    def _ask_tags(self) -> None:
        run = self.list.selected[0]
        dialog = QInputDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Tags")
        dialog.setLabelText(f"Tags of {title_of(run)}, with commas between them:")
        dialog.setTextValue(", ".join(run.tags))
        dialog.textValueSelected.connect(lambda text: self._shelf.describe(run.id, tags=_tags(text)))
        dialog.open()

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self.list.selected[0].path))

    def _ask_removal(self) -> None:
        runs = [run for run in self.list.selected if run.status != "running"]
        if not runs:
            return
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle("Convscope")
        what = title_of(runs[0]) if len(runs) == 1 else f"{len(runs)} runs"
        box.setText(f"<b>Delete {what}?</b>")
        box.setInformativeText("Curves, checkpoints and snapshots are removed from the disk.")
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        ids = [run.id for run in runs]
        delete.clicked.connect(lambda: self._shelf.remove(ids))
        box.open()


def _is_complete(run: RunSummary | None) -> bool:
    return run is not None and run.status == "completed"


def _tags(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))

"""The training panel: data, settings, the buttons of a run and how it goes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from convscope.engine.cost.recomputing import with_and_without
from convscope.engine.cost.units import format_bytes
from convscope.engine.data.sources import separated
from convscope.engine.graph import Network
from convscope.engine.train.events import Changed, Ended, Epoch
from convscope.engine.train.settings import suggested

from ..icons import set_icon
from ..widgets import figures
from ..widgets.data_picker import DataPicker
from ..widgets.declared_fields import labelled
from ..widgets.device_field import HELP, DeviceField
from ..widgets.learning_layers import LearningLayers
from ..widgets.recipe_form import RecipeForm
from ..widgets.run_figures import RunFigures
from ..work.checks import Fault
from ..work.kept import Kept
from ..work.posts import RunStarted
from ..work.progress import Progress
from ..work.recipe import Recipe

_NO_RUN, _GOES_ON = "No run is going on.", "A run is going on; stop it first."
_RUNS = "Pause the run first; then it goes on by single batches."
"""Why an action cannot be chosen."""


class TrainingPanel(QWidget):
    """Starts, pauses, steps and stops a run of `session`. Its actions can be put into menus as well."""

    title = "Training"

    def __init__(self, session: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._fault: Fault | None = None
        self._progress: Progress | None = None
        self._fits = 0  # the largest batch that fits into the memory, where one did not
        # Of what memory is shown: network, batch size, the optimiser's arrays.
        self._weighed: tuple[Network, int, int] | None = None
        self._make_actions()
        self._build()
        self._connect()
        self._plan()
        self._show_state(session.state)

    # ---- building

    def _make_actions(self) -> None:
        self.train_action = self._action("Train", "play", "F5", self._train)
        self.pause_action = self._action("Pause", "pause", "F6", self._pause_or_resume)
        self.step_action = self._action("Single step", "skip-forward", "F8", self._session.single_step)
        self.step_action.setData("Train one batch and pause (F8)")
        self.stop_action = self._action("Stop", "stop", "Shift+F5", self._session.stop)
        self.stop_action.setData("End the run; what was learned is kept (Shift+F5)")
        self.over_action = self._action("Start over", "arrow-counter-clockwise", "", self._session.start_over)
        self.over_action.setData("Start over: forget what was learned and begin with new weights")

    def _action(self, text: str, icon: str, shortcut: str, triggered: Any) -> QAction:
        action = QAction(text, self)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
            action.setData(f"{text} ({shortcut})")
        action.triggered.connect(lambda checked: triggered())
        set_icon(action, icon)
        self.addAction(action)
        return action

    def _build(self) -> None:
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Training")
        self._data, self._form, self._figures = DataPicker(), RecipeForm(), RunFigures()
        self._status = QLabel("Ready to train")
        self._status.setAccessibleName("Status")
        self._status.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setAccessibleName("Progress of the run")
        self._bar.setRange(0, 1000)
        inside = QWidget()
        inside.setProperty("panel", True)
        column = QVBoxLayout(inside)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(12)
        self._hint = QLabel("Network, data or seed are not those of the trained model. Train begins with new weights.")
        self._hint.setProperty("role", "small")
        self._hint.setWordWrap(True)
        for part in (self._data, self._form, LearningLayers(self._session.document)):
            column.addWidget(part)
        column.addLayout(labelled("Compute on", DeviceField(self._session.device), HELP))
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scroll, 1)
        whole.addWidget(self._build_foot())
        self.setMinimumWidth(264)

    def _build_foot(self) -> QWidget:
        """What is seen however far the settings are scrolled: the buttons, and how the run goes."""
        foot = QWidget()
        line = QFrame()
        line.setProperty("line", True)
        line.setFixedHeight(1)
        column = QVBoxLayout(foot)
        column.setContentsMargins(12, 0, 12, 8)
        column.setSpacing(8)
        self._figures.hide()
        for part in (
            line,
            self._build_buttons(),
            self._build_reason(),
            self._hint,
            self._build_status(),
            self._figures,
        ):
            column.addWidget(part)
        return foot

    def _build_buttons(self) -> QWidget:
        self._train_button = QPushButton("Train")
        self._train_button.setProperty("primary", True)
        self._train_button.setMinimumHeight(34)
        self._train_button.clicked.connect(self.train_action.trigger)
        self.setFocusProxy(self._train_button)
        set_icon(self._train_button, "play", "on_accent")
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._train_button, 1)
        for action in (self.pause_action, self.step_action, self.stop_action, self.over_action):
            button = QToolButton()
            button.setDefaultAction(action)
            action.changed.connect(partial(_name_after, button, action))
            _name_after(button, action)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setFixedSize(34, 34)
            row.addWidget(button)
        self._keyboard, self._state = False, "idle"
        self._buttons = QWidget()
        self._buttons.setLayout(row)
        return self._buttons

    def _build_reason(self) -> QWidget:
        self._reason = QLabel()
        self._reason.setProperty("role", "error")
        self._reason.setAccessibleName("Why training cannot start")
        self._reason.setWordWrap(True)
        self._fix = QPushButton()
        self._fix.clicked.connect(self._apply_fix)
        self._reasons = QWidget()
        column = QVBoxLayout(self._reasons)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._reason)
        column.addWidget(self._fix)
        return self._reasons

    def _build_status(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._smaller = QPushButton()
        self._smaller.clicked.connect(self._train_smaller)
        self._smaller.hide()
        for part in (self._status, self._smaller, self._bar):
            column.addWidget(part)
        return holder

    def _connect(self) -> None:
        session, document = self._session, self._session.document
        self._data.chosen.connect(self._plan)
        self._data.wanted.connect(session.load_data)
        self._form.edited.connect(self._plan)
        self._form.changed.connect(self._change)
        document.changed.connect(self._check)
        document.replaced.connect(self._check)
        self._following = False
        document.frozen.changed.connect(self._take_frozen)
        session.state_changed.connect(self._show_state)
        session.run_started.connect(self._show_start)
        session.progress.connect(self._show_progress)
        session.epoch_ended.connect(self._show_epoch)
        session.ended.connect(self._show_end)
        session.changed.connect(self._show_change)
        session.restored.connect(self._restore)
        session.phase.connect(self._show_phase)
        session.model_changed.connect(self._check)
        session.data_changed.connect(self._show_data)
        session.data_progress.connect(self._data.show_progress)
        session.data_failed.connect(self._data.show_fault)

    def choose_data(self, what: str) -> None:
        """Pick a data set by name, with the options behind it: `shapes:size=48,classes=8`."""
        name, options = separated(what)
        self._data.choose(name)
        self._data.set_options(options)

    def _show_change(self, event: Changed) -> None:
        """Show a setting as the run has it, whoever changed it."""
        if event.setting == "frozen":
            self._following = True  # the run, which may have gone on to the next stage: it is told nothing back
            self._session.document.frozen.set(event.value)
            self._following = False
        else:
            self._form.show_change(event.setting, event.value)

    def _restore(self, kept: Kept) -> None:
        """Show the data and the settings of a run that is about to go on."""
        with QSignalBlocker(self._data):
            self.choose_data(kept.recipe.data.what)
            if kept.recipe.data.folder:
                self._data.set_folder(kept.recipe.data.folder)
        self._form.show_recipe(kept.recipe)

    # ---- what the user does

    def _plan(self) -> None:
        """Take the fields over; what changes during a run is told to the run itself."""
        if self._session.state == "idle":
            self._session.plan(self._recipe())
            self._check()

    def _train(self) -> None:
        self._session.train(self._recipe())

    def _train_smaller(self) -> None:
        """Train with the batch that fits into the memory."""
        self._form.show_change("batch_size", self._fits)
        self._train()

    def _recipe(self) -> Recipe:
        frozen = self._session.document.frozen
        return replace(self._form.recipe(self._data.choice), freeze=frozen.names, thaw=frozen.every)

    def _take_frozen(self) -> None:
        self._plan()
        if not self._following:
            self._change("frozen", list(self._session.document.frozen.names))

    def _pause_or_resume(self) -> None:
        if self._session.state == "paused":
            self._session.resume()
        else:
            self._session.pause()

    def _change(self, setting: str, value: Any) -> None:
        if self._session.state != "idle":
            self._session.change(setting, value)

    def _apply_fix(self) -> None:
        fault = self._fault
        if fault is None or fault.fix is None:
            return
        self._session.document.edit(fault.fix_name, fault.fix)

    # ---- what the session says

    def _check(self, _cause: Any = None) -> None:
        """Say why training cannot start, or what Train will do."""
        found = self._session.faults()
        idle = self._session.state == "idle"
        self._fault = found[0] if found and idle else None
        more = f" And {len(found) - 1} more." if len(found) > 1 else ""
        self._reason.setText(f"{self._fault}{more}" if self._fault else "")
        self._fix.setText(self._fault.fix_name if self._fault else "")
        self._fix.setVisible(bool(self._fault and self._fault.fix))
        self._reasons.setVisible(self._fault is not None)
        why = self._reason.text() or _GOES_ON
        _allow(self.train_action, idle and not found, why)
        _allow(self.step_action, (idle and not found) or self._session.state == "paused", self._reason.text() or _RUNS)
        self._train_button.setEnabled(self.train_action.isEnabled())
        self._train_button.setToolTip(self.train_action.toolTip())
        self._offer(idle)
        self._weigh()
        if self._session.dataset is not None:
            self._data.show_data(self._session.dataset, self._session.document.network.input)

    def _weigh(self) -> None:
        """Have the memory worked out that training takes with either choice."""
        network, recipe = self._session.document.network, self._form.recipe(self._data.choice)
        wanted = (recipe.batch_size, len(recipe.optimizer.buffers))
        if self._weighed == (network, *wanted):
            return
        copy = network.copy()
        self._weighed = (copy, *wanted)
        if network.errors():
            self._form.show_memory("", "")
            return
        self._session.consider("memory", lambda: with_and_without(copy, *wanted), self._show_memory)

    def _show_memory(self, result: Any) -> None:
        if isinstance(result, Exception):
            self._form.show_memory("", "")
        else:
            self._form.show_memory(*(format_bytes(memory.total) for memory in result))

    def _offer(self, idle: bool) -> None:
        """Say whether Train goes on with what was learned or begins anew."""
        info, goes_on = self._session.model_info, self._session.continues()
        trained = info is not None and info.trained
        self._train_button.setText("Train on" if idle and goes_on else "Train")
        self._hint.setVisible(idle and trained and not goes_on and self._fault is None)
        _allow(self.over_action, idle and trained, "Nothing was learned yet." if idle else _GOES_ON)

    def _show_state(self, state: str) -> None:
        idle = state == "idle"
        self._smaller.hide()
        self._note_focus(state)
        self._form.set_running(not idle)
        self._data.setEnabled(idle)
        self.pause_action.setText("Resume" if state == "paused" else "Pause")
        self.pause_action.setData(f"{self.pause_action.text()} (F6)")
        _allow(self.pause_action, state in {"running", "paused"}, _NO_RUN)
        _allow(self.stop_action, state in {"preparing", "running", "paused"}, _NO_RUN)
        if state == "preparing":
            self._bar.setRange(0, 0)
        elif self._bar.maximum() == 0:
            self._bar.setRange(0, 1000)
        if state == "stopping":
            self._status.setText("Stopping…")
        self._show_place()
        self._check()
        if idle and self._keyboard:
            self._train_button.setFocus()

    def _note_focus(self, state: str) -> None:
        """Note whether a button has the keyboard: it comes back to them once the run is over."""
        focused = QApplication.focusWidget()
        here = focused is not None and self._buttons.isAncestorOf(focused)
        self._keyboard = here or (self._keyboard and state == "idle" and self._state == "stopping")
        self._state = state

    def _show_start(self, run: RunStarted) -> None:
        self._progress = None
        self._figures.clear()
        self._figures.show()
        self._bar.setValue(0)

    def _show_progress(self, progress: Progress) -> None:
        self._progress = progress
        self._figures.show_progress(progress)
        self._bar.setValue(round(1000 * progress.fraction))
        self._show_place()

    def _show_place(self) -> None:
        """Say where the run is."""
        at, state = self._progress, self._session.state
        if at is not None and state in {"running", "paused"}:
            place = f"epoch {at.epoch:,} of {at.epochs:,}, batch {at.batch:,} of {at.batches:,}"
            self._status.setText(f"Paused at {place}" if state == "paused" else place.capitalize())

    def _show_epoch(self, epoch: Epoch) -> None:
        self._figures.show_epoch(epoch)

    def _show_end(self, end: Ended) -> None:
        self._figures.show_end()
        self._set_status_role(end.reason == "error")
        if end.reason == "error":
            self._status.setText(end.message)
            self._offer_smaller(end.fits)
            return
        tested = "" if end.test_accuracy is None else f", test accuracy {figures.percent(end.test_accuracy)}"
        words = "Finished" if end.reason == "completed" else "Stopped"
        self._status.setText(f"{words} after {_extent(end)}{tested}")

    def _offer_smaller(self, fits: int | None) -> None:
        """Offer to train with the largest batch that fits, where the one asked for did not."""
        self._fits = fits or 0
        self._smaller.setText(f"Train with batch {self._fits:,}")
        self._smaller.setVisible(self._fits > 0)

    def _show_phase(self, text: str) -> None:
        self._set_status_role(error=False)
        self._status.setText(text)

    def _show_data(self, dataset: Any) -> None:
        if dataset is None:
            self._data.show_loading() if self._session.loading else self._data.show_absent()
        else:
            self._data.show_data(dataset, self._session.document.network.input)
            self._form.suggest(*suggested(len(dataset.train_images)))
            self._plan()

    def _set_status_role(self, error: bool) -> None:
        role = "error" if error else ""
        if self._status.property("role") != role:
            self._status.setProperty("role", role)
            self._status.style().polish(self._status)


def _allow(action: QAction, on: bool, why: str) -> None:
    """Let an action be chosen, and say what it does, which is its data, or `why` it cannot be chosen."""
    action.setEnabled(on)
    action.setToolTip(action.data() if on else why)


def _name_after(button: QToolButton, action: QAction) -> None:
    """Screen readers say what the button does now."""
    button.setAccessibleName(action.text())


def _extent(end: Ended) -> str:
    """How long a run was: in epochs if it did one, else in batches."""
    count, unit = (end.epoch, "epoch") if end.epoch else (end.step, "batch")
    plural = "" if count == 1 else "s" if unit == "epoch" else "es"
    return f"{count:,} {unit}{plural}"

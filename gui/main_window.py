"""The window: puts canvas, panels and actions together."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import (
    QMainWindow,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from convscope.engine.graph import Network

from .canvas.locks import Locks
from .canvas.view import GraphView
from .canvas_actions import CanvasActions
from .docks import Docks
from .edit_actions import EditActions
from .export_actions import ExportActions
from .file_actions import FileActions
from .message_bar import MessageBar
from .models.document import Document
from .models.unsaved import Lost, lost
from .panels.advice import AdvicePanel
from .panels.cost import Costs
from .panels.inspector import Inspector
from .panels.palette import Palette
from .panels.problems import Problems
from .panels.runs import RunsPanel
from .panels.training import TrainingPanel
from .recovery import RecoveryPrompt
from .run_actions import RunActions
from .settings import REOPEN, WELCOME, is_on, recent_files, state_folder
from .shell_actions import ShellActions
from .status import Status
from .stylesheet import pad_spin_boxes
from .view_actions import ViewActions
from .widgets.later import Later
from .work.memory import MemoryPlanner
from .work.session import Session
from .work.swap import Swap

if TYPE_CHECKING:
    from .learn import LearnRoom
    from .look import LookRoom

_TO_TRAIN, _TO_TRAIN_ON, _TO_LOOK_INTO = "lenet5", "digits", "resnet8_shapes"

_VIEWS = {
    "curves": "views.curves:CurvesView",
    "filters": "views.filters:FiltersView",
    "activations": "views.activations:ActivationsView",
    "comparison": "views.comparison:ComparisonView",
    "data": "views.data:DataView",
    "evaluation": "views.evaluation:EvaluationView",
    "internals": "views.internals:InternalsView",
}
"""What the Train room shows of a run, by the name of its dock, which is its title too."""
_ROOMS = {"learn": "learn:LearnRoom", "look": "look:LookRoom"}
"""Rooms that have the middle to themselves, likewise by their names."""


class MainWindow(QMainWindow):
    """One document, its canvas and panels, and the session that trains it. `seen` is sent after the first picture."""

    seen = Signal()

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.document = Document(network, self)
        self.session = Session(self.document, parent=self)
        self.session.hold()
        self._seen = False
        self.planner = MemoryPlanner(self.document, self.session, self)
        self.swap = Swap(self.document, state_folder() / "unsaved", self)
        self.view = GraphView(self.document)
        self.locks = Locks(self.view.graph)
        self.messages = MessageBar()
        self._pages = {name: self._later(name, kind) for name, kind in _ROOMS.items()}
        self._centre = QStackedWidget()
        for page in (self.view, *self._pages.values()):
            self._centre.addWidget(page)
        self._middle = _stacked(self.messages, self._centre)
        self.setCentralWidget(self._middle)
        self._create_panels()
        self.docks = Docks(self, self._panels)
        self.files = FileActions(self.document, self)
        self.run_actions = RunActions(self.runs, self.session, self.document, self.files, self)
        self.edit = EditActions(self.document, self.view)
        self.canvas = CanvasActions(self.view)
        self.views = ViewActions(self.view, self.docks)
        self.shell = ShellActions(self, self._topic, self.session.consider, self.session.device)
        self.exports = ExportActions(self.document, self.session, self)
        self._fill_menus()
        self.shell.take_up_shortcuts()
        self._fill_toolbar()
        self.status = Status(self.document)
        self.setStatusBar(self.status)
        self.status.control(self.training.pause_action, self.training.step_action, self.training.stop_action)
        self._connect()
        self.setAcceptDrops(True)
        self.docks.restore()
        self._show_title()
        self.view.setFocus()

    def _create_panels(self) -> None:
        self.palette_panel = Palette()
        self.inspector = Inspector(self.document)
        self.costs = Costs(self.document)
        self.problems = Problems(self.document, self.session.consider)
        self.advice = AdvicePanel(self.session)
        self.training = TrainingPanel(self.session)
        pad_spin_boxes(self.training)
        self.runs = RunsPanel(self.session)
        self._panels: dict[str, QWidget] = {
            "layers": self.palette_panel,
            "inspector": self.inspector,
            "costs": self.costs,
            "problems": self.problems,
            "advice": self.advice,
            "training": self.training,
            "runs": self.runs,
        }
        for name, kind in _VIEWS.items():
            self._panels[name] = self._later(name, kind)

    def _later(self, name: str, kind: str) -> Later:
        """A part that is made of the session when it is needed, its module being loaded only then."""
        module, _, class_ = kind.partition(":")
        return Later(name.capitalize(), lambda: getattr(import_module(f".{module}", __package__), class_)(self.session))

    def panel(self, name: str) -> QWidget:
        """The panel of this name, made if it is not there yet."""
        found = self._panels[name]
        return found.panel if isinstance(found, Later) else found

    @property
    def learn(self) -> LearnRoom:
        """The Learn room, made if it is not there yet."""
        return cast("LearnRoom", self._pages["learn"].panel)

    @property
    def look(self) -> LookRoom:
        """The Look room, made if it is not there yet."""
        return cast("LookRoom", self._pages["look"].panel)

    # ---- what comes after the first picture

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self._seen:
            self._seen = True
            QTimer.singleShot(0, self, self._go_on)

    def _go_on(self) -> None:
        """Begin what would have held up the first picture.

        Plots are loaded before other threads load what computes: both load one library (colorama) in different orders.
        """
        parts = [part for part in (*self._panels.values(), *self._pages.values()) if isinstance(part, Later)]
        parts[0].panel  # noqa: B018
        self.session.release()
        self.seen.emit()
        self._make(parts[1:])

    def _make(self, parts: list[Later]) -> None:
        """Make parts one after the other, between other events: views follow a run from its start."""
        if parts:
            parts[0].panel  # noqa: B018
            QTimer.singleShot(0, self, partial(self._make, parts[1:]))

    # ---- menus and toolbar

    def _fill_menus(self) -> None:
        files, edit, views = self.files, self.edit, self.views
        bar = self.menuBar()
        opening = (files.new, files.gallery, files.templates, files.examples, files.open, files.recent, files.reopen)
        leaving = (files.compare, self.canvas.save_picture, self.canvas.copy_picture, self.exports.menu)
        _fill(bar.addMenu("&File"), *opening, None, files.save, files.save_as, None, *leaving, None, files.quit)
        change = (edit.undo, edit.redo, self.canvas.history, None, *edit.on_selection())
        menu = bar.addMenu("&Edit")
        _fill(menu, *change, edit.select_all, None, edit.search, edit.rename, edit.freeze, edit.arrange)
        _fill(menu, None, *edit.on_blocks(), None)
        shown = self.canvas.on_view()
        entries = (entry.menuAction() if isinstance(entry, QMenu) else entry for entry in shown)
        self._canvas_actions = [*menu.actions(), *views.on_canvas(), *entries]
        menu.addAction(self.shell.preferences)
        look = (*views.panels(), None, views.appearance, views.reset)
        _fill(bar.addMenu("&View"), *views.rooms(), None, *views.on_canvas(), None, *shown, None, *look)
        run = self.training
        runs = (run.train_action, run.pause_action, run.step_action, run.stop_action, None, run.over_action)
        menu = bar.addMenu("&Run")
        menu.setToolTipsVisible(True)  # which say why an action cannot be chosen
        _fill(menu, *runs, self.run_actions.transfer)
        shell = self.shell
        _fill(bar.addMenu("&Help"), shell.reference, shell.find, None, shell.welcome, shell.keys, None, shell.about)

    def _fill_toolbar(self) -> None:
        bar = QToolBar("Toolbar")
        bar.setMovable(False)
        bar.setObjectName("toolbar")
        bar.setIconSize(QSize(18, 18))
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        files, edit, views = self.files, self.edit, self.views
        bar.addActions([files.new, files.open, files.save])
        for group in ((edit.undo, edit.redo), (edit.search, edit.arrange), (views.fit, views.zoom_out, views.zoom_in)):
            self._canvas_actions.append(bar.addSeparator())
            bar.addActions(list(group))
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(space)
        for action in views.rooms():
            button = QToolButton()
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setProperty("room", True)
            bar.addWidget(button)
        self.addToolBar(bar)

    def _open_context_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        edit = self.edit
        _fill(menu, edit.search, None, *edit.on_selection(), None, edit.rename, edit.freeze, self.views.fit)
        _fill(menu, None, *edit.on_blocks())
        menu.popup(place)

    # ---- connections

    def _connect(self) -> None:
        document, session, view = self.document, self.session, self.view
        self.files.message.connect(self.messages.tell)
        self.files.picture_wanted.connect(self._look_at)
        self.files.model_wanted.connect(lambda path: session.open_model(str(path)))
        self.files.model_leaves.connect(self._save_model)
        self.exports.message.connect(self.messages.tell)
        self.files.data_wanted.connect(self.training.choose_data)
        self.shell.begun.connect(self._begin)
        self.shell.wanted.connect(self.files.open_path)
        self.edit.message.connect(self.messages.tell)
        self.canvas.message.connect(self.messages.tell)
        self.swap.failed.connect(lambda text: self.messages.tell(text, True))
        self.edit.rename_wanted.connect(self.inspector.focus_name)
        self.palette_panel.chosen.connect(view.add)
        view.refused.connect(lambda text: self.messages.tell(text, True))
        self.costs.chosen.connect(self._go_to)
        self.problems.jump.connect(self._go_to)
        self.problems.refused.connect(lambda text: self.messages.tell(text, True))
        self.problems.counted.connect(self._show_problem_count)
        self._show_problem_count(self.problems.count)
        self.advice.chosen.connect(self._show_layers)
        self.advice.counted.connect(self._show_advice_count)
        view.inspect.connect(self._inspect)
        self.inspector.left.connect(view.setFocus)
        view.menu_wanted.connect(self._open_context_menu)
        view.zoomed.connect(self.status.show_zoom)
        document.path_changed.connect(self._show_title)
        document.changed.connect(self._show_title)
        document.replaced.connect(self._show_canvas)
        self.docks.room_left.connect(self._make_room)
        self.docks.room_changed.connect(self._show_room)
        session.message.connect(self.messages.tell)
        session.opened.connect(lambda network, path: self.files.opened(network, Path(path)))
        session.saved.connect(self._model_saved)
        session.progress.connect(self.status.show_progress)
        session.ended.connect(lambda event: self.status.end_progress())
        session.device_changed.connect(lambda name: self.status.show_device(session.device.title(name)))
        session.kernels.progressed.connect(self.status.show_kernels)
        session.kernels.rested.connect(self.status.end_kernels)

    def _make_room(self, room: str) -> None:
        """Leave the middle to the docks where one trains."""
        self._centre.setVisible(room != "train")
        grows = QSizePolicy.Policy.Maximum if room == "train" else QSizePolicy.Policy.Preferred
        self._middle.setSizePolicy(QSizePolicy.Policy.Preferred, grows)

    def _show_room(self, room: str) -> None:
        """Show the room's page or the canvas, and only what has something to act on."""
        page, canvas = self._pages.get(room), room == "build"
        self._centre.setCurrentWidget(page or self.view)
        for action in self._canvas_actions:
            action.setVisible(canvas)
        self.canvas.accompany(canvas)
        self.status.accompany(canvas)
        if page is not None:
            (self.look if room == "look" else self.learn).enter()
        elif canvas:
            self.view.fit_soon()
            self.view.setFocus()
        else:
            self.training.setFocus()

    def start(self) -> None:
        """What a start without a file shows: the last file, if that is wanted, and the welcome page."""
        recent = recent_files()
        if is_on(REOPEN) and recent:
            self.files.open_path(recent[0])
        elif is_on(WELCOME):
            self.shell.open_welcome()

    def _topic(self) -> str:
        """What help is wanted on: the method in view, or the type of the selected layer or block."""
        if self.docks.room == "look":
            return self.look.form.title.text()
        network, name = self.document.network, self.document.selected
        if name in network.groups:
            return network.groups[name].block
        return network[name].type_name() if name in network else ""

    def _begin(self, way: str) -> None:
        """Begin as chosen on the welcome page."""
        if way == "build" and self.files.may_discard():
            self.files.new_network()
        elif way == "train" and self.files.may_discard():
            self.files.new_from(_TO_TRAIN)
            self.training.choose_data(_TO_TRAIN_ON)
        elif way == "look":
            from convscope.engine.io import trained  # reads NumPy  # noqa: PLC0415

            self.files.open_path(trained.find(_TO_LOOK_INTO).path)
        self.docks.enter(way)

    def offer_recovery(self) -> RecoveryPrompt | None:
        """Ask what becomes of work that earlier windows could not save; None if there is none."""
        found = lost(state_folder() / "unsaved")
        if not found:
            return None
        prompt = RecoveryPrompt(found, self)
        prompt.chosen.connect(self._recover)
        prompt.open()
        return prompt

    def _recover(self, found: Lost) -> None:
        if self.files.recover(found):
            self.swap.replaces(found)

    def _look_at(self, path: Path) -> None:
        """Look at a picture of the user's own."""
        self.docks.enter("look")
        self.look.read_picture(path)

    def _show_canvas(self) -> None:
        """Another network was opened: what was said of a file before is over. Leave the lessons for it; one who looks
        inside goes on with it; who builds does so with the keyboard on the canvas."""
        self.messages.hide()
        if self.docks.room == "learn":
            self.docks.enter("build")
        elif self.docks.room == "build":
            self.view.setFocus()

    def _go_to(self, name: str) -> None:
        self.view.graph.select([name])
        self.view.reveal(name)

    def _show_layers(self, names: list[str]) -> None:
        """Select these layers and bring them to the middle of the canvas."""
        self.view.graph.select(names)
        self.view.centerOn(self.view.graph.extent(names).center())

    def _inspect(self) -> None:
        self.docks.docks["inspector"].show()
        self.docks.docks["inspector"].raise_()
        self.inspector.focus()

    def _save_model(self, path: Path) -> None:
        info = self.session.model_info
        if info is None or info.network != self.document.network:
            text = "The weights belong to another version of the network; train it first, or save it as a network."
            self.messages.tell(text, True)
        else:
            self.session.save_model(str(path))

    def _model_saved(self, path: str) -> None:
        info = self.session.model_info
        if info is not None and info.network == self.document.network:
            self.files.saved(Path(path))

    def _show_problem_count(self, count: int) -> None:
        self.docks.docks["problems"].setWindowTitle(f"Problems ({count})" if count else "Problems")

    def _show_advice_count(self, count: int) -> None:
        self.docks.docks["advice"].setWindowTitle(f"Advice ({count})" if count else "Advice")

    def _show_title(self) -> None:
        path = self.document.path
        file = f" ({path.name})" if path else ""
        self.setWindowTitle(f"{self.document.network.name}{file}[*] – Convscope")
        if self.isWindowModified() != self.document.modified:  # telling the desktop takes a while
            self.setWindowModified(self.document.modified)

    # ---- events of the window

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        path = next(Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile())
        self.files.open_path(path)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if not self.files.may_discard():
            event.ignore()
            return
        self.docks.remember()
        self.planner.close()
        self.session.close()
        self.swap.close()
        self.files.guard.release()
        event.accept()


def _fill(menu: QMenu, *entries: QAction | QMenu | None) -> None:
    """Put actions, submenus and separators (None) into a menu."""
    for entry in entries:
        if entry is None:
            menu.addSeparator()
        elif isinstance(entry, QMenu):
            menu.addMenu(entry)
        else:
            menu.addAction(entry)


def _stacked(*widgets: QWidget) -> QWidget:
    """Widgets above each other without gaps."""
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for widget in widgets:
        layout.addWidget(widget)
    return box

"""Trained weights and the network on the canvas: resumed runs, checkpoints, transfer to other classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from convscope.engine.graph import Network

from .actions import make_action
from .file_actions import FileActions
from .models.document import Document
from .panels.runs import RunsPanel
from .panels.transfer import TransferDialog, TransferWish
from .work.kept import Kept
from .work.posts import ModelInfo
from .work.replaying import Replayable


class RunActions(QObject):
    """Does what `panel` asks for, after the user has been asked about changes that would be lost."""

    def __init__(self, panel: RunsPanel, session: Any, document: Document, files: FileActions, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.transfer = make_action(self, "Start from Trained Weights…", self.ask_transfer)
        self._session, self._document, self._files = session, document, files
        panel.resume_wanted.connect(self._resume)
        panel.lengthen_wanted.connect(self._resume)
        panel.replay_wanted.connect(lambda run: session.runs.replayable(run, self._replay))
        panel.restore_wanted.connect(lambda path: files.open_path(Path(path)))
        self._every = 0  # the epochs of a stage, until the transferred network is there
        self._coming: Replayable | None = None  # the run to replay once its network is there
        session.model_changed.connect(self._replay_opened)
        session.restored.connect(self._show_network)
        session.transferred.connect(self._show_transferred)

    def _resume(self, run: str, epochs: int | None = None) -> None:
        self._session.resume_kept(run, epochs=epochs, may=self._may_show)

    def _may_show(self, kept: Kept) -> bool:
        """Whether a run's network may take the place of the one that is shown; if they are the same it does not."""
        return kept.network == self._document.network or self._files.may_discard()

    def _replay(self, run: Replayable) -> None:
        """Show a run's film; its network is opened first where it is another one."""
        info, session = self._session.model_info, self._session
        if info is not None and (info.network.input, info.network.nodes) == (run.network.input, run.network.nodes):
            session.film.replay(run)
        elif session.state != "idle":
            text = f"{run.title} is a run of another network; stop the training before it is replayed."
            session.message.emit(text, True)
        elif not run.file:
            session.message.emit(f"{run.title} has no checkpoint with which its network could be opened.", True)
        else:
            self._coming = run
            self._files.open_path(Path(run.file))

    def _replay_opened(self, info: ModelInfo) -> None:
        run, self._coming = self._coming, None
        if run is not None and info.path == run.file:
            self._session.film.replay(run)

    def _show_network(self, kept: Kept) -> None:
        """Show the network of the run that goes on; one that is the same keeps its place and its file."""
        if kept.network != self._document.network:
            self._document.load(kept.network.copy())
        self._document.frozen.set(kept.recipe.freeze)
        self._document.frozen.every = kept.recipe.thaw

    def _show_transferred(self, network: Network, frozen: tuple[str, ...]) -> None:
        """Show a network with a new head; it has no file yet."""
        self._document.load(network)
        self._document.frozen.set(frozen)
        self._document.frozen.every, self._every = self._every, 0

    def ask_transfer(self) -> TransferDialog | None:
        """Ask whose weights to start from; None where there are no data for whose classes a head could be made."""
        data, info = self._session.dataset, self._session.model_info
        if data is None or self._session.state != "idle":
            text = "Load the data and stop the training first; the new head is made for its classes."
            self._session.message.emit(text, True)
            return None
        trained = info.network if info is not None and info.trained else None
        dialog = TransferDialog(data.name, len(data.train_images), data.classes, trained, self._window)
        dialog.wanted.connect(self._transfer)
        dialog.open()
        return dialog

    def _transfer(self, wish: TransferWish) -> None:
        if self._files.may_discard():
            self._every = wish.every
            self._session.transfer(wish.path, wish.freeze, wish.cut)

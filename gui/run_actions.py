"""Kept runs and the network on the canvas: going on with a run, going back to a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from .file_actions import FileActions
from .models.document import Document
from .panels.runs import RunsPanel
from .work.kept import Kept


class RunActions(QObject):
    """Does what `panel` asks for, after the user has been asked about changes that would be lost."""

    def __init__(self, panel: RunsPanel, session: Any, document: Document, files: FileActions) -> None:
        super().__init__(panel)
        self._session, self._document, self._files = session, document, files
        panel.resume_wanted.connect(self._resume)
        panel.restore_wanted.connect(lambda path: files.open_path(Path(path)))
        session.restored.connect(self._show_network)

    def _resume(self, run: str) -> None:
        if self._files.may_discard():
            self._session.resume_kept(run)

    def _show_network(self, kept: Kept) -> None:
        """Show the network of the run that goes on; one that is the same keeps its place and its file."""
        if kept.network != self._document.network:
            self._document.load(kept.network.copy())

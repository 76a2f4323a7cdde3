"""What File ▸ Export does: the model for other programs, proven by running it there."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from convscope.engine.spec import ConvscopeError

from .actions import make_action
from .models.document import Document
from .work.session import Session

_FORMATS = {"onnx": ("&ONNX…", "ONNX (*.onnx)", ".onnx"), "pytorch": ("&PyTorch…", "PyTorch code (*.py)", ".py")}
_KIND = "export"


class ExportActions(QObject):
    """Emits `message` with a text and whether it is an error.

    The model is copied between two batches; the copy is written, and the file run, aside from window and training.
    """

    message = Signal(str, bool)

    def __init__(self, document: Document, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._session, self._window = document, session, window
        self.menu = QMenu("&Export", window)
        self.actions = {}
        for name, (text, _, _) in _FORMATS.items():
            self.actions[name] = make_action(self, text, partial(self.choose_and_export, name))
            self.menu.addAction(self.actions[name])

    def choose_and_export(self, name: str) -> None:
        """Ask for a file and write the model to it."""
        _, kind, suffix = _FORMATS[name]
        near = self._document.path
        start = (Path.home() if near is None else near.parent) / f"{self._document.network.name}{suffix}"
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Export", str(start), kind)
        if chosen:
            path = Path(chosen)
            self.export_to(path if path.suffix == suffix else path.with_name(path.name + suffix), name)

    def export_to(self, path: Path, name: str) -> None:
        """Write the model as it is after the batch in hand; what running the file found is told when it is there."""
        info = self._session.model_info
        if info is None or info.network != self._document.network:
            lack = "There are no weights yet" if info is None else "The weights are those of another network"
            self.message.emit(f"{lack}; train this one first.", True)
            return
        self.message.emit(f"Exporting {path.name} …", False)
        self._session.request(_KIND, partial(_still, name), partial(self._write, path, name))

    def _write(self, path: Path, name: str, still: Any) -> None:
        if still is None or isinstance(still, Exception):
            self._tell_end(still)
            return
        self._session.consider(_KIND, partial(_export, still, path, name), self._tell_end)

    def _tell_end(self, result: Any) -> None:
        if isinstance(result, ConvscopeError):
            self.message.emit(str(result), True)
        elif result is None or isinstance(result, Exception):
            reason = f" ({type(result).__name__}: {result})" if result else ""
            self.message.emit(f"The model could not be exported{reason}.", True)
        else:
            self.message.emit(f"Exported {' and '.join(file.name for file in result.files)}: {result}.", False)


def _still(name: str, model: Any) -> Any:
    """A copy of the model, with its answers where they can be compared."""
    from convscope.engine.io.export import FORMATS  # reads what the first picture does not need  # noqa: PLC0415
    from convscope.engine.io.still import still  # noqa: PLC0415

    return still(model, asked=not FORMATS[name].runtime.missing())


def _export(still: Any, path: Path, name: str) -> Any:
    from convscope.engine.io.export import export  # noqa: PLC0415

    return export(still, path, name)

"""New, open, save: what the File menu does."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from convscope.engine import zoo
from convscope.engine.graph import Network
from convscope.engine.spec import ConvscopeError, format_shape

from .actions import make_action
from .file_guard import FileGuard
from .models.document import Document
from .models.unsaved import Lost
from .settings import recent_files, remember_file
from .widgets.figures import percent
from .work.kept import is_checkpoint

if TYPE_CHECKING:
    from .comparison import NetworkComparison
    from .gallery import Gallery

NETWORK_SUFFIX = ".convscope.json"
MODEL_SUFFIX = ".safetensors"
ONNX_SUFFIX = ".onnx"
_OPEN_FILTER = f"Networks and models (*.json *{MODEL_SUFFIX} *{ONNX_SUFFIX});;All files (*)"
_NETWORK_FILTER = f"Network (*{NETWORK_SUFFIX})"
_MODEL_FILTER = f"Model with weights (*{MODEL_SUFFIX})"
_START_SHAPE = (28, 28, 1)
_Key = QKeySequence.StandardKey


class FileActions(QObject):
    """Emits `message` with a text and whether it is an error, `model_wanted` and `model_leaves` with a file's path,
    `data_wanted` with the data set, and its options, that an opened example goes with, `picture_wanted` with a picture.

    Networks are read and written here. Model files are large: whoever owns the model does that in the background.
    """

    message = Signal(str, bool)
    model_wanted = Signal(Path)
    model_leaves = Signal(Path)
    data_wanted = Signal(str)
    picture_wanted = Signal(Path)

    def __init__(self, document: Document, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._window = document, window
        self.guard = FileGuard(document, window)
        self.guard.shared.connect(lambda text: self.message.emit(text, True))
        self.new = make_action(self, "&New", self.new_network, _Key.New, "file")
        self.open = make_action(self, "&Open…", self.choose_and_open, _Key.Open, "folder-open")
        self.save = make_action(self, "&Save", self.save_file, _Key.Save, "floppy-disk")
        self.save_as = make_action(self, "Save &As…", self.save_file_as, "Ctrl+Shift+S")
        self.quit = make_action(self, "&Quit", window.close, "Ctrl+Q")
        self.reopen = make_action(self, "Reopen &Last", self.reopen_last, "Ctrl+Shift+T")
        self.recent = QMenu("Open &Recent", window)
        self.recent.aboutToShow.connect(self._fill_recent)
        self.examples = QMenu("Open &Example", window)
        self.examples.aboutToShow.connect(self._fill_examples)
        self.gallery = make_action(self, "&Gallery of Architectures…", self.open_gallery, "Ctrl+Shift+N")
        self.compare = make_action(self, "&Compare With…", self.open_comparison)
        self.templates = QMenu("New from &Architecture", window)
        for name, entry in zoo.ARCHITECTURES.items():
            text = f"{name}    {entry.year}, {format_shape(entry.input)}"
            self.templates.addAction(text, partial(self.new_from, name)).setToolTip(entry.source)
        self.templates.setToolTipsVisible(True)

    # ---- new and open

    def new_network(self) -> None:
        """Start with an empty network."""
        if self.may_discard():
            self._document.load(Network(_START_SHAPE, "network"))

    def new_from(self, architecture: str) -> None:
        """Start with an architecture of the zoo."""
        if self.may_discard():
            self._document.load(zoo.build(architecture))

    def open_gallery(self) -> Gallery:
        """Choose an architecture by its figures."""
        from .gallery import Gallery  # noqa: PLC0415

        gallery = Gallery(self._window)
        gallery.chosen.connect(self.new_from)
        gallery.open()
        return gallery

    def open_comparison(self) -> NetworkComparison:
        """Show the network beside another one."""
        from .comparison import NetworkComparison  # noqa: PLC0415

        comparison = NetworkComparison(self._document.network, self._window)
        comparison.show()
        return comparison

    def choose_and_open(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, "Open", self._folder(), _OPEN_FILTER)
        if path:
            self.open_path(Path(path))

    def open_path(self, path: Path) -> None:
        """Open a file. If it cannot be read, the network that is shown stays; it stays beside a picture, too."""
        if _is_picture(path):
            self.picture_wanted.emit(path)
            return
        if not self.may_discard():
            return
        if path.suffix in {MODEL_SUFFIX, ONNX_SUFFIX}:
            self.model_wanted.emit(path)
            return
        from convscope.engine.io import load_network  # reads NumPy, which the first picture does not need  # noqa: PLC0415

        try:
            network = load_network(path)
        except ConvscopeError as error:
            self.message.emit(str(error), True)
        else:
            self.opened(network, path)

    def opened(self, network: Network, path: Path) -> None:
        """Show a network that was read from a file. Those of a program, or of a run, are no place to save to."""
        from convscope.engine.io import trained  # noqa: PLC0415

        if trained.is_own(path):
            self._document.load(network)
            self.data_wanted.emit(trained.find(path.stem).data)
            return
        if path.suffix == ONNX_SUFFIX or is_checkpoint(path):
            self._document.load(network)
            remember_file(path)
            return
        self._document.load(network, path)
        self.guard.keep(path)
        remember_file(path)

    def reopen_last(self) -> None:
        """Open the file that was open last."""
        found = [path for path in recent_files() if path != self._document.path]
        if found:
            self.open_path(found[0])
        else:
            self.message.emit("No other file was opened yet; File ▸ Open chooses one.", False)

    def recover(self, lost: Lost) -> bool:
        """Show work that a crash kept from being saved; False if the user keeps what is shown."""
        if not self.may_discard():
            return False
        unsaved = lost.unsaved
        self._document.load(unsaved.network, unsaved.file, unsaved.edits)
        if unsaved.file is not None:
            self.guard.keep(unsaved.file)
        self.message.emit(f"{unsaved.network.name} is back. It is not saved yet.", False)
        return True

    def may_discard(self) -> bool:
        """Whether the network may be replaced: it is saved, or the user says so."""
        if not self._document.modified:
            return True
        answer = _ask_to_save(self._window, self._document.network.name)
        buttons = QMessageBox.StandardButton
        return answer == buttons.Discard or (answer == buttons.Save and self.save_file())

    # ---- save

    def save_file(self) -> bool:
        """Save where the network came from; ask for a place if it came from none. False if it is not saved yet."""
        path = self._document.path
        return self.save_file_as() if path is None else self.save_path(path)

    def save_file_as(self) -> bool:
        filters = f"{_NETWORK_FILTER};;{_MODEL_FILTER}"
        name = str(Path(self._folder()) / f"{self._document.network.name}{NETWORK_SUFFIX}")
        path, chosen = QFileDialog.getSaveFileName(self._window, "Save", name, filters)
        if not path:
            return False
        suffix = MODEL_SUFFIX if chosen == _MODEL_FILTER else NETWORK_SUFFIX
        return self.save_path(_with_suffix(Path(path), suffix))

    def save_path(self, path: Path) -> bool:
        """Write the network, or ask for the model to be written; False if it is not written now."""
        if not self.guard.may_overwrite(path):
            return False
        if path.suffix == MODEL_SUFFIX:
            self.model_leaves.emit(path)
            return False
        from convscope.engine.io import save_network  # noqa: PLC0415

        try:
            save_network(self._document.network, path)
        except ConvscopeError as error:
            self.message.emit(str(error), True)
            return False
        self.saved(path)
        return True

    def saved(self, path: Path) -> None:
        """Note that the network is in this file now."""
        self._document.saved_as(path)
        self.guard.keep(path)
        remember_file(path)
        self.message.emit(f"Saved {path.name}.", False)

    # ---- helpers

    def _folder(self) -> str:
        if self._document.path is not None:
            return str(self._document.path.parent)
        recent = recent_files()
        return str(recent[0].parent if recent else Path.home())

    def _fill_examples(self) -> None:
        """List the networks that come trained; not before the menu is opened, since files need NumPy."""
        from convscope.engine.io.trained import TRAINED  # noqa: PLC0415

        self.examples.clear()
        for one in TRAINED.values():
            text = f"{one.name}    {one.summary}"
            shown = self.examples.addAction(text, partial(self.open_path, one.path))
            shown.setToolTip(f"{percent(one.accuracy)} of the test images of {one.data} are right")
        self.examples.setToolTipsVisible(True)

    def _fill_recent(self) -> None:
        self.recent.clear()
        for path in recent_files():
            self.recent.addAction(path.name, partial(self.open_path, path)).setToolTip(str(path))
        if self.recent.isEmpty():
            self.recent.addAction("No recent files").setEnabled(False)
        self.recent.setToolTipsVisible(True)


def _is_picture(path: Path) -> bool:
    from convscope.engine.data.images import suffixes  # loads Pillow  # noqa: PLC0415

    return path.suffix.lower() in suffixes() and path.is_file()


def _with_suffix(path: Path, suffix: str) -> Path:
    known = path.name.endswith((".json", MODEL_SUFFIX))
    return path if known else path.with_name(path.name + suffix)


def _ask_to_save(window: QWidget, name: str) -> int:
    """The button that answers whether changes are saved."""
    box = QMessageBox(window)
    box.setWindowTitle("Convscope")
    box.setText(f"<b>Save the changes to {name}?</b>")
    box.setInformativeText("They are lost if you do not.")
    buttons = QMessageBox.StandardButton
    box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
    box.setDefaultButton(buttons.Save)
    answer = box.exec()
    box.deleteLater()
    return answer

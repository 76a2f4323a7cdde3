"""What the Edit menu does to the selected layers."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence

from convscope.engine.graph import INPUT
from convscope.engine.spec import ConvscopeError

from .actions import make_action, shortcuts
from .canvas.view import GraphView
from .icons import set_icon
from .models import clipboard, edits, folding
from .models.document import Document

_Key = QKeySequence.StandardKey
_PASTE_OFFSET = (24.0, 24.0)
_NOTHING = "Select layers first: click them, or go from one to the next with the arrow keys."
_NO_BLOCK = "No layer of a block is selected; Fold All Blocks finds blocks among layers."


class EditActions(QObject):
    """Undo, clipboard, deletion and layout. Their shortcuts work while the canvas has the keyboard."""

    message = Signal(str, bool)
    rename_wanted = Signal()

    def __init__(self, document: Document, view: GraphView) -> None:
        super().__init__(view)
        self._document, self._view = document, view
        stack = document.undo_stack
        self.undo, self.redo = stack.createUndoAction(self, "&Undo"), stack.createRedoAction(self, "&Redo")
        self.undo.setObjectName("undo")
        self.redo.setObjectName("redo")
        self.undo.setShortcuts(shortcuts(_Key.Undo))
        self.redo.setShortcuts(shortcuts("Ctrl+Shift+Z", "Ctrl+Y"))
        set_icon(self.undo, "arrow-counter-clockwise")
        set_icon(self.redo, "arrow-clockwise")
        self.cut = make_action(self, "Cu&t", self._cut, _Key.Cut, "scissors", view)
        self.copy = make_action(self, "&Copy", self._copy, _Key.Copy, "copy", view)
        self.paste = make_action(self, "&Paste", self._paste, _Key.Paste, "clipboard-text", view)
        self.duplicate = make_action(self, "&Duplicate", self._duplicate, "Ctrl+D", "copy-simple", view)
        self.delete = make_action(self, "De&lete", self._delete, _Key.Delete, "trash", view)
        self.delete.setShortcuts(shortcuts("Del", "Backspace"))
        self.select_all = make_action(self, "Select &All", self._select_all, _Key.SelectAll, scope=view)
        self.rename = make_action(self, "&Rename", self.rename_wanted.emit, "F2", scope=view)
        self.freeze = make_action(self, "Free&ze or Let Learn", self._freeze, "Ctrl+K", "lock-simple", view)
        self.search = make_action(self, "&Add Layer…", view.open_search, "Ctrl+Space", "plus")
        self.arrange = make_action(self, "A&rrange", self._arrange, "Ctrl+L", "tree-structure")

        self.fold = make_action(self, "&Fold Block", self._fold, "Ctrl+G", "stack", view)
        self.unfold = make_action(self, "&Unfold Block", self._unfold, "Ctrl+Shift+G", "list-bullets", view)
        self.ungroup = make_action(self, "Un&group Block", self._ungroup, scope=view)
        self.fold_all = make_action(self, "Fold All &Blocks", self._fold_all, "Ctrl+Alt+G")
        self.unfold_all = make_action(self, "Unfold All Bloc&ks", self._unfold_all, "Ctrl+Alt+Shift+G")

    def on_blocks(self) -> list[QAction]:
        """Actions on blocks."""
        return [self.fold, self.unfold, self.ungroup, self.fold_all, self.unfold_all]

    def on_selection(self) -> list[QAction]:
        """Actions on the selected layers."""
        return [self.cut, self.copy, self.paste, self.duplicate, self.delete]

    def _names(self) -> list[str]:
        return [name for name in self._view.graph.selected_names() if name != INPUT]

    def _wanted(self) -> list[str]:
        """The layers that are selected; that there are none is said."""
        names = self._names()
        if not names:
            self.message.emit(_NOTHING, False)
        return names

    def _copy(self) -> None:
        text = clipboard.copied(self._document.network, self._wanted())
        if text:
            data = QMimeData()
            data.setData(clipboard.MIME, text.encode())
            data.setText(text)
            QGuiApplication.clipboard().setMimeData(data)

    def _cut(self) -> None:
        self._copy()
        edits.remove(self._document, self._names(), "Cut")

    def _paste(self) -> None:
        try:
            names = clipboard.paste(self._document, QGuiApplication.clipboard().text(), _PASTE_OFFSET)
        except ConvscopeError:
            self.message.emit("The clipboard holds no layers; copy some from a Convscope canvas.", True)
        else:
            self._view.graph.select(names)

    def _duplicate(self) -> None:
        text = clipboard.copied(self._document.network, self._wanted())
        if text:
            names = clipboard.paste(self._document, text, _PASTE_OFFSET, "Duplicate")
            self._view.graph.select(names)

    def _delete(self) -> None:
        if links := [] if self._names() else self._view.graph.selected_links():
            edits.disconnect(self._document, links)
        elif names := self._wanted():
            edits.remove(self._document, names)

    def _freeze(self) -> None:
        """Freeze the layers that are selected, those of blocks too, or let them learn again."""
        frozen, names = self._document.frozen, self._wanted()
        members = {member for name in names for member in self._document.drawing.members(name)}
        if names and members.isdisjoint(frozen.freezable):
            self.message.emit(f"{' and '.join(names)} without weights: there is nothing to freeze.", False)
        frozen.switch(members)

    def _select_all(self) -> None:
        self._view.graph.select(list(self._document.drawing.nodes))

    def _arrange(self) -> None:
        edits.arrange_all(self._document)
        self._view.fit_soon()

    # ---- blocks

    def _blocks(self) -> list[str]:
        """The blocks that are selected, folded or by one of their layers."""
        network = self._document.network
        found = (
            (name if name in network.groups else group.name if (group := network.group_of(name)) else "")
            for name in self._names()
        )
        return [name for name in dict.fromkeys(found) if name]

    def _wanted_blocks(self) -> list[str]:
        """The blocks that are selected; that there are none is said."""
        names = self._blocks()
        if not names:
            self.message.emit(_NO_BLOCK, True)
        return names

    def _fold(self) -> None:
        try:
            folding.fold(self._document, self._wanted_blocks())
        except ConvscopeError as error:
            self.message.emit(str(error), True)

    def _unfold(self) -> None:
        folding.unfold(self._document, self._wanted_blocks())

    def _ungroup(self) -> None:
        folding.ungroup(self._document, self._wanted_blocks())

    def _fold_all(self) -> None:
        found = folding.fold_all(self._document)
        if found:
            self.message.emit(f"Found {found} block{'s' if found > 1 else ''} among the layers.", False)
        self._view.fit_soon()

    def _unfold_all(self) -> None:
        folding.unfold_all(self._document)
        self._view.fit_soon()

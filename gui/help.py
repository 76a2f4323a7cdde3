"""The Help menu's two windows."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QMessageBox, QVBoxLayout, QWidget

from convscope.engine import __version__

_SHORTCUTS = (
    ("Add a layer", "Tab, double-click, or Ctrl+Space"),
    ("Connect", "Drag from port to port; drop on empty space to choose a layer"),
    ("Connect by keyboard", "C, arrow keys, Enter; Delete disconnects, Tab adds a layer there"),
    ("Insert into a wire", "Drop a layer from the palette on the wire"),
    ("Move along the wires", "Arrow keys, with Shift to select more; Home and End"),
    ("Move layers", "Drag, or Ctrl and arrow keys"),
    ("Edit parameters", "Enter"),
    ("Rename", "F2"),
    ("Delete and reconnect", "Del"),
    ("Cut, copy, paste, duplicate", "Ctrl+X, C, V, D"),
    ("Undo, redo", "Ctrl+Z, Ctrl+Shift+Z; Ctrl+H lists all edits"),
    ("Pan", "Middle button, or Space and drag"),
    ("Zoom", "Wheel; F fits, Ctrl+0 is 100 %"),
    ("Arrange", "Ctrl+L"),
    ("Unfold or fold a block", "Double-click its card, or the title of its frame; Ctrl+Shift+G, Ctrl+G"),
    ("Fold or unfold all blocks", "Ctrl+Alt+G, Ctrl+Alt+Shift+G"),
    ("Build, train, look, learn", "Ctrl+1, Ctrl+2, Ctrl+3, Ctrl+4"),
)


def show_shortcuts(parent: QWidget) -> None:
    """Open the list of gestures and keys."""
    dialog = QDialog(parent)
    dialog.setWindowTitle("Keyboard and mouse")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    layout = QVBoxLayout(dialog)
    layout.setContentsMargins(24, 24, 24, 16)
    layout.setSpacing(16)
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(8)
    for row, (action, keys) in enumerate(_SHORTCUTS):
        name = QLabel(action)
        name.setProperty("role", "muted")
        grid.addWidget(name, row, 0)
        grid.addWidget(QLabel(keys), row, 1)
    layout.addLayout(grid)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    layout.addWidget(buttons)
    dialog.show()


def show_about(parent: QWidget) -> None:
    """Say what this is."""
    QMessageBox.about(
        parent,
        "About Convscope",
        f"<b>Convscope {__version__}</b><p>A desktop laboratory for convolutional networks: build, cost, train and "
        "look inside.</p><p>MIT licence. The typeface is Inter, the icons are Phosphor.</p>",
    )

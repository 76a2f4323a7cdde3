"""The desktop program."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QIcon, QPixmap
from PySide6.QtWidgets import QApplication

from convscope.engine import zoo

from .appearance import apply_appearance
from .collecting import Collecting
from .settings import stored_math, stored_threads
from .theme import theme

if TYPE_CHECKING:
    from .main_window import MainWindow

_FIRST_NETWORK = "lenet5"
_LOADED_MS = 10_000
"""By then the program is loaded; garbage collections leave it out from then on, which else take up to 200 ms."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the desktop until its window is closed; `argv` may name a file to open. Returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    app = create_application()
    Collecting(app)
    if count := stored_threads():
        os.environ.setdefault("CONVSCOPE_THREADS", str(count))  # for this program and those it starts
    if mode := stored_math():
        os.environ.setdefault("CONVSCOPE_CUDA_MATH", mode)
    from .main_window import MainWindow  # its parts are imported while the application already exists  # noqa: PLC0415

    window = MainWindow(zoo.build(_FIRST_NETWORK))
    window.seen.connect(partial(_begin, window, arguments))
    window.show()
    QTimer.singleShot(_LOADED_MS, gc.freeze)
    return app.exec()


def _begin(window: MainWindow, arguments: Sequence[str]) -> None:
    """What follows the window's first picture."""
    window.session.prepare_kernels()
    if arguments:
        window.files.open_path(Path(arguments[0]))
    if window.offer_recovery() is None and not arguments:
        window.start()


def create_application() -> QApplication:
    """The QApplication with name, icon, style and fonts."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication(["convscope"])
    app.setApplicationName("Convscope")
    app.setApplicationDisplayName("Convscope")
    app.setDesktopFileName("convscope")
    picture = QPixmap()
    picture.loadFromData(files("convscope.assets").joinpath("icons", "convscope.svg").read_bytes())
    app.setWindowIcon(QIcon(picture))
    theme.apply(app)
    apply_appearance()
    return app


if __name__ == "__main__":
    sys.exit(main())

"""Make the README's pictures from the real program: python .ci/screenshots.py [FOLDER]

Opens the window without a screen, selects a layer, trains LeNet-5 on digits by a click on Train, and grabs both rooms.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

SCALE = 1.5
SCREEN = {"name": "picture", "x": 0, "y": 0, "width": int(1600 * SCALE), "height": int(1000 * SCALE), "dpr": 1}
SCREENS = Path(tempfile.mkdtemp()) / "screens.json"
SCREENS.write_text(json.dumps({"screens": [SCREEN]}))
os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={SCREENS}"
os.environ["QT_SCALE_FACTOR"] = str(SCALE)

# Qt reads the environment above when it is loaded.
from PySide6.QtCore import QDeadlineTimer, QEventLoop, QSettings, Qt, QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QPushButton  # noqa: E402

from convscope.engine import zoo  # noqa: E402
from convscope.gui.app import create_application  # noqa: E402
from convscope.gui.main_window import MainWindow  # noqa: E402

FOLDER = Path(__file__).parent.parent / "assets" / "screenshots"
PATIENCE = 300_000  # milliseconds; kernels may have to be compiled


def wait(until: Callable[[], bool], milliseconds: int = PATIENCE) -> None:
    """Let the window live until something is so."""
    deadline = QDeadlineTimer(milliseconds)
    while not until() and not deadline.hasExpired():
        loop = QEventLoop()
        QTimer.singleShot(50, loop.quit)
        loop.exec()


def pause(milliseconds: int) -> None:
    wait(lambda: False, milliseconds)


def main(folder: Path) -> None:
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, tempfile.mkdtemp())
    app = create_application()
    window = MainWindow(zoo.build("lenet5"))
    window.resize(1280, 800)
    window.show()
    pause(1500)
    window.view.graph.select(["conv2"])
    pause(1000)
    folder.mkdir(parents=True, exist_ok=True)
    window.grab().save(str(folder / "build.png"))
    train_room(window)
    window.grab().save(str(folder / "train.png"))
    window.document.undo_stack.setClean()
    window.close()
    app.processEvents()


def train_room(window: MainWindow) -> None:
    window.view.graph.select([])
    window.views.train.trigger()
    pause(1500)
    button = next(b for b in window.training.findChildren(QPushButton) if "Train" in b.text())
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    wait(lambda: window.session.state == "running")
    epochs: list[object] = []
    window.session.epoch_ended.connect(epochs.append)
    wait(lambda: len(epochs) >= 12 or window.session.state == "idle")
    window.session.pause()
    pause(1500)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)

"""Make the README's pictures from the real program: python .ci/screenshots.py [FOLDER]

Opens the window without a screen, selects a layer, trains LeNet-5 on digits by a click on Train, asks two methods why
a trained network says what it says, steps through a lesson, and grabs each room.
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
for place in ("CONVSCOPE_STATE", "CONVSCOPE_RUNS"):
    os.environ[place] = tempfile.mkdtemp()

# Qt reads the environment above when it is loaded.
from PySide6.QtCore import QDeadlineTimer, QEventLoop, QSettings, Qt, QTimer  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QPushButton  # noqa: E402

from convscope.engine import explain, trained, zoo  # noqa: E402
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
    for show, name in ((train_room, "train"), (look_room, "look"), (learn_room, "learn")):
        show(window)
        window.grab().save(str(folder / f"{name}.png"))
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


def look_room(window: MainWindow) -> None:
    """A trained network, an image of its data, and two methods side by side."""
    window.session.stop()
    wait(lambda: window.session.state == "idle")
    window.files.open_path(trained.find("resnet8_shapes").path)
    window.views.look.trigger()
    room = window.look
    wait(lambda: window.session.dataset is not None and window.session.dataset.name == "shapes")
    wait(lambda: bool(room.list.method) and bool(room.form.aim.layers.layer))
    pause(1000)
    for method in ("grad_cam", "occlusion"):
        kept = len(room._kept)
        title = explain.METHODS[method].title
        room.list.setCurrentItem(room.list.findItems(title, Qt.MatchFlag.MatchExactly)[0])
        room.run()
        wait(lambda kept=kept: not room.running and len(room._kept) > kept)  # type: ignore[misc]
    room.strip.selectAll()
    pause(1000)


def learn_room(window: MainWindow) -> None:
    window.views.learn.trigger()
    window.learn.list.setCurrentRow(2)
    pause(1000)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)

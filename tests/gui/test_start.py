"""What a start of the desktop does before its first picture."""

import gc
import subprocess
import sys
import threading

_LARGE = ("numba", "scipy", "sklearn", "onnx", "torch", "pyqtgraph")
_IMPORT = f"import sys, convscope.gui.main_window; print(*[name for name in {_LARGE} if name in sys.modules])"

_ORDER = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from convscope.gui.app import create_application
app = create_application()
from convscope.gui.main_window import MainWindow
from convscope.engine import zoo

window = MainWindow(zoo.build("lenet5"))
window.seen.connect(lambda: (print("pyqtgraph" in sys.modules), app.quit()))
window.show()
print("pyqtgraph" in sys.modules, "numba" in sys.modules)
app.exec()
window.close()
"""


def test_the_window_waits_for_no_compiler_and_no_large_library():
    done = subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_plots_are_loaded_after_the_first_picture_and_before_other_threads_load_what_computes():
    done = subprocess.run([sys.executable, "-c", _ORDER], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", "False", "True"], done.stderr


def test_garbage_is_collected_on_the_thread_of_the_window_alone(qtbot):
    where = set()

    def note(phase, info):
        where.add(threading.current_thread())

    def allocate():
        for _ in range(20_000):
            circle = []
            circle.append(circle)

    gc.callbacks.append(note)
    try:
        thread = threading.Thread(target=allocate)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: bool(where))
    finally:
        gc.callbacks.remove(note)
    assert where == {threading.main_thread()}

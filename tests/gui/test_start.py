"""What a start of the desktop does before its first picture."""

import subprocess
import sys

_LARGE = ("numba", "scipy", "sklearn", "onnx", "torch")
_IMPORT = f"import sys, convscope.gui.main_window; print(*[name for name in {_LARGE} if name in sys.modules])"


def test_the_window_waits_for_no_compiler_and_no_large_library():
    done = subprocess.run([sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")

"""Running an exported file with the program it is for, in a process of its own, and comparing outputs."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .channels_first import channels_first, channels_last

if TYPE_CHECKING:
    from .still import Answers


class RunError(Exception):
    """The other program failed; the text is its last line."""


@dataclass(frozen=True)
class Runtime:
    """A program that runs files: its title, our module that calls it, and the packages that must be there.

    The module is run as `python -m MODULE FILE INPUT OUTPUT`, with NumPy files, channels first.
    """

    title: str
    module: str
    packages: tuple[str, ...]

    def missing(self) -> tuple[str, ...]:
        """The packages that are not installed."""
        return tuple(name for name in self.packages if importlib.util.find_spec(name) is None)


@dataclass(frozen=True)
class Difference:
    """The largest difference of any output value, also as a share of the largest output."""

    runtime: str
    absolute: float
    relative: float

    def __str__(self) -> str:
        return f"{self.runtime} agrees to {self.absolute:.1e}, {self.relative:.1e} of the largest output"


def difference(answers: Answers, runtime: Runtime, file: Path, pixels: bool) -> Difference:
    """Compare what the program makes of the images with ours; `pixels` says that the file takes those themselves.

    RunError if the program fails.
    """
    expected = answers.expected
    given = _run(runtime, file, channels_first(answers.pixels if pixels else answers.x))
    result = channels_last(given)
    if result.shape != expected.shape:
        raise RunError(f"its output has shape {given.shape}")
    largest = float(np.abs(expected).max())
    absolute = float(np.abs(result.astype(np.float64) - expected).max())
    return Difference(runtime.title, absolute, absolute / largest if largest else absolute)


def _run(runtime: Runtime, file: Path, x: NDArray[np.float32]) -> NDArray[np.float32]:
    with tempfile.TemporaryDirectory() as folder:
        given, result = Path(folder) / "input.npy", Path(folder) / "output.npy"
        np.save(given, x)
        command = [sys.executable, "-m", runtime.module, str(file), str(given), str(result)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            raise RunError((done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1][:300])
        output: NDArray[np.float32] = np.load(result, allow_pickle=False)
        return output

"""What a new process pays: the import, the first training step, and the most memory it ever held."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from ..spec import ConvscopeError
from .cases import NetworkCase, pixels
from .peers import Peer

OURS = f"{__package__}.ours"
_STEPS = 6  # enough for buffers of every kind to exist

_PROGRAM = """\
import sys, time
began = time.perf_counter()
import {package}
imported = time.perf_counter()
from {fresh} import report
report(began, imported, *sys.argv[1:])
"""


@dataclass(frozen=True)
class Fresh:
    """Figures of one training run in a new process, counted from the beginning of the import."""

    network: str
    batch: int
    side: str
    cold_cache: bool
    import_seconds: float
    first_step_seconds: float
    peak_bytes: int


def ours(case: NetworkCase, threads: int, cold: bool = False) -> Fresh:
    """Of our engine; `cold` gives it an empty kernel cache, so that everything is compiled."""
    if not cold:
        return _measured(case, "convscope", "convscope.engine", OURS, (threads,))
    with tempfile.TemporaryDirectory() as folder:
        return _measured(case, "convscope", "convscope.engine", OURS, (threads,), cache=folder)


def peer(case: NetworkCase, peer: Peer, arguments: Sequence[Any]) -> Fresh:
    """Of a peer; `arguments` are what its `training_step` wants beside the case and its data."""
    return _measured(case, peer.name, peer.packages[0], peer.module, arguments)


def _measured(
    case: NetworkCase, side: str, package: str, module: str, arguments: Sequence[Any], cache: str | None = None
) -> Fresh:
    program = _PROGRAM.format(package=package, fresh=__name__)
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    if cache:
        environment["CONVSCOPE_CACHE_DIR"] = cache
    command = [sys.executable, "-c", program, json.dumps([module, case.name, case.batch, *arguments])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise ConvscopeError(f"Training {case.name} with {side} in a new process failed: {reason}")
    return Fresh(case.name, case.batch, side, cache is not None, **json.loads(done.stdout.splitlines()[-1]))


def report(began: float, imported: float, given: str) -> None:
    """In the new process: train a few steps and print the figures."""
    module, name, batch, *arguments = json.loads(given)
    case = NetworkCase(name, batch)
    data = pixels(case)  # every side holds the same pictures
    step = importlib.import_module(module).training_step(case, data, *arguments)
    step()
    first = time.perf_counter()
    for _ in range(_STEPS - 1):
        step()
    figures = {
        "import_seconds": imported - began,
        "first_step_seconds": first - began,
        "peak_bytes": peak_bytes(),
    }
    print(json.dumps(figures))


def peak_bytes() -> int:
    """The most memory this process has held at once, its libraries included.

    On Linux `ru_maxrss` would do badly: a process inherits it from the one that started it.
    """
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource  # POSIX only  # noqa: PLC0415

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(used if sys.platform == "darwin" else used * 1024)

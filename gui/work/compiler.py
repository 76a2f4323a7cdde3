"""The process that compiles kernels for the window."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTemporaryDir, Signal

from convscope.engine.graph.network import Network

COMMAND = (sys.executable, "-P", "-m", "convscope.engine.cli", "warm-up", "--json", "--background")
_PATIENCE_MS = 2000


class Compiler(QObject):
    """Fills the kernel cache by `convscope warm-up` in a process of its own, which gives way to others.

    Signals: `told(event)` for each line the command writes, then `ended(reason)` once, "" if nothing went wrong. After
    `stop()` nothing is said any more. A process whose window has died ends when it has something to say.
    """

    told = Signal(dict)
    ended = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._folder = QTemporaryDir()

    def start(self, network: Network, others: Sequence[str], batch_size: int, optimizer: str) -> None:
        """Compile what a network takes and then what architectures take, in place of what is being compiled."""
        self.stop()
        path = Path(self._folder.path()) / "network.json"
        path.write_text(network.to_json(), encoding="utf-8")
        process = self._process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._end)
        process.errorOccurred.connect(self._fail)
        program, *arguments = COMMAND
        options = ["--batch-size", str(batch_size), "--optimizer", optimizer]
        process.start(program, [*arguments, *options, str(path), *others])

    def stop(self) -> None:
        """End the process, if there is one; what it has compiled is kept."""
        process = self._release()
        if process is None:
            return
        process.kill() if os.name == "nt" else process.terminate()
        if not process.waitForFinished(_PATIENCE_MS):
            process.kill()
            process.waitForFinished(_PATIENCE_MS)

    def _release(self) -> QProcess | None:
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.deleteLater()
        return process

    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            self.told.emit(json.loads(bytes(self._process.readLine().data())))

    def _end(self, status: int) -> None:
        self._read()
        process = self._release()
        if process is None:  # stopped by whoever was told the last
            return
        complaint = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        self.ended.emit("" if status == 0 else complaint.rpartition("\n")[2] or f"the process ended with {status}")

    def _fail(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            process = self._release()
            if process is not None:
                self.ended.emit(process.errorString())

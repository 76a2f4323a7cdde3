"""Processes that compile builds side by side: Numba compiles one kernel at a time in a process."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Self

from ..graph import Network
from ..spec import ConvscopeError

_COMMAND = (sys.executable, "-P", "-m", "convscope.engine.train.helpers")


class Helpers:
    """So many processes, each with the same list of builds: the needed ones of the networks and then their twins.

    A context; at its end the processes are ended, whatever they are at. They also end when this process does.
    """

    def __init__(self, networks: Sequence[Network], batch_size: int, optimizer: str, count: int) -> None:
        texts = [network.to_json() for network in networks]
        order = json.dumps({"networks": texts, "batch_size": batch_size, "optimizer": optimizer})
        self._free: queue.SimpleQueue[_Helper] = queue.SimpleQueue()
        self._all = [_Helper(order) for _ in range(count)]
        for helper in self._all:
            self._free.put(helper)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for helper in self._all:
            helper.end()

    def prepare(self, index: int) -> tuple[int, bool, float]:
        """Have a free process prepare the build of this index: the index, whether it had to be compiled, and seconds.

        Waits until it is done; to be called from several threads.
        """
        helper = self._free.get()
        try:
            return helper.prepare(index)
        finally:
            self._free.put(helper)


class _Helper:
    """One of the processes, from the side of the one that gives orders."""

    def __init__(self, order: str) -> None:
        self._process = subprocess.Popen(
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders: IO[str] = self._process.stdin
        self._answers: IO[str] = self._process.stdout
        self._say(order)

    def prepare(self, index: int) -> tuple[int, bool, float]:
        self._say(str(index))
        answer = self._answers.readline()
        if not answer:
            raise ConvscopeError("A process that compiles kernels has ended early; try again with --jobs 1.")
        compiled, seconds = json.loads(answer)
        return index, compiled, seconds

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._answers.close()
        with suppress(OSError):  # what it was told last did not reach it
            self._orders.close()

    def _say(self, line: str) -> None:
        with suppress(OSError):  # it has ended; the missing answer tells
            self._orders.write(line + "\n")
            self._orders.flush()


def _help() -> None:
    """Prepare builds as they are ordered by standard input, and end, in the middle of one if need be, with it."""
    from .warm_up import needed  # loads Numba  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other process's affair
    order = json.loads(sys.stdin.readline())
    orders: queue.SimpleQueue[int] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    networks = [Network.from_json(text) for text in order["networks"]]
    builds = list(needed(networks, order["batch_size"], order["optimizer"]))
    while True:
        index = orders.get()
        began = time.perf_counter()
        compiled = builds[index].prepare()
        print(json.dumps([compiled, time.perf_counter() - began]), flush=True)


def _listen(orders: queue.SimpleQueue[int]) -> None:
    for line in sys.stdin:
        orders.put(int(line))
    os._exit(0)


if __name__ == "__main__":
    _help()

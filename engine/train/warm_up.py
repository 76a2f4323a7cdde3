"""Compiling all kernels that training a network and looking into it take, before the first of them is wanted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..graph import Network
from ..kernels import cache
from ..runtime.warm_up import Build, Pass
from ..runtime.warm_up import builds as builds_of_passes
from ..spec import ConvscopeError, size
from . import cpu
from .events import Event
from .optimizer import OPTIMIZERS
from .step import EVALUATION_BATCH, scores, update_threads


@dataclass(frozen=True)
class Prepared(Event):
    """A kernel is in the cache now: number `done` of `total`. `left` more are to come before its network is ready.

    `network` is "" for builds that only other batch sizes take. `seconds` is what compiling or loading it took.
    """

    done: int
    total: int
    kernel: str
    parallel: bool
    cached: bool
    seconds: float
    network: str
    left: int


@dataclass(frozen=True)
class Ready(Event):
    """All kernels of a network are in the cache, for the batch size asked for."""

    network: str


@dataclass(frozen=True)
class Finished(Event):
    """All is done: kernels in the cache, how many of them were compiled just now, and the time it took."""

    kernels: int
    compiled: int
    seconds: float


def warm_up(networks: Sequence[Network], batch_size: int) -> Iterator[Prepared | Ready | Finished]:
    """Compile what training the networks in batches of this size takes, one after the other, and keep it in the cache.

    What other batch sizes take comes last. NetworkError lists the problems of a network that cannot run;
    ConvscopeError if the cache cannot be written.
    """
    if not cache.usable():
        folder = cache.root()
        raise ConvscopeError(f"Kernels cannot be kept: {folder} cannot be written; set CONVSCOPE_CACHE_DIR to another.")
    return _Work(networks, batch_size).events()


def lacking(network: Network, batch_size: int) -> int:
    """Load what training this network takes from the cache; how many builds are not there. Nothing is compiled.

    Where there is no cache nothing can be said to lack in it: 0.
    """
    return sum(not build.load() for build in builds(network, batch_size)) if cache.usable() else 0


def builds(network: Network, batch_size: int) -> list[Build]:
    """What training in batches of this size calls, then evaluation, then the pictures and gradients of one image."""
    network.check()
    node, keep = scores(network)
    passes = (
        Pass(batch_size, "training", keep, (node,)),
        Pass(EVALUATION_BATCH, "inference", keep),
        Pass(1, "inference"),
        Pass(1, "gradient", (), tuple(network.nodes)),
    )
    return list(dict.fromkeys((*builds_of_passes(network, passes), *_step_builds(network))))


def _step_builds(network: Network) -> Iterator[Build]:
    """The kernels of a training step that belong to no layer, with arguments such as Feed, Stepper and Tally give."""
    pixels, rows = np.empty((1, 1), np.uint8), np.empty(1, np.int64)
    flat, batch = np.empty(1, np.float32), np.empty((1, 1), np.float32)
    yield Build.called(cpu.gather_pixels, 1, (pixels, rows, flat, 1, batch))
    yield Build.called(cpu.gather_values, 1, (batch, rows, batch))
    yield Build.called(cpu.cross_entropy_gradient, 1, (batch, rows, rows, batch))
    yield Build.called(cpu.cross_entropy, 1, (batch, rows, rows, flat))
    threads = update_threads(sum(size(w.shape) for w in network.weights().values() if w.trainable))
    for name, kind in OPTIMIZERS.items():
        scalars = [np.float32(value) for value in kind().scalars(0.0)]
        arrays = [flat] * (3 + len(kind.buffers))
        yield Build.called(getattr(cpu, name), threads, (*arrays, *scalars, threads))


class _Work:
    """The builds to prepare, in order, and the account of it."""

    def __init__(self, networks: Sequence[Network], batch_size: int) -> None:
        self._networks = networks
        self._wanted: dict[Build, int] = {}  # and the place of the first network that needs it
        for place, network in enumerate(networks):
            for build in builds(network, batch_size):
                self._wanted.setdefault(build, place)
        twins = (build.twin() for build in self._wanted)
        self._twins = [twin for twin in twins if twin is not None and twin not in self._wanted]
        self._done = self._compiled = 0

    def events(self) -> Iterator[Prepared | Ready | Finished]:
        began = time.perf_counter()
        for place, network in enumerate(self._networks):
            own = [build for build, first in self._wanted.items() if first == place]
            for index, build in enumerate(own, start=1):
                yield self._prepare(build, network.name, len(own) - index)
            yield Ready(network.name)
        for twin in self._twins:
            yield self._prepare(twin, "", 0)
        yield Finished(self._done, self._compiled, time.perf_counter() - began)

    def _prepare(self, build: Build, network: str, left: int) -> Prepared:
        began = time.perf_counter()
        compiled = build.prepare()
        self._done += 1
        self._compiled += compiled
        total, seconds = len(self._wanted) + len(self._twins), time.perf_counter() - began
        return Prepared(self._done, total, build.name, build.parallel, not compiled, seconds, network, left)

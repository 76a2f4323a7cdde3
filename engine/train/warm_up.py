"""Compiling all kernels that training a network and looking into it take, before the first of them is wanted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

import numpy as np

from ..data.augment import augmenter
from ..data.augment import cpu as augmenting
from ..graph import Network
from ..kernels import cache
from ..runtime.warm_up import Build, Pass
from ..runtime.warm_up import builds as builds_of_passes
from ..spec import ConvscopeError, size
from . import cpu
from .events import Event
from .helpers import Helpers
from .loss import cpu as losses
from .optimizer import SGD, update
from .optimizer import optimizer as find_optimizer
from .optimizer.update_cpu import update_threads
from .step import EVALUATION_BATCH, scores

_WORTH_HELP = 4  # builds to compile; a process that helps takes a second to start


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


def warm_up(
    networks: Sequence[Network], batch_size: int, jobs: int = 1, optimizer: str = SGD.name
) -> Iterator[Prepared | Ready | Finished]:
    """Compile what training the networks in batches of this size takes, one network after the other, and keep it.

    What other batch sizes take comes last. With `jobs` above 1, so many processes compile side by side. NetworkError
    lists the problems of a network that cannot run; ConvscopeError if the cache cannot be written.
    """
    if not cache.usable():
        folder = cache.root()
        raise ConvscopeError(f"Kernels cannot be kept: {folder} cannot be written; set CONVSCOPE_CACHE_DIR to another.")
    return _Work(networks, batch_size, jobs, optimizer).events()


def lacking(network: Network, batch_size: int, optimizer: str = SGD.name) -> int:
    """Load what training this network takes from the cache; how many builds are not there. Nothing is compiled.

    Where there is no cache nothing can be said to lack in it: 0.
    """
    return sum(not build.load() for build in builds(network, batch_size, optimizer)) if cache.usable() else 0


def builds(network: Network, batch_size: int, optimizer: str = SGD.name) -> list[Build]:
    """What training by this optimiser in batches of this size calls, then evaluation, then pictures and gradients."""
    network.check()
    node, keep = scores(network)
    passes = (
        Pass(batch_size, "training", keep, keep or (node,)),
        Pass(EVALUATION_BATCH, "inference", keep),
        Pass(1, "inference"),
        Pass(1, "gradient", (), tuple(network.nodes)),
    )
    calls = (*builds_of_passes(network, passes), *_step_builds(), _update_build(network, optimizer))
    return list(dict.fromkeys(calls))


def _step_builds() -> Iterator[Build]:
    """The kernels of a training step that belong to no layer, with arguments such as Feed, Stepper and Tally give."""
    pixels, rows = np.empty((1, 1), np.uint8), np.empty(1, np.int64)
    flat, batch = np.empty(1, np.float32), np.empty((1, 1), np.float32)
    yield Build.called(cpu.gather_pixels, 1, (pixels, rows, flat, 1, batch))
    yield Build.called(cpu.gather_values, 1, (batch, rows, batch))
    yield Build.called(losses.cross_entropy_gradient, 1, (batch, rows, rows, 1.0, 0.0, batch))
    yield Build.called(losses.cross_entropy, 1, (batch, rows, rows, 0.0, flat))


def _update_build(network: Network, optimizer: str) -> Build:
    """The optimiser's kernel."""
    threads = update_threads(sum(size(w.shape) for w in network.weights().values() if w.trainable))
    kind = type(find_optimizer(optimizer))
    return Build.called(getattr(update.cpu, kind.kernel), threads, update.arguments(kind(), threads))


def _asked_for() -> Iterator[Build]:
    """What only clipping, mixing and augmentation take."""
    yield Build.called(update.cpu.sum_squares, 1, update.norm_arguments(1))
    yield Build.called(cpu.mix, 1, (np.empty((1, 1), np.float32), 1.0))
    for pixels in (np.uint8, np.float32):
        yield Build.called(augmenting.augment, 1, augmenter.example(pixels))


def needed(networks: Sequence[Network], batch_size: int, optimizer: str = SGD.name) -> dict[Build, int]:
    """What training the networks calls, each build with the place of the first network that calls it.

    Then, with the number of networks as their place, what clipping, mixing and augmentation take, and the twins of all.
    """
    places: dict[Build, int] = {}
    for place, network in enumerate(networks):
        for build in builds(network, batch_size, optimizer):
            places.setdefault(build, place)
    for build in _asked_for():
        places[build] = len(networks)
    for build in list(places):
        twin = build.twin()
        if twin is not None:
            places.setdefault(twin, len(networks))
    return places


class _Work:
    """The builds to prepare, in order, and the account of it."""

    def __init__(self, networks: Sequence[Network], batch_size: int, jobs: int, optimizer: str) -> None:
        self._networks, self._jobs = networks, jobs
        self._asked = (batch_size, optimizer)
        places = needed(networks, *self._asked)
        self._builds, self._places = list(places), list(places.values())
        self._left = Counter(self._places)

    def events(self) -> Iterator[Prepared | Ready | Finished]:
        began, compiled, ready = time.perf_counter(), 0, 0
        for done, (index, was_compiled, seconds) in enumerate(self._prepare(), start=1):
            self._left[self._places[index]] -= 1
            compiled += was_compiled
            yield self._told(index, done, was_compiled, seconds)
            while ready < len(self._networks) and not self._left[ready]:
                yield Ready(self._networks[ready].name)
                ready += 1
        yield Finished(len(self._builds), compiled, time.perf_counter() - began)

    def _told(self, index: int, done: int, compiled: bool, seconds: float) -> Prepared:
        build, place = self._builds[index], self._places[index]
        network, left = (self._networks[place].name, self._left[place]) if place < len(self._networks) else ("", 0)
        return Prepared(done, len(self._builds), build.name, build.parallel, not compiled, seconds, network, left)

    def _prepare(self) -> Iterator[tuple[int, bool, float]]:
        """Index, whether it was compiled, and seconds of each build, once it is there."""
        missing = []
        for index, build in enumerate(self._builds):
            began = time.perf_counter()
            if build.load():
                yield index, False, time.perf_counter() - began
            else:
                missing.append(index)
        # Builds for all threads take longest: begun first, they keep nobody waiting at the end.
        missing.sort(key=lambda index: (self._places[index], not self._builds[index].parallel))
        if self._jobs == 1 or len(missing) < _WORTH_HELP:
            for index in missing:
                began = time.perf_counter()
                yield index, self._builds[index].prepare(), time.perf_counter() - began
        else:
            yield from self._share(missing)

    def _share(self, missing: Sequence[int]) -> Iterator[tuple[int, bool, float]]:
        """As `_prepare`, by several processes."""
        count = min(self._jobs, len(missing))
        pool = ThreadPoolExecutor(count)
        with Helpers(self._networks, *self._asked, count) as helpers:
            try:
                for future in as_completed([pool.submit(helpers.prepare, index) for index in missing]):
                    yield future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

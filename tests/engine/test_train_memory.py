"""What training takes of memory is known before it is taken, and a batch that fits is found."""

from __future__ import annotations

import gc
from typing import Any
from weakref import ref

import numpy as np
import pytest

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.data import Dataset
from convscope.engine.runtime.cpu import CpuBackend
from convscope.engine.runtime.ledger import Ghost
from convscope.engine.train import fit
from convscope.engine.train.events import Ended, Started, Warned
from convscope.engine.train.feed import Feed
from convscope.engine.train.memory import Demand, TooLargeError, _all
from convscope.engine.train.settings import Settings


def network() -> Network:
    net = Network((6, 6, 1), "small")
    net.add(L.Conv2D(5, 3, padding=1), "conv1")
    net.add(L.BatchNorm(), "norm1")
    net.add(L.ReLU(), "relu1")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(3), "scores")
    return net


def data(images: int = 40) -> Dataset:
    pixels = np.random.default_rng(0).integers(0, 256, (images, 6, 6, 1), np.uint8)
    labels = np.arange(images) % 3
    return Dataset("small", pixels, labels, pixels[:8], labels[:8], ("a", "b", "c"))


def demand(model: Model, settings: Settings, tested: int) -> Demand:
    images = data()
    feed = Feed(images.train_images, images.train_labels, model.preprocessing, model.network.input, settings.augment)
    return Demand(model, settings, 40, tested, feed)


@pytest.fixture(name="taken")
def taken_fixture(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes of each array that is allocated from here on."""
    taken: list[int] = []
    for name in ("allocate", "zeros"):
        make = getattr(CpuBackend, name)

        def noted(self: Any, *given: Any, make: Any = make) -> Any:
            array = make(self, *given)
            taken.append(-(-array.nbytes // 64) * 64)
            return array

        monkeypatch.setattr(CpuBackend, name, noted)
    return taken


def memory_of(monkeypatch: pytest.MonkeyPatch, backend: Any, free: int) -> None:
    monkeypatch.setattr(backend, "available_bytes", lambda: free)


@pytest.mark.parametrize("recompute", [False, True])
def test_what_is_counted_is_what_a_run_takes(taken: list[int], recompute: bool) -> None:
    model = Model(network())
    model.recompute = recompute
    run = fit(model, data(), epochs=1, batch_size=10, optimizer="adam")
    assert [type(event).__name__ for event in run][-1] == "Ended"
    found = demand(model, Settings(1, 10, optimizer="adam"), 8).memory(10)
    assert _all(found) == sum(taken)


def test_counting_takes_nothing(taken: list[int]) -> None:
    model = Model(network())
    taken.clear()
    found = demand(model, Settings(1, 10), 0).memory(1 << 20)
    assert taken == []
    assert _all(found) > 1 << 31


def test_a_batch_that_does_not_fit_ends_the_run_with_the_one_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(network())
    held = model.nbytes + model.flat_weights.nbytes  # and the optimiser's momentum
    memory_of(monkeypatch, model.backend, _all(demand(model, Settings(1, 10), 8).memory(10)) - held)
    run = fit(model, data(), epochs=1, batch_size=40)
    [ended] = list(run)
    assert isinstance(ended, Ended)
    assert (ended.reason, ended.fits) == ("error", 10)
    assert isinstance(run.error, TooLargeError)
    for part in (
        "Training small with batch 40 takes",
        "weights",
        "optimiser",
        "activations",
        "and there are",
        "batch 10 fits.",
    ):
        assert part in ended.message
    memory_of(monkeypatch, model.backend, 100)
    [ended] = list(fit(model, data(), epochs=1, batch_size=40))
    assert (ended.fits, "not even batch 1 fits" in ended.message) == (0, True)


def test_a_batch_shrinks_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(network())
    free = _all(demand(model, Settings(1, 10), 8).memory(10)) - model.nbytes
    memory_of(monkeypatch, model.backend, free)
    run = fit(model, data(), epochs=1, batch_size=40, shrink_batch=True)
    assert run.settings.batch_size == 10
    monkeypatch.setattr(model.backend, "available_bytes", lambda: 1 << 40)  # of what it takes meanwhile nothing is seen
    started, warned, *rest = run
    assert isinstance(started, Started)
    assert isinstance(warned, Warned)
    assert "batch 10 is used, at the same learning rate." in warned.message
    assert rest[-1].reason == "completed"
    fitting = fit(model, data(), epochs=1, batch_size=8, shrink_batch=True)
    assert fitting.settings.batch_size == 8
    memory_of(monkeypatch, model.backend, 100)
    with pytest.raises(TooLargeError, match="not even batch 1 fits"):
        fit(model, data(), epochs=1, batch_size=8, shrink_batch=True)


def test_a_plan_that_is_dropped_gives_its_memory_back_at_once() -> None:
    model = Model(network())
    plan = ref(model.plan(4, "training"))
    gc.disable()
    try:
        model.drop_plans()
        assert plan() is None
    finally:
        gc.enable()


def test_plans_of_views_go_before_a_batch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(network())
    model.forward(np.zeros((4, 6, 6, 1), np.float32))
    viewed = model._plans.copy()
    monkeypatch.setattr(
        model.backend, "available_bytes", lambda: 100 if viewed.items() <= model._plans.items() else 1 << 30
    )
    run = fit(model, data(), epochs=1, batch_size=9)
    assert isinstance(next(run), Started)
    run.close()
    assert not viewed.items() <= model._plans.items()


def test_ghosts_are_cut_and_seen_as_arrays_are() -> None:
    real, ghost = np.zeros(24, np.uint8), Ghost((24,), np.uint8)
    for step in (
        lambda a: a[4:20],
        lambda a: a[4:20].view(np.float32),
        lambda a: a[:24].view("float64").reshape((3, 1)),
    ):
        one, other = step(real), step(ghost)
        assert (one.shape, one.nbytes, len(one), one.size) == (other.shape, other.nbytes, len(other), other.size)

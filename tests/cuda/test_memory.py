"""What training takes of a GPU's memory is known before it is taken."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest

from convscope.engine import Model
from convscope.engine.kernels.cuda_jit import SIMULATED
from convscope.engine.runtime import cuda as runtime
from convscope.engine.runtime.backend import NoMemoryError
from convscope.engine.train import fit
from convscope.engine.train.feed import Feed
from convscope.engine.train.memory import Demand, _all
from convscope.engine.train.settings import Settings

from .test_steps import dropping, heard, small_data

pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # a hash wraps around


def demand(model: Model, settings: Settings, tested: int) -> Demand:
    images = small_data()
    feed = Feed(images.train_images, images.train_labels, model.preprocessing, model.network.input, settings.augment)
    return Demand(model, settings, 8, tested, feed)


@pytest.mark.parametrize("augment", ["", "flip,contrast"])
def test_what_is_counted_is_what_a_run_takes(monkeypatch: pytest.MonkeyPatch, augment: str) -> None:
    taken: list[int] = []
    made = runtime.CudaBackend._made

    def noted(self: Any, nbytes: int, make: Any) -> Any:
        taken.append(-(-nbytes // 64) * 64)
        return made(self, nbytes, make)

    monkeypatch.setattr(runtime.CudaBackend, "table", lambda self, array: array)  # of loaded kernels, so to say
    monkeypatch.setattr(runtime.CudaBackend, "_made", noted)
    model = Model(dropping(), device="cuda")
    run = fit(model, small_data(), epochs=1, batch_size=2, optimizer="adam", augment=augment)
    heard(run, 1)
    run.close()
    assert _all(demand(model, Settings(1, 2, optimizer="adam", augment=augment), 0).memory(2)) == sum(taken)


def small_gpu(monkeypatch: pytest.MonkeyPatch, capacity: int) -> None:
    """From here on the GPU has so many bytes, less what is allocated."""
    taken = [0]
    made = runtime.CudaBackend._made

    def give_back(nbytes: int) -> None:
        taken[0] -= nbytes

    def allocate(self: Any, nbytes: int, make: Any) -> Any:
        nbytes = -(-nbytes // 64) * 64
        if nbytes > capacity - taken[0]:
            raise NoMemoryError("The GPU has no room.")
        array = made(self, nbytes, make)
        taken[0] += nbytes
        weakref.finalize(array._ary, give_back, nbytes)
        return array

    monkeypatch.setattr(runtime.CudaBackend, "_made", allocate)
    monkeypatch.setattr(runtime.CudaBackend, "available_bytes", lambda self: capacity - taken[0])


@pytest.mark.skipif(not SIMULATED, reason="a GPU's memory is as large as it is")
@pytest.mark.parametrize("shrinks", [False, True])
def test_a_batch_too_large_for_the_gpu_is_told_with_the_one_that_fits(
    monkeypatch: pytest.MonkeyPatch, shrinks: bool
) -> None:
    monkeypatch.setattr(runtime.CudaBackend, "table", lambda self, array: array)
    capacity = _all(demand(Model(dropping(), device="cuda"), Settings(1, 4), 0).memory(4)) + 256
    small_gpu(monkeypatch, capacity)
    model = Model(dropping(), device="cuda")
    run = fit(model, small_data(), epochs=1, batch_size=8, shrink_batch=shrinks)
    if not shrinks:
        *_, ended = run
        assert ended.reason == "error"
        assert 4 <= ended.fits < 8
        return
    fits = run.settings.batch_size
    assert 4 <= fits < 8
    _, warned, *_, batch = heard(run, 1)
    assert f"batch {fits} is used" in warned.message
    assert batch.batches == 2
    run.close()


def test_what_the_driver_has_no_room_for_is_the_same_error(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(dropping(), device="cuda")

    def full(*_: Any) -> Any:
        raise RuntimeError("[2] Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY")

    run = fit(model, small_data(), epochs=1, batch_size=8)
    monkeypatch.setattr(runtime.cuda, "device_array", full)
    [ended] = run
    assert ended.message.startswith("Training network with batch 8 takes")
    assert np.isfinite(model.weights["scores.weight"]).all()

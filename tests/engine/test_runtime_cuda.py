"""Why the device cuda cannot be used is said in one line, with what to do."""

from __future__ import annotations

import importlib.util
from types import SimpleNamespace
from typing import Any

import pytest

from convscope.engine import ConvscopeError, Model, zoo
from convscope.engine.kernels import cuda_jit
from convscope.engine.runtime import cuda
from convscope.engine.runtime.backend import NoMemoryError


def pretend(
    monkeypatch: pytest.MonkeyPatch,
    available: bool = True,
    version: tuple[int, int] = (13, 0),
    capability: Any = (9, 0),
) -> None:
    """A machine with numba-cuda installed and this driver and GPU."""
    device = SimpleNamespace(name=b"GPU", compute_capability=capability, MULTIPROCESSOR_COUNT=3)
    driver = SimpleNamespace(driver=SimpleNamespace(get_version=lambda: version))
    module = SimpleNamespace(
        is_available=lambda: available,
        cuda_error=lambda: "\nCUDA driver library cannot be found.\nMore of it.",
        cudadrv=SimpleNamespace(driver=driver),
        get_current_device=lambda: device,
    )
    monkeypatch.setattr(cuda, "SIMULATED", False)
    monkeypatch.setattr(cuda, "cuda", module)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    cuda.chip.cache_clear()


def refusal() -> str:
    with pytest.raises(ConvscopeError) as caught:
        cuda.chip()
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("The device cuda is not available: ")
    assert text.endswith("; or use device cpu.")
    return text


def test_without_the_compiler_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'convscope[cuda]'" in refusal()


def test_a_compiler_that_does_not_load_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    monkeypatch.setattr(cuda, "cuda", None)
    monkeypatch.setattr(cuda_jit, "PROBLEM", "OSError: no libnvvm")
    assert "does not load (OSError: no libnvvm)" in refusal()


def test_without_a_driver_its_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, available=False)
    assert "CUDA driver library cannot be found; install an NVIDIA driver of version 580" in refusal()


def test_an_old_driver_is_told_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, version=(12, 4))
    assert "offers CUDA 12.4 and 13.0 is needed; install a driver of version 580" in refusal()


def test_an_old_chip_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, capability=(6, 1))
    assert "GPU has compute capability 6.1 and 7.5 is needed" in refusal()


def test_a_driver_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)

    def fail() -> None:
        raise RuntimeError("CUDA_ERROR_UNKNOWN (999)")

    monkeypatch.setattr(cuda.cuda, "get_current_device", fail)
    assert "cannot be used (CUDA_ERROR_UNKNOWN (999))" in refusal()


def test_a_gpu_that_will_do_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    assert cuda.chip() == cuda.Chip("GPU", (9, 0), 3, 4096)
    cuda.chip.cache_clear()


def test_a_model_is_refused_in_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, available=False)
    with pytest.raises(ConvscopeError, match="The device cuda is not available"):
        Model(zoo.build("lenet5"), device="cuda")
    cuda.chip.cache_clear()


def test_a_batch_too_large_for_the_memory_names_the_largest_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(zoo.build("lenet5"))
    plan = model.plan(10, "inference")
    monkeypatch.setattr(model._backend, "available_bytes", lambda: plan.nbytes + plan.workspace_bytes)
    with pytest.raises(NoMemoryError, match=r"batch 64 \(inference\) need .* are free; batch 10 fits\.$"):
        model.plan(64, "inference")
    monkeypatch.setattr(model._backend, "available_bytes", lambda: 100)
    with pytest.raises(NoMemoryError, match="not even batch 1 fits"):
        model.plan(64, "inference")


@pytest.mark.parametrize(
    ("code", "reason"),
    [("DEVICE_UNAVAILABLE", "another program uses the GPU alone"), ("OUT_OF_MEMORY", "other programs have all")],
)
def test_a_gpu_that_other_programs_have_is_told(monkeypatch: pytest.MonkeyPatch, code: str, reason: str) -> None:
    pretend(monkeypatch)

    def fail() -> None:
        raise RuntimeError(f"[46] Call to cuDevicePrimaryCtxRetain results in CUDA_ERROR_{code}")

    monkeypatch.setattr(cuda.cuda, "get_current_device", fail)
    assert reason in refusal()

"""What the driver is asked when a step is captured as a graph, and what its errors become."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from convscope.engine.runtime import cuda_errors, cuda_graph
from convscope.engine.runtime.cuda_graph import Graphs, StreamCapture


class Driver:
    """Stands for the CUDA driver: notes what it is asked; the calls named in `failing` raise."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failing: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        def call(*args: object) -> str:
            self.asked.append(" ".join([name, *map(str, args)]))
            if name in self.failing:
                raise RuntimeError(f"CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED: {name}")
            return {"cuStreamEndCapture": "noted", "cuGraphInstantiate": "graph"}.get(name, "")

        return call


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    found = Driver()

    @contextmanager
    def deferring() -> Iterator[None]:
        found.asked.append("defer")
        yield
        found.asked.append("free")

    context = SimpleNamespace(defer_cleanup=deferring)
    module = SimpleNamespace(
        cudadrv=SimpleNamespace(driver=SimpleNamespace(driver=found)), current_context=lambda: context
    )
    monkeypatch.setattr(cuda_graph, "cuda", module)
    bindings = ModuleType("cuda.bindings")
    mode = SimpleNamespace(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL="thread-local")
    bindings.driver = SimpleNamespace(CUstreamCaptureMode=mode)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cuda", ModuleType("cuda"))
    monkeypatch.setitem(sys.modules, "cuda.bindings", bindings)
    return found


def graphs() -> Graphs:
    return Graphs(StreamCapture(SimpleNamespace(handle="stream")))


def test_a_step_is_captured_once_between_begin_and_end_and_launched_from_then_on(driver: Driver) -> None:
    found = graphs()
    for _ in range(3):
        found.run("key", lambda: driver.asked.append("work"))
    assert driver.asked == [
        "work",
        "defer",
        "cuStreamBeginCapture stream thread-local",
        "work",
        "cuStreamEndCapture stream",
        "free",
        "cuGraphInstantiate noted 0",
        "cuGraphDestroy noted",
        "cuGraphLaunch graph stream",
        "cuGraphLaunch graph stream",
    ]
    assert found.notice() == ""
    del found
    assert driver.asked[-1] == "cuGraphExecDestroy graph"


@pytest.mark.parametrize("failing", ["cuStreamBeginCapture", "cuStreamEndCapture", "cuGraphInstantiate"])
def test_where_the_driver_makes_no_graph_the_work_is_done_plainly(driver: Driver, failing: str) -> None:
    found = graphs()
    driver.failing.add(failing)
    done: list[int] = []
    for number in range(4):
        found.run("key", lambda number=number: done.append(number))  # type: ignore[misc]
    tried = failing != "cuStreamBeginCapture"  # then the work was noted once, and done afterwards
    assert done == [0, 1, *([1] if tried else []), 2, 3]
    assert driver.asked.count("defer") == driver.asked.count("free") == 1
    assert found.notice() == (
        "Steps are launched kernel by kernel, which takes longer: "
        "no graph was made (CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED)."
    )
    assert found.notice() == ""


def test_a_lost_gpu_is_no_reason_to_go_on_plainly(driver: Driver) -> None:
    found = graphs()
    found.run("key", lambda: None)

    def lost() -> None:
        raise RuntimeError("[719] Call to cuLaunchKernel results in CUDA_ERROR_LAUNCH_FAILED")

    with pytest.raises(RuntimeError, match="LAUNCH_FAILED"):
        found.run("key", lost)
    assert driver.asked[-1] == "free"


def test_graphs_can_be_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_graph, "SIMULATED", False)
    monkeypatch.delenv("CONVSCOPE_CUDA_GRAPH", raising=False)
    assert cuda_graph.wanted()
    monkeypatch.setenv("CONVSCOPE_CUDA_GRAPH", "0")
    assert not cuda_graph.wanted()


class DriverError(Exception):
    """As numba-cuda's: the driver's code, and a text."""

    def __init__(self, name: str) -> None:
        super().__init__(f"[2] Call to cuMemAlloc results in {name}")
        self.code = SimpleNamespace(name=name)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (DriverError("CUDA_ERROR_OUT_OF_MEMORY"), "CUDA_ERROR_OUT_OF_MEMORY"),
        (RuntimeError("CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access"), "CUDA_ERROR_ILLEGAL_ADDRESS"),
        (RuntimeError("[CUresult.X] Call to cuGraphLaunch results in CUDA_ERROR_ECC_UNCORRECTABLE"),
         "CUDA_ERROR_ECC_UNCORRECTABLE"),
        (ValueError("incompatible shape"), ""),
    ],
)  # fmt: skip
def test_the_drivers_errors_are_known_by_their_names(error: Exception, name: str) -> None:
    assert cuda_errors.name_of(error) == name
    assert cuda_errors.is_out_of_memory(error) == ("MEMORY" in name)
    assert cuda_errors.is_lost(error) == ("ILLEGAL" in name or "ECC" in name)
    assert cuda_errors.is_lost(cuda_errors.lost(error))

"""What a network would launch on a GPU, found without one, so that its kernels can be compiled and looked at."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numba

from ..graph import Network
from ..kernels import cuda_elementwise, cuda_moments
from ..kernels.cuda_jit import CudaKernel
from ..kernels.cuda_tiles import Means
from .cpu import CpuBackend
from .plan import Plan
from .weights import WeightStore

Build = tuple[CudaKernel, tuple[Any, ...]]
"""A kernel and the types of its arguments."""


def recorded(network: Network, batch: int, means: Means) -> list[Build]:
    """The builds of its training and inference, each once, in the order of their first launches."""
    recorder = Recorder(means)
    store = WeightStore(network, 0, recorder, filled=False)
    for mode in ("training", "gradient", "inference"):
        plan = Plan(network, store, recorder, batch, mode)
        plan.forward()
        if mode != "inference":
            plan.backward(network.output)
    return list(recorder.builds)


class Recorder(CpuBackend):
    """Stands for a GPU, with its work left out: notes what plans launch. Their memory is never touched."""

    name = "cuda"
    measures = False
    add_into = cuda_elementwise.add_into
    fill_zero = cuda_elementwise.fill_zero
    copy = cuda_elementwise.copy
    mask = cuda_elementwise.mask
    add_masked = cuda_elementwise.add_masked
    measure_all = cuda_moments.measure_all

    def __init__(self, means: Means) -> None:
        self.means = means
        self.builds: dict[Build, None] = {}

    def available_bytes(self) -> int:
        return sys.maxsize

    def threads(self) -> int:
        return 512

    def threads_for(self, macs: int, values: int) -> int:
        return 512

    def build(self, kernel: Any, threads: int) -> Callable[..., None]:
        def note(*args: Any) -> None:
            for launch in kernel.launches(*args):
                self.builds[launch.kernel, tuple(numba.typeof(arg) for arg in launch.args)] = None

        return note

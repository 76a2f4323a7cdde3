"""PyTorch's side on a GPU: cuDNN with and without TF32 in both memory layouts, eager and as CUDA graphs.

Where TF32 is off, products are summed in float32 as ours are; where it is on, operands are cut to 10 bits of mantissa.
cuDNN tries its algorithms for every shape before anything is timed (`cudnn.benchmark`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from ...io.channels_first import channels_last
from .. import party
from ..cases import (
    MOMENTUM,
    RATE,
    WEIGHT_DECAY,
    Arrays,
    ConvCase,
    Floats,
    NetworkCase,
    convolution,
    images,
    pixels,
)
from ..party import Ready
from ..rounds import repeated
from .torch_gpu import require_gpu
from .torch_layers import translated

LAYOUTS = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}
MATH = {"float32": False, "tf32": True}
_WARM_UP = 11  # steps before a capture; PyTorch's own examples take 3 to 11
_MOST_SETS = 8


class Worker(party.Worker):
    """Runs PyTorch on the GPU. A step may do a thing several times; `run` gives the seconds of one."""

    def __init__(self) -> None:
        super().__init__()
        require_gpu()
        torch.backends.cudnn.benchmark = True
        self._times: dict[str, int] = {}

    def run(self, name: str, seconds: float) -> float:
        with _math(_is_tf32(name)):
            return repeated(self.steps[name], seconds, _elapsed) / self._times.get(name, 1)

    def facts(self) -> dict[str, Any]:
        """Versions."""
        return {
            "torch": torch.__version__,
            "torch_cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),
            "device": torch.cuda.get_device_name(),
        }

    def prepare_convolution(self, case: ConvCase, rotated: int) -> Ready:
        """Steps such as `weights tf32 NCHW`, each a pass through operands of `rotated` bytes, as one graph."""
        self._forget()
        results: Arrays = {}
        notes: list[str] = []
        for layout, memory in LAYOUTS.items():
            sets = _operands(case, memory, rotated)
            for math, tf32 in MATH.items():
                for name in case.passes:
                    step = f"{name} {math} {layout}"
                    calls = [_pass(case, name, each) for each in sets]
                    with _math(tf32):
                        results[step] = _in_our_layout(calls[0](), name)
                        self.steps[step], note = _graphed(_all(calls))
                    self._times[step] = len(calls)
                    notes += [f"{step} is launched kernel by kernel ({note})"] if note else []
        return Ready(results, tuple(notes))

    def prepare_training(self, case: NetworkCase, weights: Arrays) -> Ready:
        """Steps such as `graphed tf32 NCHW`: forward, loss, backward and SGD on one batch that is there.

        The loss stays on the GPU. The results are the outputs before any training.
        """
        self._forget()
        results, notes = {}, []
        for layout in LAYOUTS:
            for math, tf32 in MATH.items():
                with _math(tf32):
                    for kind in ("eager", "graphed"):
                        name = f"{kind} {math} {layout}"
                        module = _module(case, weights, layout)
                        results[name] = _output(module, _input(case, layout))
                        step = _training_step(module, case, layout)
                        self.steps[name], note = _graphed(step, _WARM_UP) if kind == "graphed" else (step, "")
                        notes += [f"{name} is launched kernel by kernel ({note})"] if note else []
        return Ready(results, tuple(notes))

    def prepare_inference(self, case: NetworkCase, weights: Arrays) -> Ready:
        """The same for a pass forward."""
        self._forget()
        results, notes = {}, []
        for layout in LAYOUTS:
            for math, tf32 in MATH.items():
                with _math(tf32):
                    module, x = _module(case, weights, layout).eval(), _input(case, layout)
                    results[f"graphed {math} {layout}"] = results[f"eager {math} {layout}"] = _output(module, x)
                    step = _inference_step(module, x)
                    self.steps[f"eager {math} {layout}"] = step
                    self.steps[f"graphed {math} {layout}"], note = _graphed(step)
                    notes += [f"graphed {math} {layout} is launched kernel by kernel ({note})"] if note else []
        return Ready(results, tuple(notes))

    def _forget(self) -> None:
        """Free what was made ready before, graphs first."""
        self.steps, self._times = {}, {}
        torch.cuda.synchronize()
        torch.cuda.empty_cache()


def _is_tf32(step: str) -> bool:
    return " tf32 " in f" {step} "


@contextmanager
def _math(tf32: bool) -> Iterator[None]:
    """Let cuDNN and cuBLAS cut operands to TF32, or not. Read when a kernel is chosen: a graph keeps its own."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


def _elapsed(work: Callable[[], object], count: int) -> float:
    """Seconds of so many calls, between two events of the current stream."""
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    for _ in range(count):
        work()
    end.record()
    end.synchronize()
    return float(begin.elapsed_time(end)) / 1000


def _graphed(step: Callable[[], object], warm_up: int = 3) -> tuple[Callable[[], object], str]:
    """A step captured as a CUDA graph, warmed up on another stream as it must be; or as it is, with what hindered."""
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(warm_up):
            step()
    torch.cuda.current_stream().wait_stream(aside)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            kept = step()
    except Exception as error:  # whatever cannot be captured
        torch.cuda.synchronize()
        return step, _first_line(error)

    def replay(_alive: object = kept) -> None:
        graph.replay()

    return replay, ""


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def _all(calls: list[Callable[[], torch.Tensor]]) -> Callable[[], object]:
    return lambda: [call() for call in calls]


# ---- networks


def _module(case: NetworkCase, weights: Arrays, layout: str) -> torch.nn.Module:
    module = translated(case.network(), weights).cuda()
    return module.to(memory_format=LAYOUTS[layout])  # type: ignore[no-any-return, call-overload]


def _channels_first(array: Floats, memory: torch.memory_format) -> torch.Tensor:
    return torch.from_numpy(array).cuda().permute(0, 3, 1, 2).contiguous(memory_format=memory)


def _input(case: NetworkCase, layout: str) -> torch.Tensor:
    return _channels_first(images(case), LAYOUTS[layout])


def _output(module: torch.nn.Module, x: torch.Tensor) -> Floats:
    """The output of inference, in our order."""
    training = module.training
    module.eval()
    with torch.no_grad():
        result = module(x).cpu().numpy()
    module.train(training)
    return channels_last(result)


def _training_step(module: torch.nn.Module, case: NetworkCase, layout: str) -> Callable[[], object]:
    optimiser = torch.optim.SGD(module.parameters(), RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, fused=True)
    shots, labels = pixels(case)
    x = _channels_first(shots[: case.batch].astype(np.float32) / np.float32(255), LAYOUTS[layout])
    targets = torch.from_numpy(labels[: case.batch]).cuda()

    def step() -> torch.Tensor:
        optimiser.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(module(x), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return loss

    return step


def _inference_step(module: torch.nn.Module, x: torch.Tensor) -> Callable[[], object]:
    def step() -> torch.Tensor:
        with torch.no_grad():
            return module(x)  # type: ignore[no-any-return]

    return step


# ---- one convolution


def _operands(case: ConvCase, memory: torch.memory_format, rotated: int) -> list[dict[str, torch.Tensor]]:
    """Operands so often that they do not stay in caches; all share the weights."""
    given = convolution(case)
    count = max(1, min(-(-rotated // (2 * (given["x"].nbytes + given["dy"].nbytes))), _MOST_SETS))
    weight = torch.from_numpy(given["weight"]).cuda().permute(3, 2, 0, 1).contiguous(memory_format=memory)
    shared = {"weight": weight, "bias": torch.from_numpy(given["bias"]).cuda()}
    return [
        {name: _channels_first(np.roll(given[name], number, axis=0), memory) for name in ("x", "dy")} | shared
        for number in range(count)
    ]


def _pass(case: ConvCase, name: str, given: dict[str, torch.Tensor]) -> Callable[[], torch.Tensor]:
    sizes = ([case.stride] * 2, [case.padding] * 2, [1, 1])

    def forward() -> torch.Tensor:
        with torch.no_grad():
            return torch.nn.functional.conv2d(given["x"], given["weight"], given["bias"], *sizes, case.groups)

    def backward() -> torch.Tensor:
        which, mask = (1, [False, True, True]) if name == "weights" else (0, [True, False, False])
        with torch.no_grad():
            found = torch.ops.aten.convolution_backward(
                given["dy"], given["x"], given["weight"], [case.filters], *sizes, False, [0, 0], case.groups, mask
            )
            return found[which]  # type: ignore[no-any-return]

    return forward if name == "forward" else backward


def _in_our_layout(result: torch.Tensor, name: str) -> Floats:
    """(N, C, H, W) as (N, H, W, C); filters (K, C, R, S) as (R, S, C, K)."""
    axes = (2, 3, 1, 0) if name == "weights" else (0, 2, 3, 1)
    values: Floats = result.permute(*axes).contiguous().cpu().numpy()
    return values

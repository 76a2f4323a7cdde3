"""PyTorch's side: the same networks and convolutions, with its own settings and in each of its memory layouts."""

from __future__ import annotations

import os
from collections.abc import Callable

# The engine shortens how long OpenMP's idle threads spin, for itself. PyTorch is to have its own way, and its library
# reads this when it is loaded.
os.environ.pop("GOMP_SPINCOUNT", None)

import numpy as np
import torch

from ...io.channels_first import channels_last
from ...kernels.modes import TF32
from ...runtime.cuda_math import math_mode
from ...runtime.devices import CPU
from .. import party
from ..cases import (
    MOMENTUM,
    RATE,
    WEIGHT_DECAY,
    Arrays,
    ConvCase,
    Floats,
    NetworkCase,
    Pixels,
    convolution,
    images,
    pixels,
)
from ..explaining import ExplainCase
from ..party import Ready
from .torch_gpu import require_gpu
from .torch_layers import translated

LAYOUTS = {"NCHW": torch.contiguous_format, "channels_last": torch.channels_last}


class Worker(party.Worker):
    """Runs PyTorch."""

    def prepare_training(self, case: NetworkCase, weights: Arrays, threads: int) -> Ready:
        """A step for each layout, eager; the results are the networks' outputs before any training."""
        torch.set_num_threads(threads)
        modules = {layout: _module(case, weights, layout) for layout in LAYOUTS}
        results = {layout: _output(module, _input(case, layout)) for layout, module in modules.items()}
        data = pixels(case)
        self.steps = {layout: _training_step(module, case, data, layout) for layout, module in modules.items()}
        return Ready(results)

    def prepare_inference(self, case: NetworkCase, weights: Arrays, threads: int) -> Ready:
        """A step for each layout, eager, and one for a compiled, frozen module, where compiling works."""
        torch.set_num_threads(threads)
        results, notes, self.steps = {}, [], {}
        for layout in LAYOUTS:
            module, x = _module(case, weights, layout).eval(), _input(case, layout)
            results[layout] = _output(module, x)
            self.steps[layout] = _eager(module, x)
        try:
            results["compiled"], self.steps["compiled"] = _compiled(case, weights)
        except Exception as error:  # whatever a compiler or its absence may raise
            notes.append(f"torch.compile is left out, it failed ({_first_line(error)})")
        return Ready(results, tuple(notes))

    def prepare_explaining(self, case: ExplainCase, weights: Arrays, threads: int) -> Ready:
        """A step for each layout; the results are Captum's maps, or the loop's where Captum lacks the method."""
        from . import captum, dreaming  # no other benchmark needs them  # noqa: PLC0415

        torch.set_num_threads(threads)
        if case.device != CPU:
            require_gpu()
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = math_mode() == TF32
        peer = dreaming if case.method == "deep_dream" else captum
        found = {layout: peer.step(case, weights, memory) for layout, memory in LAYOUTS.items()}
        self.steps = {layout: run for layout, (_, run) in found.items()}
        return Ready({layout: array for layout, (array, _) in found.items()})

    def prepare_convolution(self, case: ConvCase, threads: int) -> Ready:
        """Steps such as `weights NCHW`, for each of the case's passes and each layout."""
        torch.set_num_threads(threads)
        results, self.steps = {}, {}
        for layout in LAYOUTS:
            for name, step in _passes(case, layout).items():
                self.steps[f"{name} {layout}"] = step
                results[f"{name} {layout}"] = _in_our_layout(step(), name)
        return Ready(results)


def training_step(case: NetworkCase, data: Pixels, threads: int, layout: str) -> Callable[[], object]:
    """One training step of a new module."""
    torch.set_num_threads(threads)
    return _training_step(_module(case, {}, layout), case, data, layout)


def _module(case: NetworkCase, weights: Arrays, layout: str) -> torch.nn.Module:
    return translated(case.network(), weights).to(memory_format=LAYOUTS[layout])  # type: ignore[call-overload]


def _channels_first(array: Floats, layout: str) -> torch.Tensor:
    return torch.from_numpy(array).permute(0, 3, 1, 2).contiguous(memory_format=LAYOUTS[layout])


def _input(case: NetworkCase, layout: str) -> torch.Tensor:
    return _channels_first(images(case), layout)


def _output(module: torch.nn.Module, x: torch.Tensor) -> Floats:
    """The output of inference, in our order."""
    training = module.training
    module.eval()
    with torch.inference_mode():
        result = module(x).numpy()
    module.train(training)
    return channels_last(result)


def _training_step(module: torch.nn.Module, case: NetworkCase, data: Pixels, layout: str) -> Callable[[], object]:
    """Forward, loss, backward and optimiser on one batch, which is in memory as floats: nothing is gathered."""
    optimiser = torch.optim.SGD(module.parameters(), RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, fused=True)
    shots, labels = data
    x = _channels_first(shots[: case.batch].astype(np.float32) / np.float32(255), layout)
    targets = torch.from_numpy(labels[: case.batch])

    def step() -> float:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(module(x), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return loss.item()

    return step


def _eager(module: torch.nn.Module, x: torch.Tensor) -> Callable[[], object]:
    def step() -> torch.Tensor:
        with torch.inference_mode():
            return module(x)

    return step


def _compiled(case: NetworkCase, weights: Arrays) -> tuple[Floats, Callable[[], object]]:
    """Channels last, with weights frozen, which lets batch norm be folded and weights be laid out once."""
    module, x = _module(case, weights, "channels_last").eval(), _input(case, "channels_last")
    torch.compiler.reset()  # what is compiled for too many networks is silently left uncompiled
    compiled = torch.compile(module, fullgraph=True, dynamic=False, options={"freezing": True})

    def step() -> torch.Tensor:
        with torch.no_grad():
            return compiled(x)

    return channels_last(step().numpy()), step


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


# ---- one convolution


def _passes(case: ConvCase, layout: str) -> dict[str, Callable[[], torch.Tensor]]:
    """A step for each pass, which returns its result as PyTorch has it."""
    operands = convolution(case)
    x, dy = (_channels_first(operands[name], layout) for name in ("x", "dy"))
    weight = torch.from_numpy(operands["weight"]).permute(3, 2, 0, 1).contiguous(memory_format=LAYOUTS[layout])
    bias = torch.from_numpy(operands["bias"])
    sizes = ([case.stride] * 2, [case.padding] * 2, [1, 1])

    def forward() -> torch.Tensor:
        with torch.inference_mode():
            return torch.nn.functional.conv2d(x, weight, bias, *sizes, case.groups)

    def backward(which: int, mask: list[bool]) -> torch.Tensor:
        with torch.inference_mode():
            operation = torch.ops.aten.convolution_backward
            return operation(dy, x, weight, [case.filters], *sizes, False, [0, 0], case.groups, mask)[which]

    steps: dict[str, Callable[[], torch.Tensor]] = {
        "forward": forward,
        "weights": lambda: backward(1, [False, True, True]),
        "input": lambda: backward(0, [True, False, False]),
    }
    return {name: steps[name] for name in case.passes}


def _in_our_layout(result: torch.Tensor, name: str) -> Floats:
    """(N, C, H, W) as (N, H, W, C); filters (K, C, R, S) as (R, S, C, K)."""
    axes = (2, 3, 1, 0) if name == "weights" else (0, 2, 3, 1)
    values: Floats = result.permute(*axes).contiguous().numpy()
    return values

"""Explanations a second: our methods against Captum's, on one image of a compact network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..graph import Network
from ..kernels.modes import TF32
from ..runtime.cuda_math import math_mode
from ..runtime.devices import CPU
from ..spec import ConvscopeError, Shape, format_shape
from ..zoo import architecture
from .agreement import NETWORK_TOLERANCE, TF32_TOLERANCE
from .cases import Floats
from .comparison import Row, Tick, compare, document, opened
from .peers import Peer
from .rounds import Effort

TARGET = 3
"""The class that is explained."""


@dataclass(frozen=True)
class ExplainCase:
    """A method with its parameters, asked of one image of a network at an input of its own: of a class, or a layer.

    Both sides' results are compared with the parameters `short` in place of some, where rounding would grow with the
    steps of a picture.
    """

    method: str
    network_name: str
    input: Shape
    parameters: Mapping[str, Any] = field(default_factory=dict)
    layer: str | None = None
    short: Mapping[str, Any] = field(default_factory=dict)
    batch: int = 1
    device: str = CPU
    """Where both sides compute."""

    @property
    def name(self) -> str:
        return f"{self.method}, {self.network_name} {format_shape(self.input)}"

    @property
    def asked(self) -> dict[str, Any]:
        """The method's arguments beside the image."""
        return {**self.parameters, **({"target": TARGET} if self.layer is None else {"layer": self.layer})}

    @property
    def compared(self) -> ExplainCase:
        """The same with the parameters whose result is compared."""
        return replace(self, parameters={**self.parameters, **self.short})

    def network(self) -> Network:
        return architecture(self.network_name).build(input=self.input)

    def image(self) -> Floats:
        """Pixels (H, W, C) from 0 to 255, the same in every process: soft shapes and some noise."""
        height, width, channels = self.input
        random = np.random.default_rng(5)
        rows, columns = np.mgrid[:height, :width]
        waves = np.stack([np.sin(rows / (3 + c)) * np.cos(columns / (4 + c)) for c in range(channels)], -1)
        noisy = 127 + 90 * waves + random.normal(0, 20, (height, width, channels))
        found: Floats = np.clip(noisy, 0, 255).astype(np.float32)
        return found


_SMALL, _LARGE, _WIDE = (32, 32, 3), (64, 64, 3), (160, 160, 3)
_DREAM = {"iterations": 10, "octaves": 4, "ratio": 1.4, "rate": 1.5, "jitter": 32}
CASES = (
    ExplainCase("occlusion", "vgg_mini", _LARGE, {"patch": 8, "stride": 4, "of": "score", "fill": "black"}),
    ExplainCase("occlusion", "resnet20_cifar", _SMALL, {"patch": 6, "stride": 2, "of": "score", "fill": "black"}),
    ExplainCase("saliency", "vgg_mini", _LARGE),
    ExplainCase("guided_backprop", "vgg_mini", _LARGE),
    ExplainCase("deconvnet", "vgg_mini", _LARGE),
    ExplainCase("integrated_gradients", "vgg_mini", _LARGE, {"points": 32}),
    ExplainCase("grad_cam", "vgg_mini", _LARGE, {"positive": "signed"}),
    ExplainCase("deep_dream", "vgg_mini", _WIDE, _DREAM, "relu3_1", {"iterations": 1, "octaves": 2}),
)


@dataclass(frozen=True)
class ExplainResult:
    """Rows by case and peer; an image a second is an explanation a second."""

    threads: int
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    device: str = CPU

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"device": self.device, **document(self.rows)}


def chosen(methods: Sequence[str], device: str = CPU) -> list[ExplainCase]:
    """The cases of these methods, or all of them, on a device; ConvscopeError for a method that has none."""
    known = list(dict.fromkeys(case.method for case in CASES))
    unknown = [method for method in methods if method not in known]
    if unknown:
        raise ConvscopeError(f"There is no benchmark of {', '.join(unknown)}; use one or more of: {', '.join(known)}.")
    return [replace(case, device=device) for case in CASES if not methods or case.method in methods]


def units(cases: Sequence[ExplainCase], effort: Effort) -> int:
    """How often `measure` ticks."""
    return len(cases) * effort.rounds


def measure(cases: Sequence[ExplainCase], peers: Sequence[Peer], effort: Effort, tick: Tick) -> ExplainResult:
    """Explanations a second, against each peer's faster memory layout; all cases are of one device."""
    rows: list[Row] = []
    notes: list[str] = []
    rough = cases[0].device != CPU and math_mode() == TF32
    tolerance = TF32_TOLERANCE if rough else NETWORK_TOLERANCE
    with opened(peers, effort) as sides:
        for case in cases:
            found, left_out = compare(case, "explaining", sides, effort, tick, tolerance)
            rows += found
            notes += left_out
        return ExplainResult(sides.threads, tuple(rows), tuple(notes), cases[0].device)

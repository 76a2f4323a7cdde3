"""A model on the CPU and one on the simulated GPU with the same weights, and how far apart what they compute is."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.engine import Model, Network


def pair(net: Network, seed: int = 3) -> tuple[Model, Model]:
    """The same random weights on both."""
    random = np.random.default_rng(seed)
    cpu, gpu = Model(net, seed=seed), Model(net, device="cuda", seed=seed)
    for name, array in cpu.weights.items():
        values = random.uniform(0.5, 2, array.shape) if "var" in name else random.standard_normal(array.shape)
        cpu.weights[name] = gpu.weights[name] = values
    return cpu, gpu


def poison(model: Model, batch: int, mode: Any) -> None:
    """Fill everything the plan will write with NaN, so that a value never written is seen."""
    plan = model.plan(batch, mode)
    spans = (plan._buffers.array(name, "uint8") for name in plan.schedule.spans)
    for memory in (*spans, *plan._scratch.values()):
        memory.copy_to_device(np.full(len(memory), 0xFF, np.uint8))


def gap(found: np.ndarray, expected: np.ndarray, least: float = 0.0) -> float:
    """Length of the difference against that of what is expected, or `least` where that is nearly nothing."""
    scale = max(float(np.linalg.norm(expected)), least)
    return float(np.linalg.norm(found - expected)) / scale if scale else float(np.abs(found).max(initial=0))

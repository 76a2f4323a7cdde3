"""How normalisation becomes kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .spec import BatchNorm

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def batch_norm(layer: BatchNorm, bind: Binding, k: Any) -> None:
    rows, channels, threads, w = bind.rows, bind.channels, bind.threads, bind.weights
    statistics = [bind.saved.get(name, np.empty(channels, np.float32)) for name in ("mean", "inverse_std")]
    sums = bind.scratch(threads * 2 * channels, "float64")
    x, y, dy, dx = bind.x[0], bind.y, bind.dy, bind.dx[0]
    if bind.training:
        bind.forward(
            k.train_forward,
            x,
            w["weight"],
            w["bias"],
            y,
            *statistics,
            w["running_mean"],
            w["running_var"],
            rows,
            channels,
            layer.momentum,
            layer.epsilon,
            sums,
            threads,
        )
    else:
        bind.forward(
            k.infer_forward,
            x,
            w["weight"],
            w["bias"],
            w["running_mean"],
            w["running_var"],
            y,
            *statistics,
            rows,
            channels,
            layer.epsilon,
            threads,
        )
    if bind.mode == "inference":
        return
    g = bind.gradients
    record = bind.backward if bind.training else bind.backward_weights  # in training dx needs these sums
    record(k.weight_gradient, x, dy, *statistics, g["weight"], g["bias"], rows, channels, sums, threads)
    if bind.training:
        bind.backward_input(
            0, k.train_backward, x, dy, w["weight"], *statistics, dx, g["weight"], g["bias"], rows, channels, threads
        )
    else:
        bind.backward_input(0, k.infer_backward, dy, w["weight"], statistics[1], dx, rows, channels, threads)


STEPS = {BatchNorm: batch_norm}

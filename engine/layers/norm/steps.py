"""How normalisation becomes kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .spec import BatchNorm

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def batch_norm(layer: BatchNorm, bind: Binding, k: Any) -> None:
    rows, channels, threads, w = bind.rows, bind.channels, bind.threads, bind.weights
    used = [bind.saved.get(name, np.empty(channels, np.float32)) for name in ("mean", "inverse_std")]
    running, affine = (w["running_mean"], w["running_var"]), (w["weight"], w["bias"])
    scratch = (bind.scratch(threads * 2 * channels, "float64"), bind.scratch(threads * 2 * channels, area=1), threads)
    x, dy, dx, g = bind.x[0], bind.dy, bind.dx[0], bind.gradients
    add_port = bind.epilogue.add_port
    ending = (bind.x[add_port or 0], add_port is not None, bind.floor, bind.y, rows, channels, threads)
    if bind.training:
        bind.forward_once(k.statistics, x, *used, *running, rows, channels, layer.momentum, layer.epsilon, *scratch)
        bind.forward(k.train_forward, x, *affine, *used, *ending)
        # dx needs these sums as well
        bind.backward(k.weight_gradient, x, dy, *used, g["weight"], g["bias"], rows, channels, *scratch)
        sums = (g["weight"], g["bias"], rows, channels, bind.masks())
        bind.backward_input(0, k.train_backward, x, dy, w["weight"], *used, dx, *sums, threads)
    else:
        bind.forward(k.infer_forward, x, *affine, *running, *used, layer.epsilon, *ending)
        bind.backward_weights(k.weight_gradient, x, dy, *used, g.get("weight"), g.get("bias"), rows, channels, *scratch)
        bind.backward_input(0, k.infer_backward, dy, w["weight"], used[1], dx, rows, channels, threads)
    if add_port is not None:
        bind.pass_gradient(add_port)


STEPS = {BatchNorm: batch_norm}

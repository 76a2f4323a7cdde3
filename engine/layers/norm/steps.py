"""How normalisation becomes kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .spec import BatchNorm, LocalResponseNorm

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def batch_norm(layer: BatchNorm, bind: Binding, k: Any) -> None:
    rows, channels, threads, w = bind.rows, bind.channels, bind.threads, bind.weights
    names = ("mean", "inverse_std")
    used = [bind.saved[n] if bind.saved else bind.scratch(channels, area=i) for i, n in enumerate(names)]
    running, affine = (w["running_mean"], w["running_var"]), (w["weight"], w["bias"])
    x, dy, dx, add_port = bind.x[0], bind.dy, bind.dx[0], bind.epilogue.add_port
    ending = (bind.x[add_port or 0], add_port is not None, bind.floor, bind.y, rows, channels, threads)
    own = bind.training and not bind.frozen  # the batch's statistics
    if own:
        moments = bind.moments()
        bind.forward_once(
            k.statistics, *used, *running, rows, channels, layer.momentum, layer.epsilon, moments.sums, moments.threads
        )
        bind.forward(k.train_forward, x, *affine, *used, *ending)
    else:
        bind.forward(k.infer_forward, x, *affine, *running, *used, layer.epsilon, *ending)
    if bind.mode == "inference":
        return
    gradients = (bind.gradients["weight"], bind.gradients["bias"])
    if own:  # dx needs these sums as well
        products = bind.products(*used)
        bind.backward(k.weight_gradient, *gradients, channels, products.sums, products.threads)
        sums = (*gradients, rows, channels, bind.masks())
        bind.backward_input(0, k.train_backward, x, dy, w["weight"], *used, dx, *sums, threads)
    else:
        if not bind.frozen:
            products = bind.products(*used)
            bind.backward_weights(k.weight_gradient, *gradients, channels, products.sums, products.threads)
        bind.backward_input(0, k.infer_backward, dy, w["weight"], used[1], dx, rows, channels, threads)
    if add_port is not None:
        bind.pass_gradient(add_port)


def local_response(layer: LocalResponseNorm, bind: Binding, k: Any) -> None:
    reach = min(layer.size // 2, bind.channels - 1)
    numbers = (reach, np.float32(layer.factor), np.float32(layer.beta), np.float32(layer.k))
    scratch = bind.scratch(3 * bind.threads * (k.LOCAL_BLOCK + bind.channels + 3 * reach))
    how = (bind.rows, bind.channels, *numbers, scratch, bind.threads)
    bind.forward(k.local_forward, bind.x[0], bind.y, *how)
    bind.backward_input(0, k.local_backward, bind.x[0], bind.dy, bind.dx[0], *how)


STEPS = {BatchNorm: batch_norm, LocalResponseNorm: local_response}

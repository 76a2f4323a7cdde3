"""How regularising layers become kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .spec import Dropout

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def dropout(layer: Dropout, bind: Binding, k: Any) -> None:
    if bind.training:
        scale = k.number(1 / (1 - layer.rate) if layer.scaling == "training" else 1)
        kernel, how = k.drop, (bind.count, layer.rate, scale, bind.index, bind.state, bind.threads)
    else:
        kernel, how = k.multiply, (bind.count, k.number(1 - layer.rate), bind.threads)
    bind.forward(kernel, bind.x[0], bind.y, *how)
    bind.backward_input(0, kernel, bind.dy, bind.dx[0], *how)


STEPS = {Dropout: dropout}

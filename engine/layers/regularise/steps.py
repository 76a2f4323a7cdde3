"""How regularising layers become kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .spec import Dropout

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def dropout(layer: Dropout, bind: Binding, k: Any) -> None:
    if bind.training:
        scale = k.number(1 / (1 - layer.rate) if layer.scaling == "training" else 1)
        drawn = (layer.rate, scale, bind.index, bind.state)
        bind.forward(k.drop, bind.x[0], bind.y, bind.count, *drawn, bind.threads)
        bind.backward_input(0, k.drop, bind.dy, bind.dx[0], bind.count, *drawn, bind.threads)
    else:
        share = k.number(1 - layer.rate)
        bind.forward(k.multiply, bind.x[0], bind.y, bind.count, share, bind.threads)
        bind.backward_input(0, k.multiply, bind.dy, bind.dx[0], bind.count, share, bind.threads)


STEPS = {Dropout: dropout}

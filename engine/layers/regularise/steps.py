"""How regularising layers become kernel calls. Outside training they are not in the plan at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .spec import Dropout

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def dropout(layer: Dropout, bind: Binding, k: Any) -> None:
    draw = (bind.count, layer.rate, bind.index, bind.state, bind.threads)
    bind.forward(k.drop, bind.x[0], bind.y, *draw)
    bind.backward_input(0, k.drop, bind.dy, bind.dx[0], *draw)


STEPS = {Dropout: dropout}

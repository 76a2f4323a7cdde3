"""How joining layers become kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .spec import Add, Concat

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def add(layer: Add, bind: Binding, k: Any) -> None:
    bind.forward(k.add, bind.x[0], bind.x[1], bind.y, bind.count, bind.threads)
    for more in bind.x[2:]:
        bind.forward(k.add, bind.y, more, bind.y, bind.count, bind.threads)
    for port, dx in enumerate(bind.dx):
        bind.backward_input(
            port,
            k.copy_columns,
            bind.dy,
            bind.channels,
            0,
            dx,
            bind.channels,
            0,
            bind.channels,
            bind.rows,
            bind.threads,
        )


def concat(layer: Concat, bind: Binding, k: Any) -> None:
    total, at = bind.output_shape[-1], 0
    rows = bind.count // total
    for port, shape in enumerate(bind.input_shapes):
        own = shape[-1]
        bind.forward(k.copy_columns, bind.x[port], own, 0, bind.y, total, at, own, rows, bind.threads)
        bind.backward_input(port, k.copy_columns, bind.dy, total, at, bind.dx[port], own, 0, own, rows, bind.threads)
        at += own


STEPS = {Add: add, Concat: concat}

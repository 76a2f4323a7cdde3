"""How joining layers become kernel calls. `k` is the device's kernel module of this family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .spec import Add, Concat

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def add(layer: Add, bind: Binding, k: Any) -> None:
    so_far, *others = bind.x
    for number, more in enumerate(others, start=1):
        floor = bind.floor if number == len(others) else np.float32(-np.inf)
        bind.forward(k.add, so_far, more, bind.y, bind.count, floor, bind.threads)
        so_far = bind.y
    for port in range(len(bind.dx)):
        bind.pass_gradient(port)


def concat(layer: Concat, bind: Binding, k: Any) -> None:
    total, at = bind.output_shape[-1], 0
    rows = bind.count // total
    for port, shape in enumerate(bind.input_shapes):
        own = shape[-1]
        bind.forward(k.copy_columns, bind.x[port], own, 0, bind.y, total, at, own, rows, bind.threads)
        bind.backward_input(port, k.copy_columns, bind.dy, total, at, bind.dx[port], own, 0, own, rows, bind.threads)
        at += own


STEPS = {Add: add, Concat: concat}

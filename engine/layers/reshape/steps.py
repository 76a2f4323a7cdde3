"""How rearranging layers become kernel calls. Flatten needs none: its output is its input under another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .spec import PadChannels

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def pad_channels(layer: PadChannels, bind: Binding, k: Any) -> None:
    widths = (bind.rows, bind.channels, layer.before, layer.after, bind.threads)
    bind.forward(k.pad_columns, bind.x[0], bind.y, *widths)
    bind.backward_input(0, k.crop_columns, bind.dy, bind.dx[0], *widths)


STEPS = {PadChannels: pad_channels}

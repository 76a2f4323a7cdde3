"""How rearranging layers become kernel calls. Flatten needs none: its output is its input under another shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .spec import PadChannels, Upsample, ZeroPad

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def pad_channels(layer: PadChannels, bind: Binding, k: Any) -> None:
    widths = (bind.rows, bind.channels, layer.before, layer.after, bind.threads)
    bind.forward(k.pad_columns, bind.x[0], bind.y, *widths)
    bind.backward_input(0, k.crop_columns, bind.dy, bind.dx[0], *widths)


def zero_pad(layer: ZeroPad, bind: Binding, k: Any) -> None:
    """The output is a window of the image that begins before it; the gradient a window of the output's that fits in."""
    (height, width, channels), (out_height, out_width, _) = bind.input_shapes[0], bind.output_shape
    top, left = layer.padding[0], layer.padding[2]
    outwards = (bind.batch, channels, height, width, out_height, out_width, -top, -left, bind.threads)
    inwards = (bind.batch, channels, out_height, out_width, height, width, top, left, bind.threads)
    bind.forward(k.copy_images, bind.x[0], bind.y, *outwards)
    bind.backward_input(0, k.copy_images, bind.dy, bind.dx[0], *inwards)


def upsample(layer: Upsample, bind: Binding, k: Any) -> None:
    sizes = (bind.batch, *bind.input_shapes[0], *layer.factor, bind.threads)
    nearest = layer.mode == "nearest"
    forward = k.nearest_forward if nearest else k.bilinear_forward
    backward = k.nearest_backward if nearest else k.bilinear_backward
    bind.forward(forward, bind.x[0], bind.y, *sizes)
    bind.backward_input(0, backward, bind.dy, bind.dx[0], *sizes)


STEPS = {PadChannels: pad_channels, ZeroPad: zero_pad, Upsample: upsample}

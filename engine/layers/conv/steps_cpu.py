"""How convolutions become calls of the CPU's kernels, by the algorithm that choice.py chooses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..folding_cpu import Effective, effective
from . import choice, cpu
from .spec import Conv2D, ConvTranspose2D
from .steps_cpu_channelwise import Channelwise
from .steps_cpu_direct import Direct
from .steps_cpu_winograd import Winograd
from .steps_endings import forward_ending, gradient_ending
from .steps_passes import Algorithm, Product, WeightGradient
from .tables import Conv

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def conv2d(layer: Conv2D, bind: Binding) -> None:
    (height, width, channels), (out_height, out_width, filters) = bind.input_shapes[0], bind.output_shape
    top, _, left, _ = layer.geometry.pads(height, width)
    sizes = (bind.batch, height, width, channels, out_height, out_width, filters)
    case = Conv(*sizes, layer.kernel, layer.stride, layer.dilation, top, left, layer.groups)
    bind.algorithm = choice.choose(case)
    algorithm = _algorithm(bind.algorithm)
    algorithm.forward(case, bind, Product(bind.forward, bind.x[0], effective(bind), forward_ending(bind)))
    if bind.wants_input_gradient():
        record, weight = partial(bind.backward_input, 0), Effective(bind.weights["weight"], None, "")
        algorithm.input_gradient(case, bind, Product(record, bind.dy, weight, gradient_ending(bind)))
    if bind.mode != "inference":
        dw, db = bind.gradients["weight"], bind.gradients.get("bias")
        algorithm.weight_gradient(case, bind, WeightGradient(bind.x[0], bind.dy, dw, db))
    if bind.epilogue.add_port is not None:
        bind.pass_gradient(bind.epilogue.add_port)


def conv_transpose2d(layer: ConvTranspose2D, bind: Binding) -> None:
    """The passes of the convolution that goes from this layer's output to its input, the roles of both exchanged."""
    (height, width, channels), (out_height, out_width, filters) = bind.input_shapes[0], bind.output_shape
    top, _, left, _ = layer.geometry.pads(out_height, out_width)
    sizes = (bind.batch, out_height, out_width, filters, height, width, channels)
    case = Conv(*sizes, layer.kernel, layer.stride, layer.dilation, top, left, layer.groups)
    bind.algorithm = choice.choose(case)
    algorithm, weight = _algorithm(bind.algorithm), bind.weights["weight"]
    own = Effective(weight, bind.weights.get("bias"), "")
    algorithm.input_gradient(case, bind, Product(bind.forward, bind.x[0], own, forward_ending(bind)))
    if bind.wants_input_gradient():
        record, own = partial(bind.backward_input, 0), Effective(weight, None, "")
        algorithm.forward(case, bind, Product(record, bind.dy, own, gradient_ending(bind)))
    if bind.mode != "inference":
        algorithm.weight_gradient(case, bind, WeightGradient(bind.dy, bind.x[0], bind.gradients["weight"], None))
        if layer.bias:
            partials = bind.scratch(filters * bind.threads)
            rows = bind.count // filters
            arrays = (bind.dy, bind.gradients["bias"])
            bind.backward_weights(cpu.bias_gradient, *arrays, rows, filters, partials, bind.threads)
    if bind.epilogue.add_port is not None:
        bind.pass_gradient(bind.epilogue.add_port)


def _algorithm(name: str) -> Algorithm:
    match name:
        case choice.DIRECT:
            return Direct()
        case choice.CHANNELWISE:
            return Channelwise()
    return Winograd(choice.tile_size(name))


STEPS = {Conv2D: conv2d, ConvTranspose2D: conv_transpose2d}

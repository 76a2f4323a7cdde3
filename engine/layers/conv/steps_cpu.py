"""How convolutions become calls of the CPU's kernels, by the algorithm that choice.py chooses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ...spec import size
from ..folding_cpu import Effective, effective
from . import choice, cpu
from .spec import Conv2D, ConvTranspose2D, SeparableConv2D
from .steps_cpu_channelwise import Channelwise
from .steps_cpu_direct import Direct
from .steps_cpu_winograd import Winograd
from .steps_endings import forward_ending, gradient_ending, plain_ending
from .steps_passes import Algorithm, Product, WeightGradient
from .tables import Conv

if TYPE_CHECKING:
    from ...runtime.binding import Binding

_BETWEEN = 4  # scratch area beside those that the algorithms use


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


def separable_conv2d(layer: SeparableConv2D, bind: Binding) -> None:
    """Two convolutions, each by an algorithm of its own; what lies between is kept for backward."""
    (height, width, channels), (out_height, out_width, filters) = bind.input_shapes[0], bind.output_shape
    maps, (top, _, left, _) = layer.between(bind.input_shapes, bind.output_shape), layer.geometry.pads(height, width)
    sizes = (bind.batch, height, width, channels, *maps)
    depthwise = Conv(*sizes, layer.kernel, layer.stride, layer.dilation, top, left, channels)
    pointwise = Conv(bind.batch, *maps, out_height, out_width, filters, (1, 1), (1, 1), (1, 1), 0, 0, 1)
    bind.algorithm = ", ".join(choice.choose(case) for case in (depthwise, pointwise))
    room = bind.scratch(bind.batch * size(maps), area=_BETWEEN)
    between = bind.saved["between"] if bind.saved else room
    _separable_forward(depthwise, pointwise, between, bind)
    if bind.mode != "inference":
        _separable_backward(depthwise, pointwise, between, room, bind)
    if bind.epilogue.add_port is not None:
        bind.pass_gradient(bind.epilogue.add_port)


def _separable_forward(depthwise: Conv, pointwise: Conv, between: Any, bind: Binding) -> None:
    own = Effective(bind.weights["depthwise"], None, "depthwise_")
    first = Product(bind.forward, bind.x[0], own, plain_ending(between))
    _algorithm(choice.choose(depthwise)).forward(depthwise, bind, first)
    own = effective(bind, "pointwise")
    second = Product(bind.forward, between, own._replace(mark=f"pointwise_{own.mark}"), forward_ending(bind))
    _algorithm(choice.choose(pointwise)).forward(pointwise, bind, second)


def _separable_backward(depthwise: Conv, pointwise: Conv, between: Any, gradient: Any, bind: Binding) -> None:
    """`gradient` is room for the gradient of what lies between, which both parts of the first convolution want."""
    first, second = (_algorithm(choice.choose(case)) for case in (depthwise, pointwise))
    own, dw = Effective(bind.weights["pointwise"], None, "pointwise_"), bind.gradients
    second.input_gradient(pointwise, bind, Product(bind.backward, bind.dy, own, plain_ending(gradient)))
    second.weight_gradient(pointwise, bind, WeightGradient(between, bind.dy, dw["pointwise"], dw.get("bias")))
    first.weight_gradient(depthwise, bind, WeightGradient(bind.x[0], gradient, dw["depthwise"], None))
    if bind.wants_input_gradient():
        record, own = partial(bind.backward_input, 0), Effective(bind.weights["depthwise"], None, "depthwise_")
        first.input_gradient(depthwise, bind, Product(record, gradient, own, gradient_ending(bind)))


def _algorithm(name: str) -> Algorithm:
    match name:
        case choice.DIRECT:
            return Direct()
        case choice.CHANNELWISE:
            return Channelwise()
    return Winograd(choice.tile_size(name))


STEPS = {Conv2D: conv2d, ConvTranspose2D: conv_transpose2d, SeparableConv2D: separable_conv2d}

"""How convolutions become passes of an algorithm, on any device: which part plays which, and with which ending."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ...spec import Layer, size
from ..folding import Effective
from .spec import Conv2D, ConvTranspose2D, SeparableConv2D
from .steps_endings import forward_ending, gradient_ending, plain_ending
from .steps_passes import Passes, Product, WeightGradient
from .tables import Conv

if TYPE_CHECKING:
    from ...runtime.binding import Binding

_BETWEEN = 4  # scratch area beside those that the algorithms use


def steps(passes: Passes) -> dict[type[Layer], Callable[[Any, Binding], None]]:
    """What declares the calls of each type, with a device's passes."""
    types: dict[type[Layer], Callable[..., None]] = {
        Conv2D: conv2d,
        ConvTranspose2D: conv_transpose2d,
        SeparableConv2D: separable_conv2d,
    }
    return {kind: partial(declare, passes=passes) for kind, declare in types.items()}


def conv2d(layer: Conv2D, bind: Binding, passes: Passes) -> None:
    (height, width, channels), (out_height, out_width, filters) = bind.input_shapes[0], bind.output_shape
    top, _, left, _ = layer.geometry.pads(height, width)
    sizes = (bind.batch, height, width, channels, out_height, out_width, filters)
    case = Conv(*sizes, layer.kernel, layer.stride, layer.dilation, top, left, layer.groups)
    bind.algorithm = passes.choose(case)
    algorithm = passes.algorithm(bind.algorithm)
    algorithm.forward(case, bind, Product(bind.forward, bind.x[0], passes.effective(bind), forward_ending(bind)))
    if bind.wants_input_gradient():
        record, weight = partial(bind.backward_input, 0), Effective(bind.weights["weight"], None, "")
        algorithm.input_gradient(case, bind, Product(record, bind.dy, weight, gradient_ending(bind)))
    if bind.mode != "inference":
        dw, db = bind.gradients["weight"], bind.gradients.get("bias")
        algorithm.weight_gradient(case, bind, WeightGradient(bind.x[0], bind.dy, dw, db))
    if bind.epilogue.add_port is not None:
        bind.pass_gradient(bind.epilogue.add_port)


def conv_transpose2d(layer: ConvTranspose2D, bind: Binding, passes: Passes) -> None:
    """The passes of the convolution that goes from this layer's output to its input, the roles of both exchanged."""
    (height, width, channels), (out_height, out_width, filters) = bind.input_shapes[0], bind.output_shape
    top, _, left, _ = layer.geometry.pads(out_height, out_width)
    sizes = (bind.batch, out_height, out_width, filters, height, width, channels)
    case = Conv(*sizes, layer.kernel, layer.stride, layer.dilation, top, left, layer.groups)
    bind.algorithm = passes.choose(case)
    algorithm, weight = passes.algorithm(bind.algorithm), bind.weights["weight"]
    own = Effective(weight, bind.weights.get("bias"), "")
    algorithm.input_gradient(case, bind, Product(bind.forward, bind.x[0], own, forward_ending(bind)))
    if bind.wants_input_gradient():
        record, own = partial(bind.backward_input, 0), Effective(weight, None, "")
        algorithm.forward(case, bind, Product(record, bind.dy, own, gradient_ending(bind)))
    if bind.mode != "inference":
        algorithm.weight_gradient(case, bind, WeightGradient(bind.dy, bind.x[0], bind.gradients["weight"], None))
        if layer.bias:
            passes.bias_gradient(bind, bind.dy, bind.gradients["bias"], bind.count // filters, filters)
    if bind.epilogue.add_port is not None:
        bind.pass_gradient(bind.epilogue.add_port)


def separable_conv2d(layer: SeparableConv2D, bind: Binding, passes: Passes) -> None:
    """Two convolutions, each by an algorithm of its own; what lies between is kept for backward."""
    (height, width, channels), (out_height, out_width, filters) = bind.input_shapes[0], bind.output_shape
    maps, (top, _, left, _) = layer.between(bind.input_shapes, bind.output_shape), layer.geometry.pads(height, width)
    sizes = (bind.batch, height, width, channels, *maps)
    depthwise = Conv(*sizes, layer.kernel, layer.stride, layer.dilation, top, left, channels)
    pointwise = Conv(bind.batch, *maps, out_height, out_width, filters, (1, 1), (1, 1), (1, 1), 0, 0, 1)
    bind.algorithm = ", ".join(passes.choose(case) for case in (depthwise, pointwise))
    room = bind.scratch(bind.batch * size(maps), area=_BETWEEN)
    between = bind.saved["between"] if bind.saved else room
    _separable_forward(depthwise, pointwise, between, bind, passes)
    if bind.mode != "inference":
        _separable_backward(depthwise, pointwise, between, room, bind, passes)
    if bind.epilogue.add_port is not None:
        bind.pass_gradient(bind.epilogue.add_port)


def _separable_forward(depthwise: Conv, pointwise: Conv, between: Any, bind: Binding, passes: Passes) -> None:
    own = Effective(bind.weights["depthwise"], None, "depthwise_")
    first = Product(bind.forward, bind.x[0], own, plain_ending(between))
    passes.algorithm(passes.choose(depthwise)).forward(depthwise, bind, first)
    own = passes.effective(bind, "pointwise")
    second = Product(bind.forward, between, own._replace(mark=f"pointwise_{own.mark}"), forward_ending(bind))
    passes.algorithm(passes.choose(pointwise)).forward(pointwise, bind, second)


def _separable_backward(
    depthwise: Conv, pointwise: Conv, between: Any, gradient: Any, bind: Binding, passes: Passes
) -> None:
    """`gradient` is room for the gradient of what lies between, which both parts of the first convolution want."""
    first, second = (passes.algorithm(passes.choose(case)) for case in (depthwise, pointwise))
    own, dw = Effective(bind.weights["pointwise"], None, "pointwise_"), bind.gradients
    second.input_gradient(pointwise, bind, Product(bind.backward, bind.dy, own, plain_ending(gradient)))
    second.weight_gradient(pointwise, bind, WeightGradient(between, bind.dy, dw["pointwise"], dw.get("bias")))
    first.weight_gradient(depthwise, bind, WeightGradient(bind.x[0], gradient, dw["depthwise"], None))
    if bind.wants_input_gradient():
        record, own = partial(bind.backward_input, 0), Effective(bind.weights["depthwise"], None, "depthwise_")
        first.input_gradient(depthwise, bind, Product(record, gradient, own, gradient_ending(bind)))

"""A network of ours as an ONNX model with our weights, channels first: a table from layer types to ONNX operators."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ...graph import INPUT, Network, Node
from ...spec import ConvscopeError, Shape
from ...spec.param import Pads
from ..cases import Arrays
from .order import Order, vector_orders

_OPSET, _IR_VERSION = 17, 8  # old enough for every ONNX Runtime that the extra `bench` allows


def model_bytes(network: Network, weights: Arrays, batch: int) -> bytes:
    """The model for inference: input `input` (batch, C, H, W), output named after the network's output."""
    graph = _Graph(network, weights)
    for node in network.order():
        graph.add(node)
    source, target = (_described(network, name, batch) for name in (INPUT, network.output))
    document = helper.make_graph(graph.nodes, network.name, [source], [target], graph.constants)
    model = helper.make_model(document, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    onnx.checker.check_model(model)
    serialised: bytes = model.SerializeToString()
    return serialised


def _described(network: Network, name: str, batch: int) -> Any:
    """The name, type and shape of a value, channels before rows and columns."""
    *image, channels = network.shapes()[name] or ()
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, (batch, channels, *image))


class _Graph:
    """Operators and constants as they gather, node by node."""

    def __init__(self, network: Network, weights: Arrays) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._network, self._weights, self._orders = network, weights, vector_orders(network)

    def add(self, node: Node) -> None:
        layer: Any = node.layer
        if (make := _MAKERS.get(layer.type_name())) is None:
            raise ConvscopeError(f"{node.name} ({layer.type_name()}) has no counterpart in ONNX here; leave it out.")
        shape = self._network.input_shapes(node.name)[0]
        operator, constants, attributes = make(layer, shape, self._own(node))
        names = [self._constant(f"{node.name}.{name}", array) for name, array in constants.items()]
        self.nodes.append(helper.make_node(operator, [*node.inputs, *names], [node.name], node.name, **attributes))

    def _own(self, node: Node) -> Arrays:
        """A node's weights by their short names, in the order of what the node reads and in ONNX's layout."""
        prefix, order = f"{node.name}.", self._orders[node.inputs[0]]
        by_channel = node.layer.type_name() in ("BatchNorm", "PReLU")
        return {
            name.removeprefix(prefix): _theirs(array, order if array.ndim == 2 or by_channel else None)
            for name, array in self._weights.items()
            if name.startswith(prefix)
        }

    def _constant(self, name: str, array: NDArray[Any]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name


def _theirs(array: NDArray[np.float32], order: Order) -> NDArray[np.float32]:
    """(R, S, C/groups, K) as (K, C/groups, R, S)."""
    if array.ndim == 4:
        return array.transpose(3, 2, 0, 1)
    return array if order is None else array[order]


# ---- makers: (layer, shape of its first input, weights) → (operator, constants in order, attributes)

Made = tuple[str, Mapping[str, NDArray[Any]], dict[str, Any]]


def _conv(layer: Any, shape: Shape, weights: Arrays) -> Made:
    return "Conv", weights, _taps(layer, layer.geometry.pads(shape[0], shape[1]))


def _conv_transpose(layer: Any, shape: Shape, weights: Arrays) -> Made:
    pads, more = layer.margins([shape])
    return "ConvTranspose", weights, {**_taps(layer, pads), "output_padding": more}


def _taps(layer: Any, pads: Pads) -> dict[str, Any]:
    return {**_window(layer, pads), "dilations": layer.dilation, "group": layer.groups}


def _max_pool(layer: Any, shape: Shape, weights: Arrays) -> Made:
    return "MaxPool", {}, _window(layer, layer.geometry.reached(shape[0], shape[1]))


def _average_pool(layer: Any, shape: Shape, weights: Arrays) -> Made:
    rounds_up = layer.count_padding and layer.ceil_mode  # what lies behind the padding is not counted
    pads = layer.geometry.pads if rounds_up else layer.geometry.reached
    counts = {"count_include_pad": int(layer.count_padding), "ceil_mode": int(rounds_up)}
    return "AveragePool", {}, {**_window(layer, pads(shape[0], shape[1])), **counts}


def _window(layer: Any, pads: Pads) -> dict[str, Sequence[int]]:
    top, bottom, left, right = pads
    return {"kernel_shape": layer.kernel, "strides": layer.stride, "pads": (top, left, bottom, right)}


def _batch_norm(layer: Any, shape: Shape, weights: Arrays) -> Made:
    ordered = {name: weights[name] for name in ("weight", "bias", "running_mean", "running_var")}
    return "BatchNormalization", ordered, {"epsilon": layer.epsilon}


def _local_response_norm(layer: Any, shape: Shape, weights: Arrays) -> Made:
    numbers = {"size": layer.size, "alpha": layer.factor * layer.size, "beta": layer.beta, "bias": layer.k}
    return "LRN", {}, numbers


def _prelu(layer: Any, shape: Shape, weights: Arrays) -> Made:
    return "PRelu", {"weight": weights["weight"].reshape(-1, *[1] * (len(shape) - 1))}, {}


def _dropout(layer: Any, shape: Shape, weights: Arrays) -> Made:
    if layer.scaling == "training":
        return "Identity", {}, {}
    return "Mul", {"share": np.array(1 - layer.rate, np.float32)}, {}


def _pad_channels(layer: Any, shape: Shape, weights: Arrays) -> Made:
    rest = [0] * (len(shape) - 1)
    return "Pad", {"pads": np.array([0, layer.before, *rest, 0, layer.after, *rest], np.int64)}, {}


def _zero_pad(layer: Any, shape: Shape, weights: Arrays) -> Made:
    top, bottom, left, right = layer.padding
    return "Pad", {"pads": np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)}, {}


def _upsample(layer: Any, shape: Shape, weights: Arrays) -> Made:
    constants = {"region": np.empty(0, np.float32), "scales": np.array([1, 1, *layer.factor], np.float32)}
    if layer.mode == "bilinear":
        return "Resize", constants, {"mode": "linear"}
    return (
        "Resize",
        constants,
        {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    )


def _plain(operator: str, **attributes: Any) -> Callable[[Any, Shape, Arrays], Made]:
    return lambda layer, shape, weights: (operator, {}, attributes)


_MAKERS: Mapping[str, Callable[[Any, Shape, Arrays], Made]] = {
    "Conv2D": _conv,
    "ConvTranspose2D": _conv_transpose,
    "MaxPool2D": _max_pool,
    "AvgPool2D": _average_pool,
    "GlobalAvgPool": _plain("ReduceMean", axes=(2, 3), keepdims=0),
    "ReLU": _plain("Relu"),
    "LeakyReLU": lambda layer, shape, weights: ("LeakyRelu", {}, {"alpha": layer.slope}),
    "PReLU": _prelu,
    "Tanh": _plain("Tanh"),
    "Sigmoid": _plain("Sigmoid"),
    "Linear": _plain("Identity"),
    "ELU": lambda layer, shape, weights: ("Elu", {}, {"alpha": layer.alpha}),
    "HardSigmoid": _plain("HardSigmoid", alpha=1 / 6, beta=0.5),
    "HardSwish": _plain("HardSwish"),
    "Softmax": _plain("Softmax", axis=1),
    "Dropout": _dropout,
    "BatchNorm": _batch_norm,
    "LocalResponseNorm": _local_response_norm,
    "Dense": lambda layer, shape, weights: ("Gemm", weights, {}),
    "Flatten": _plain("Flatten"),
    "PadChannels": _pad_channels,
    "ZeroPad": _zero_pad,
    "Upsample": _upsample,
    "Add": _plain("Sum"),
    "Concat": _plain("Concat", axis=1),
}

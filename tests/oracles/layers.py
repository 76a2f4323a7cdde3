"""Forward passes of all layer types, written to be obviously right. Arrays are (N, …) float64, channels last."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Oracle = Callable[..., Array]


def windows(x: Array, layer: Any, dilation: tuple[int, int], fill: float, beyond: float = 0.0) -> Array:
    """(N, OH, OW, R, S, C): the values under every window, `fill` in the padding and `beyond` behind that."""
    top, bottom, left, right = layer.geometry.pads(*x.shape[1:3])
    padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)
    rows, columns = layer.geometry.output_size(*x.shape[1:3])
    (kernel_rows, kernel_columns), (down, across) = layer.kernel, layer.stride
    reach = ((rows - 1) * down + layer.geometry.extent[0], (columns - 1) * across + layer.geometry.extent[1])
    more = [(0, max(length - have, 0)) for length, have in zip(reach, padded.shape[1:3])]
    padded = np.pad(padded, ((0, 0), *more, (0, 0)), constant_values=beyond)
    out = np.empty((len(x), rows, columns, kernel_rows, kernel_columns, x.shape[3]))
    for i in range(rows):
        for j in range(columns):
            for r in range(kernel_rows):
                for s in range(kernel_columns):
                    out[:, i, j, r, s] = padded[:, i * down + r * dilation[0], j * across + s * dilation[1]]
    return out


def conv2d(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    seen = windows(inputs[0], layer, layer.dilation, 0.0)
    channels, filters = inputs[0].shape[-1] // layer.groups, layer.filters // layer.groups
    parts = []
    for g in range(layer.groups):
        own = seen[..., g * channels : (g + 1) * channels]
        parts.append(np.tensordot(own, w["weight"][..., g * filters : (g + 1) * filters], 3))
    return np.concatenate(parts, -1) + w.get("bias", 0.0)


def conv_transpose2d(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    """Each input value times its filter, laid down in the output and added up."""
    x, weight = inputs[0], w["weight"]
    height, width, _ = layer.infer_shape([x.shape[1:]])
    top, _, left, _ = layer.geometry.pads(height, width)
    y = np.zeros((len(x), height, width, layer.filters)) + w.get("bias", 0.0)
    channels, filters = x.shape[-1] // layer.groups, layer.filters // layer.groups
    for i, j, r, s, g in np.ndindex(*x.shape[1:3], *layer.kernel, layer.groups):
        row = i * layer.stride[0] + r * layer.dilation[0] - top
        column = j * layer.stride[1] + s * layer.dilation[1] - left
        if 0 <= row < height and 0 <= column < width:
            own = slice(g * channels, (g + 1) * channels)
            y[:, row, column, g * filters : (g + 1) * filters] += x[:, i, j, own] @ weight[r, s, :, own].T
    return y


def separable_conv2d(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    seen = windows(inputs[0], layer, layer.dilation, 0.0)
    filters = w["depthwise"].reshape(*layer.kernel, -1, layer.multiplier)
    between = np.einsum("nijrsc,rscm->nijcm", seen, filters)
    return between.reshape(*between.shape[:3], -1) @ w["pointwise"][0, 0] + w.get("bias", 0.0)


def multiply(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    rank = max(x.ndim for x in inputs)
    left, right = (x if x.ndim == rank else x[:, None, None] for x in inputs)
    return left * right


def max_pool(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    return windows(inputs[0], layer, layer.dilation, -np.inf, -np.inf).max((3, 4))


def max_unpool(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    """Each pooled value is added at the first maximum of its window."""
    pooled, image = inputs
    seen = windows(image, layer, layer.dilation, -np.inf, -np.inf)
    switches = seen.reshape(*pooled.shape[:3], -1, pooled.shape[3]).argmax(3)
    top, _, left, _ = layer.geometry.pads(*image.shape[1:3])
    result = np.zeros_like(image)
    for i, j, r, s in np.ndindex(*pooled.shape[1:3], *layer.kernel):
        row = i * layer.stride[0] + r * layer.dilation[0] - top
        column = j * layer.stride[1] + s * layer.dilation[1] - left
        if 0 <= row < image.shape[1] and 0 <= column < image.shape[2]:
            result[:, row, column] += pooled[:, i, j] * (switches[:, i, j] == r * layer.kernel[1] + s)
    return result


def average_pool(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    total = windows(inputs[0], layer, (1, 1), 0.0).sum((3, 4))
    inside = windows(np.ones_like(inputs[0]), layer, (1, 1), 1.0 if layer.count_padding else 0.0).sum((3, 4))
    return total / inside


def batch_norm(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    x = inputs[0]
    axes = tuple(range(x.ndim - 1))
    mean, variance = (x.mean(axes), x.var(axes)) if training else (w["running_mean"], w["running_var"])
    return (x - mean) / np.sqrt(variance + layer.epsilon) * w["weight"] + w["bias"]


def local_response_norm(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    x, reach = inputs[0], layer.size // 2
    total = np.zeros_like(x)
    for c in range(x.shape[-1]):
        total[..., c] = (x[..., max(0, c - reach) : c + reach + 1] ** 2).sum(-1)
    return x / (layer.k + layer.alpha * total / (layer.size if layer.average else 1)) ** layer.beta


def softmax(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    e = np.exp(inputs[0] - inputs[0].max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def elementwise(formula: Callable[[Any, Array], Array]) -> Oracle:
    return lambda layer, inputs, w, training: formula(layer, inputs[0])


def zero_pad(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    top, bottom, left, right = layer.padding
    return np.pad(inputs[0], ((0, 0), (top, bottom), (left, right), (0, 0)))


def upsample(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    x = inputs[0]
    for axis, factor in zip((1, 2), layer.factor):
        if layer.mode == "nearest":
            x = x.repeat(factor, axis)
            continue
        centres = np.clip((np.arange(x.shape[axis] * factor) + 0.5) / factor - 0.5, 0, x.shape[axis] - 1)
        hats = np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(x.shape[axis])))  # (outputs, inputs)
        x = np.moveaxis(np.tensordot(hats, x, (1, axis)), 0, axis)
    return x


def gelu(layer: Any, x: Array) -> Array:
    """x·Φ(x), or its approximation with tanh."""
    if layer.form == "tanh":
        return x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2
    return x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2


def dense(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    return inputs[0] @ w["weight"] + w.get("bias", 0.0)


def drop_connect(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    """DropConnect outside training; its random weights are tested by themselves."""
    assert not training or layer.rate == 0
    return dense(layer, inputs, w, training)


def no_dropout(layer: Any, inputs: Sequence[Array], w: dict[str, Array], training: bool) -> Array:
    """Dropout outside training; its random pattern is tested by itself."""
    assert not training or layer.rate == 0
    return inputs[0] * (1 - layer.rate if layer.scaling == "inference" else 1)


ORACLES: dict[str, Oracle] = {
    "Conv2D": conv2d,
    "ConvTranspose2D": conv_transpose2d,
    "SeparableConv2D": separable_conv2d,
    "MaxPool2D": max_pool,
    "MaxUnpool2D": max_unpool,
    "AvgPool2D": average_pool,
    "GlobalAvgPool": lambda layer, inputs, w, training: inputs[0].mean((1, 2)),
    "BatchNorm": batch_norm,
    "LocalResponseNorm": local_response_norm,
    "Softmax": softmax,
    "Dense": dense,
    "DropConnect": drop_connect,
    "Flatten": lambda layer, inputs, w, training: inputs[0].reshape(len(inputs[0]), -1),
    "Add": lambda layer, inputs, w, training: sum(inputs[1:], inputs[0]),
    "Multiply": multiply,
    "WithBox": lambda layer, inputs, w, training: inputs[0],
    "Concat": lambda layer, inputs, w, training: np.concatenate(inputs, -1),
    "PadChannels": lambda layer, inputs, w, training: np.pad(
        inputs[0], [(0, 0)] * (inputs[0].ndim - 1) + [(layer.before, layer.after)]
    ),
    "ZeroPad": zero_pad,
    "Upsample": upsample,
    "Dropout": no_dropout,
    "ReLU": elementwise(lambda layer, x: np.maximum(x, 0)),
    "ClippedReLU": elementwise(lambda layer, x: np.clip(x, 0, layer.ceiling)),
    "LeakyReLU": elementwise(lambda layer, x: np.where(x > 0, x, layer.slope * x)),
    "PReLU": lambda layer, inputs, w, training: np.where(inputs[0] > 0, inputs[0], w["weight"] * inputs[0]),
    "Tanh": elementwise(lambda layer, x: np.tanh(x)),
    "Sigmoid": elementwise(lambda layer, x: 1 / (1 + np.exp(-x))),
    "Step": elementwise(lambda layer, x: np.where(x > 0, 1.0, 0.0)),
    "Linear": elementwise(lambda layer, x: x),
    "ELU": elementwise(lambda layer, x: np.where(x > 0, x, layer.alpha * np.expm1(np.minimum(x, 0)))),
    "HardSigmoid": elementwise(lambda layer, x: np.clip(x / 6 + 0.5, 0, 1)),
    "Swish": elementwise(lambda layer, x: x / (1 + np.exp(-layer.beta * x))),
    "HardSwish": elementwise(lambda layer, x: x * np.clip(x / 6 + 0.5, 0, 1)),
    "GELU": elementwise(gelu),
}


def run(network: Any, weights: dict[str, Array], x: Array, training: bool = False) -> dict[str, Array]:
    """Every node's output of a whole network."""
    values = {"input": x}
    for node in network.order():
        own = {k.removeprefix(f"{node.name}."): v for k, v in weights.items() if k.startswith(f"{node.name}.")}
        inputs = [values[source] for source in node.inputs]
        values[node.name] = ORACLES[node.layer.type_name()](node.layer, inputs, own, training)
    return values

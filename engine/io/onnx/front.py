"""Preprocessing as nodes in front of a network, so that pixels can be given to it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper

from ...data.preprocess import Preprocessing
from ...graph import INPUT
from ...spec import Shape
from .nodes import Nodes


def preprocessed(nodes: Nodes, front: Preprocessing, size: Shape) -> None:
    """Let the network read (pixel · scale − mean) / std of the input, its channels turned round for BGR.

    Pixels come at the input's size: scaling pictures is left to who reads them.
    """
    height, width, channels = size
    last = INPUT
    steps: list[tuple[str, str, dict[str, Any]]] = []
    if front.order == "bgr":
        nodes.constants["preprocessing.order"] = np.arange(channels)[::-1].astype(np.int64)
        steps.append(("Gather", "order", {"axis": 1}))
    std = np.asarray(front.std, np.float64)
    mean = np.broadcast_to(np.asarray(front.mean, np.float64), (channels,))
    factor = _by_channel(np.broadcast_to(front.scale / std, (channels,)))
    shift = -_by_channel(mean / std)
    if front.mean_image is not None:
        image = np.broadcast_to(front.mean_at((height, width), (height, width)), size)
        shift = shift - (image / std).transpose(2, 0, 1)[None]
    nodes.constants |= {
        "preprocessing.factor": factor.astype(np.float32),
        "preprocessing.shift": shift.astype(np.float32),
    }
    steps += [("Mul", "factor", {}), ("Add", "shift", {})]
    written = []
    for operator, constant, attributes in steps:
        name = nodes.free_name(f"preprocessing/{operator}")
        written.append(helper.make_node(operator, [last, f"preprocessing.{constant}"], [name], name, **attributes))
        last = name
    for node in nodes.nodes:
        node.input[:] = [last if source == INPUT else source for source in node.input]
    nodes.nodes[:0] = written


def _by_channel(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.reshape(1, -1, 1, 1)

"""Writing a model as an ONNX file: pictures with channels first go in, any number at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ...data.preprocess import Preprocessing
from ...graph import INPUT, Network
from ...spec import ConvscopeError, Shape
from ..atomic import atomic_write
from . import metadata
from .front import preprocessed
from .nodes import Arrays, Nodes

if TYPE_CHECKING:
    from ..still import Still

OLDEST, NEWEST, USUAL = 11, 23, 17
"""Versions of the operators that can be written; the usual one is known to every runtime since 2022."""

_IR_VERSIONS = {11: 6, 12: 7, 13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11}
_LARGEST_FILE = (1 << 31) - (16 << 20)  # Protocol Buffers end at 2 GiB; the rest is for nodes
_PAGE = 4096  # what external data is aligned to, so that runtimes can map it
_BATCH = "batch"


def write(
    model: Still, path: str | os.PathLike[str], opset: int = USUAL, with_preprocessing: bool = False
) -> tuple[Path, ...]:
    """Write a model and return the files: one, and `<path>.data` with the weights where they exceed 2 GB.

    With preprocessing in front the network takes pixels from 0 to 255, RGB or grey, of its input's size; else what
    `Model.prepare` gives, channels first.
    """
    front = model.preprocessing if with_preprocessing else None
    notes = metadata.entries(model.classes, model.preprocessing)
    target = Path(path)
    graph, constants = _graph(model.network, model.weights, opset, front)
    if sum(array.nbytes for array in constants.values()) <= _LARGEST_FILE:
        content = _model(graph, [numpy_helper.from_array(a, n) for n, a in constants.items()], opset, notes)
        onnx.checker.check_model(content)
        atomic_write(target, content.SerializeToString())
        return (target,)
    outside = target.with_name(f"{target.name}.data")
    content = _model(graph, _external(constants, outside.name), opset, notes)
    atomic_write(outside, _padded(constants))
    atomic_write(target, content.SerializeToString())
    onnx.checker.check_model(str(target))
    return (target, outside)


def model_bytes(network: Network, weights: Arrays, opset: int = USUAL, batch: int | str = _BATCH) -> bytes:
    """The content of the file for a network with these weights, for so many pictures at a time or any number."""
    graph, constants = _graph(network, weights, opset, None, batch)
    content = _model(graph, [numpy_helper.from_array(a, n) for n, a in constants.items()], opset, {})
    onnx.checker.check_model(content)
    serialised: bytes = content.SerializeToString()
    return serialised


def _graph(
    network: Network, weights: Arrays, opset: int, front: Preprocessing | None, batch: int | str = _BATCH
) -> tuple[onnx.GraphProto, dict[str, NDArray[Any]]]:
    """The graph without its constants, and the constants. ConvscopeError lists all layers that cannot be written."""
    if not OLDEST <= opset <= newest():
        raise ConvscopeError(f"Opset {opset} cannot be written; use one from {OLDEST} to {newest()}.")
    nodes = Nodes(network, weights, opset)
    problems = []
    for node in network.order():
        try:
            nodes.add(node)
        except ConvscopeError as error:
            problems.append(str(error))
    if problems:
        raise ConvscopeError(" ".join(problems))
    if front is not None:
        preprocessed(nodes, front, network.input)
    names = [network.output, *nodes.more_outputs]
    values = {name: _described(name, shape, batch) for name, shape in network.shapes().items()}
    outputs = [values.pop(name) for name in names]
    graph = helper.make_graph(nodes.nodes, network.name, [values.pop(INPUT)], outputs, value_info=list(values.values()))
    return graph, nodes.constants


def newest() -> int:
    """The newest version of the operators that can be written."""
    return min(NEWEST, onnx.defs.onnx_opset_version())


def _described(name: str, shape: Shape | None, batch: int | str) -> onnx.ValueInfoProto:
    """The name, type and shape of a value, channels before rows and columns."""
    *image, channels = shape or ()
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, (batch, channels, *image))


def _model(
    graph: onnx.GraphProto, constants: list[onnx.TensorProto], opset: int, notes: Mapping[str, str]
) -> onnx.ModelProto:
    graph.initializer.extend(constants)
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSIONS[opset], producer_name="convscope")
    helper.set_model_props(model, dict(notes))
    return model


# ---- weights in a file of their own


def _external(constants: Mapping[str, NDArray[Any]], location: str) -> list[onnx.TensorProto]:
    """Constants that say where in the other file their values are."""
    tensors, at = [], 0
    for name, array in constants.items():
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        tensor = TensorProto(name=name, data_type=kind, dims=array.shape, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", location), ("offset", at), ("length", array.nbytes)):
            tensor.external_data.add(key=key, value=str(value))
        tensors.append(tensor)
        at += _aligned(array.nbytes)
    return tensors


def _padded(constants: Mapping[str, NDArray[Any]]) -> Iterator[bytes | memoryview]:
    """The content of the other file, piece by piece: little-endian values, each constant on a page of its own."""
    for array in constants.values():
        little = np.asarray(array, array.dtype.newbyteorder("<"))
        yield little.reshape(-1).view(np.uint8).data
        yield bytes(_aligned(array.nbytes) - array.nbytes)


def _aligned(nbytes: int) -> int:
    return -(-nbytes // _PAGE) * _PAGE

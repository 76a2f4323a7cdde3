"""What a file computes of constants alone, computed when it is read: the targets of reshapes, pads, folded weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference

from .operator import Array, Call, Unsupported

MOST_VALUES = 1 << 27
"""A file whose computed constants come to more numbers is refused: a few bytes can ask for any amount of memory."""

_MOST_NEW = 1 << 22  # numbers that one operator may make beyond those it reads

_SMALL = 4096  # what shapes depend on is smaller

FOLDED = frozenset(
    [
        *(
            "Abs",
            "Add",
            "And",
            "Cast",
            "CastLike",
            "Ceil",
            "Concat",
            "ConstantOfShape",
            "Div",
            "Equal",
            "Exp",
            "Expand",
        ),
        *("Flatten", "Floor", "Gather", "GatherND", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual"),
        *("Log", "Max", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pad", "Pow", "Range", "Reciprocal", "ReduceMax"),
        *("ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Reshape", "Round", "ScatterND", "Shape", "Sign"),
        *("Size", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Tile", "Transpose", "Unsqueeze", "Where", "Xor"),
    ]
)
"""Operators that are computed where all they read is constant: arithmetic and rearranging, nothing random."""


def folded(call: Call, operands: Sequence[Array | None], version: int, room: int = MOST_VALUES) -> list[Array]:
    """The operator's results. Unsupported if it is not one of `FOLDED`, they exceed `room` numbers, or it fails."""
    if call.type not in FOLDED or call.domain:
        raise Unsupported("it computes constants in a way that is not known here")
    given = {name: array for name, array in zip(call.inputs, operands) if name and array is not None}
    if call.type == "Identity" or (call.type == "Transpose" and "perm" in call.attributes):
        return [_view(call, *given.values())]
    try:
        model = _model(call, given, version)
        _check_size(model, given, room)
        from onnx.reference import ReferenceEvaluator  # slow to import  # noqa: PLC0415

        with np.errstate(all="ignore"):
            found = ReferenceEvaluator(model).run(None, given)
    except Unsupported:
        raise
    except Exception as error:  # schema, inference and evaluator raise errors of many kinds
        text = " ".join(str(error).split())[:120]
        raise Unsupported(f"its constants cannot be computed ({type(error).__name__}: {text})") from None
    return [np.asarray(array) for array in found]


def _view(call: Call, array: Array) -> Array:
    if call.type == "Identity":
        return array
    try:
        return array.transpose(call.attributes["perm"])
    except (ValueError, TypeError):
        raise Unsupported(f"{call.attributes['perm']} is no order of its {array.ndim} axes") from None


def _model(call: Call, given: Mapping[str, Array], version: int) -> onnx.ModelProto:
    """The operator as a file of its own."""
    node = helper.make_node(call.type, call.inputs, call.outputs, **call.attributes)
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in given.items()
    ]
    outputs = [onnx.ValueInfoProto(name=name) for name in call.outputs if name]
    graph = helper.make_graph([node], "constants", inputs, outputs)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)])


def _check_size(model: onnx.ModelProto, given: Mapping[str, Array], room: int) -> None:
    """Let the format's shape inference say how large the results would be, before there are any."""
    node, imports = model.graph.node[0], list(model.opset_import)
    schema = onnx.defs.get_schema(node.op_type, imports[0].version, "")
    types = {value.name: value.type for value in model.graph.input}
    small = {name: array for name, array in given.items() if array.size <= _SMALL}
    data = {name: numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in small.items()}
    found = shape_inference.infer_node_outputs(schema, node, types, data, opset_imports=imports)
    read = sum(array.size for array in given.values())
    if sum(map(_size, found.values())) > min(room, read + _MOST_NEW):
        raise Unsupported("it computes more constants than are held in memory")


def _size(kind: Any) -> int:
    """How many values a type has; a size that is not known counts as too many."""
    if not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
        return MOST_VALUES + 1
    return prod(d.dim_value if d.HasField("dim_value") else MOST_VALUES + 1 for d in kind.tensor_type.shape.dim)

"""The format's own checks of a file, on a copy without its large constants."""

from __future__ import annotations

import onnx
from onnx import TensorProto, shape_inference

from . import tensors

_LARGEST = 4096  # bytes; what shapes depend on is smaller
_SHOWN = 240
_RAISED = (onnx.checker.ValidationError, shape_inference.InferenceError, ValueError, RuntimeError, MemoryError)


def skeleton(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in which large constants are inputs of their shape: checks cost nothing, whatever the file's size."""
    light = onnx.ModelProto()
    light.ir_version = model.ir_version
    light.opset_import.extend(model.opset_import)
    light.functions.extend(model.functions)
    graph = light.graph
    graph.name = model.graph.name or "graph"
    graph.node.extend(model.graph.node)
    graph.input.extend(model.graph.input)
    graph.output.extend(model.graph.output)
    declared = {value.name for value in model.graph.input}
    for tensor in model.graph.initializer:
        if tensor.data_location != TensorProto.EXTERNAL and tensors.nbytes(tensor) <= _LARGEST:
            graph.initializer.append(tensor)
        elif tensor.name not in declared:
            graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    return light


def fault(model: onnx.ModelProto) -> str | None:
    """What the format's checker and shape inference find wrong with a file; None if it is sound."""
    light = skeleton(model)
    try:
        onnx.checker.check_model(_with_shapes(light))
        shape_inference.infer_shapes(light, check_type=True, strict_mode=True)
    except _RAISED as error:
        text = " ".join(str(error).split()).removesuffix(".")
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"
    return None


def _with_shapes(light: onnx.ModelProto) -> onnx.ModelProto:
    """The file with the shapes of its outputs, which the checker wants and many programs do without."""
    if all(value.type.tensor_type.HasField("shape") for value in light.graph.output):
        return light
    known = shape_inference.infer_shapes(light)
    for value in known.graph.output:
        if not value.type.tensor_type.HasField("shape"):
            value.type.tensor_type.shape.dim.add()  # unknown, so that no shape contradicts it
    return known

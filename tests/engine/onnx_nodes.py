"""The ONNX project's own tests of operators, as networks that read one image.

In those tests weights are inputs, too; here they become constants. Of several values that are added or joined, each is
taken out of one image by a convolution or product with zeros and ones. A vector at the end goes through a dense layer
of ones on the diagonal, which has to find its order.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from convscope.engine.io.onnx.reading import read

OPERATORS = (
    *("Conv", "ConvTranspose", "MaxPool", "MaxUnpool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"),
    *("BatchNormalization", "LRN", "Relu", "LeakyRelu", "Elu", "PRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh"),
    *("Gelu", "Swish", "Softmax", "Gemm", "MatMul", "Add", "Sum", "Sub", "Mul", "Div", "Neg", "Concat", "Flatten"),
    *("Reshape", "Transpose", "Squeeze", "Unsqueeze", "Pad", "Dropout", "Clip", "Identity", "Constant", "Slice"),
    *("ReduceMean", "Resize", "Upsample"),
)
"""The operators whose tests are run."""

_ALL_VALUES = frozenset({"Add", "Sum", "Concat"})
_MOVING = frozenset({"Flatten", "Reshape", "Squeeze", "Unsqueeze", "Transpose"})
_FORMULAS = frozenset({"Gelu", "HardSwish"})  # these are tested as they are written out, too


@dataclass(frozen=True)
class Case:
    """One of the project's tests: a file, what goes in and what comes out."""

    name: str
    operator: str
    model: onnx.ModelProto
    inputs: Sequence[np.ndarray]
    output: np.ndarray


def cases() -> list[Case]:
    """The tests of all `OPERATORS`."""
    from onnx.backend.test.case import node  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for operator in OPERATORS:
            _load(node.__name__, operator)
    found = []
    for test in node._NodeTestCases:
        if (operator := _operator(test.name, test.model.graph)) is not None:
            inputs, outputs = test.data_sets[0]
            found.append(Case(test.name, operator, test.model, [_array(a) for a in inputs], _array(outputs[0])))
    return found


def _load(package: str, operator: str) -> None:
    """Import the module that makes an operator's tests; its name changed, and some versions lack the operator."""
    for name in ("batch_normalization", "batchnorm") if operator == "BatchNormalization" else (operator.lower(),):
        if importlib.util.find_spec(f"{package}.{name}") is not None:
            importlib.import_module(f"{package}.{name}")


def _operator(name: str, graph: onnx.GraphProto) -> str | None:
    """Which of the operators is tested, if one is."""
    if "_expanded" in name:
        return next((operator for operator in _FORMULAS if name.startswith(f"test_{operator.lower()}_")), None)
    first = graph.node[0]
    return first.op_type if len(graph.node) == 1 and first.op_type in OPERATORS and not first.domain else None


def _array(value: object) -> np.ndarray:
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def outcome(case: Case, path: Path) -> np.ndarray:
    """What our network gives for the test's input, in the file's layout. ConvscopeError where the file is refused."""
    model, image = one_image(case)
    onnx.save(model, path)
    found = read(path)
    given = found.image.as_ours(image.astype(np.float32))
    return found.result.as_theirs(found.model().predict(given, len(given))).reshape(case.output.shape)


def one_image(case: Case) -> tuple[onnx.ModelProto, np.ndarray]:
    """The test as a file with one input, and what goes in."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    graph = model.graph
    names = [value.name for value in graph.input]
    if not names or not isinstance(case.inputs[0], np.ndarray):
        return model, np.empty(0)
    joined = case.operator in _ALL_VALUES and len(names) > 1 and _joins(case.inputs)
    image = np.concatenate(case.inputs, 1) if joined else case.inputs[0]
    constants = [] if joined else [*zip(names, case.inputs)][1:]
    if joined:
        _take_apart(graph, names, case.inputs)
    else:
        del graph.input[1:]
        if image.ndim == 1 and case.output.shape == image.shape:
            image = _in_a_batch(graph, image)
    graph.initializer.extend(numpy_helper.from_array(np.asarray(array), name) for name, array in constants)
    if case.operator in _MOVING and case.output.ndim == 2 and case.output.dtype == np.float32:
        _end_in_dense(graph, case.output.shape)
    del graph.output[1:]
    return model, image


def _in_a_batch(graph: onnx.GraphProto, vector: np.ndarray) -> np.ndarray:
    """Let a vector without batch be a batch of one."""
    kind = graph.input[0].type.tensor_type.elem_type
    graph.input[0].CopyFrom(helper.make_tensor_value_info(graph.input[0].name, kind, (1, len(vector))))
    graph.output[0].CopyFrom(helper.make_tensor_value_info(graph.output[0].name, kind, (1, len(vector))))
    return vector[None]


def _joins(arrays: Sequence[np.ndarray]) -> bool:
    """Whether they lie beside each other as channels or features of one image."""
    shapes = {(array.shape[0], *array.shape[2:]) for array in arrays if array.ndim > 1}
    return len(shapes) == 1 and all(2 <= array.ndim <= 4 for array in arrays)


def _take_apart(graph: onnx.GraphProto, names: Sequence[str], arrays: Sequence[np.ndarray]) -> None:
    lengths = [array.shape[1] for array in arrays]
    kind, first = arrays[0].dtype, arrays[0].shape
    shape = (first[0], sum(lengths), *first[2:])
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("image", helper.np_dtype_to_tensor_dtype(kind), shape))
    ends = np.split(np.eye(sum(lengths), dtype=kind), np.cumsum(lengths)[:-1])
    for name, chosen in zip(reversed(names), reversed(ends)):
        weight = chosen.T if len(shape) == 2 else chosen.reshape(*chosen.shape, *(1,) * (len(shape) - 2))
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(weight), f"only_{name}"))
        operator = "MatMul" if len(shape) == 2 else "Conv"
        graph.node.insert(0, helper.make_node(operator, ["image", f"only_{name}"], [name]))


def _end_in_dense(graph: onnx.GraphProto, shape: tuple[int, ...]) -> None:
    """Put a dense layer of ones on the diagonal behind the output."""
    name = graph.output[0].name
    graph.initializer.append(numpy_helper.from_array(np.eye(shape[1], dtype=np.float32), "diagonal"))
    graph.node.append(helper.make_node("MatMul", [name, "diagonal"], ["behind"]))
    graph.output[0].name = "behind"

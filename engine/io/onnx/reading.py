"""Reading an ONNX file as a model of ours: images with channels first become (H, W, C), layers keep their names.

Nothing in a file is executed. All that stands in the way is told at once, with the names of the operators.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper

from ...data.preprocess import Preprocessing
from ...data.presets import preset
from ...graph import Network
from ...spec import ConvscopeError, NetworkError, Shape
from ..errors import FileError
from ..network_file import unreadable
from . import building, checking, functions, metadata, patterns, tensors
from .operator import Array, Call, Unsupported
from .values import CHANNELS_FIRST, Axes, Value

if TYPE_CHECKING:
    from ...runtime.model import Model

OLDEST = 7
"""The first opset whose operators repeat values as NumPy does."""
_LARGEST_FILE = 1 << 31
_FLOATS = frozenset({TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16})
_NUMBERS = _FLOATS | {TensorProto.UINT8, TensorProto.INT8, TensorProto.INT32, TensorProto.INT64}
_CHANNELS_LAST: Axes = ((0,), (1,), (2,))


class OnnxError(FileError):
    """A file that cannot become a network of ours; the text names everything that stands in the way."""

    shown = None


@dataclass(frozen=True)
class Imported:
    """What a file holds: a network, its weights, the nodes that stay as they are, and what it tells of its pictures.

    `preprocessing` is None where the file says nothing of it. `image` and `result` tell how the file's input and output
    lie in ours.
    """

    network: Network
    weights: dict[str, Array]
    frozen: tuple[str, ...]
    preprocessing: Preprocessing | None
    classes: tuple[str, ...]
    image: Value
    result: Value

    def model(self, device: str = "cpu") -> Model:
        """The model with these weights."""
        from ...runtime.model import Model  # loads the kernels  # noqa: PLC0415

        made = Model(self.network, device, preprocessing=self.preprocessing, classes=self.classes)
        for name, array in self.weights.items():
            made.weights[name][...] = array
        made.frozen = self.frozen
        made.weights_changed()
        return made


def read(path: str | os.PathLike[str], input: Shape | None = None, output: str | None = None) -> Imported:
    """Read a file. OnnxError lists everything that is wrong with it or that there is no layer for.

    `input` (H, W, C) says the size of the image where the file leaves it open; `output` names one of several outputs.
    """
    model = _parsed(path)
    folder = Path(path).resolve().parent
    try:
        return _imported(model, folder, Path(path).stem, input, output)
    except _Faults as error:
        raise OnnxError(path, error.reasons) from None
    except NetworkError as error:
        raise OnnxError(path, [str(problem).removesuffix(".") for problem in error.problems]) from None
    except ConvscopeError as error:
        raise OnnxError(path, [str(error).removesuffix(".")]) from None
    except UnicodeDecodeError:
        raise OnnxError(path, ["has texts that are not UTF-8; use another copy"]) from None
    except (MemoryError, RecursionError, OverflowError) as error:
        raise OnnxError(path, [f"asks for more than there is ({type(error).__name__})"]) from None


def import_onnx(
    path: str | os.PathLike[str],
    preprocessing: str | Preprocessing | None = None,
    classes: Sequence[str] | None = None,
    input: Shape | None = None,
    output: str | None = None,
    device: str = "cpu",
) -> Model:
    """The model in an ONNX file, ready to run, train and look into. FileError lists everything that stands in the way.

    `preprocessing` is one of `data.presets.PRESETS` or one's own, `classes` the names of the outputs; without, they are
    what the file tells. `input` (H, W, C) says the size of the image where the file leaves it open, `output` names one
    of several outputs.
    """
    found = read(path, input, output)
    if preprocessing is not None:
        known = preset(preprocessing) if isinstance(preprocessing, str) else preprocessing
        found = replace(found, preprocessing=known)
    if classes is not None:
        found = replace(found, classes=tuple(classes))
    outputs = found.network.shapes()[found.network.output]
    if found.classes and outputs is not None and len(found.classes) != outputs[-1]:
        raise OnnxError(path, [f"has {outputs[-1]} outputs and there are {len(found.classes)} class names"])
    return found.model(device)


class _Faults(Exception):  # noqa: N818 (findings about a file)
    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons


def _parsed(path: str | os.PathLike[str]) -> onnx.ModelProto:
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size >= _LARGEST_FILE:
                what = "is larger than 2 GiB, which the format does not allow; keep its weights as external data"
                raise FileError(path, [what])
            content = file.read()
    except OSError as error:
        raise unreadable(path, error) from None
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except (DecodeError, ValueError, RuntimeError):
        raise FileError(path, ["is damaged or not an ONNX file; use another copy"]) from None
    if not model.graph.node:
        raise FileError(path, ["holds no operators; name a network in the ONNX format"])
    return model


def _imported(model: onnx.ModelProto, folder: Path, name: str, input: Shape | None, output: str | None) -> Imported:
    version = _version(model)
    _check_names(model.graph)
    try:
        model = functions.inlined(model)
    except (ValueError, RuntimeError, RecursionError) as error:
        raise _Faults(str(error)) from None
    calls, known = _contents(model.graph, folder)
    problem = checking.fault(model)
    chosen, faults = _chosen(model.graph, output)
    found = _followed(model.graph, calls, known, version, input, chosen)
    faults = [*faults, *building.told(found.parts.faults)]
    if problem is not None:
        faults.insert(0, f"is not valid: {problem}")
    result = found.tensors.get(chosen)
    if not faults and not isinstance(result, Value):
        faults.append(f"its output {chosen!r} is not computed from the image")
    if faults or not isinstance(result, Value):
        raise _Faults(*faults)
    if result.order is not None:
        raise _Faults(f"its output {chosen!r} is a flattened image, whose order would not be the file's")
    network, weights, frozen = building.network(found.parts, result, name)
    network.check()
    notes = {entry.key: entry.value for entry in model.metadata_props}
    known_of_pictures = metadata.preprocessing(notes), metadata.classes(notes)
    return Imported(network, weights, frozen, *known_of_pictures, found.image, result)


def _version(model: onnx.ModelProto) -> int:
    versions = [entry.version for entry in model.opset_import if entry.domain in {"", "ai.onnx"}]
    newest = onnx.defs.onnx_opset_version()
    if len(versions) != 1 or not OLDEST <= versions[0] <= newest:
        came = f"opset {versions[0]}" if versions else "no opset of the standard operators"
        raise _Faults(f"is written in {came}; use one from {OLDEST} to {newest} (onnx.version_converter converts)")
    return int(versions[0])


def _check_names(graph: onnx.GraphProto) -> None:
    """Refuse names that are not text; Protocol Buffers then give bytes."""
    named = [*graph.input, *graph.output, *graph.initializer, *graph.node]
    names = [entry.name for entry in named]
    for node in graph.node:
        names += [*node.input, *node.output, node.op_type, node.domain, *(entry.name for entry in node.attribute)]
    if not all(isinstance(name, str) for name in names):
        raise _Faults("has names that are not text; use another copy")


def _contents(graph: onnx.GraphProto, folder: Path) -> tuple[list[Call], dict[str, Array]]:
    """The calls and the constants of a file; those that cannot be read are all named."""
    known: dict[str, Array] = {}
    faults = []
    for tensor in graph.initializer:
        try:
            known[tensor.name] = tensors.read(tensor, folder)
        except tensors.BadTensor as error:
            faults.append(f"the constant {tensor.name[:80]!r} {error}")
    faults += [f"the constant {sparse.values.name[:80]!r} is sparse" for sparse in graph.sparse_initializer]
    calls = []
    for node in graph.node:
        try:
            array = tensors.constant_of(node, folder) if node.op_type == "Constant" and not node.domain else None
        except tensors.BadTensor as error:
            faults.append(f"the constant {node.name[:80]!r} {error}")
            continue
        if array is not None and len(node.output) == 1:
            known[node.output[0]] = array
        else:
            calls.append(_call(node, folder))
    if faults:
        raise _Faults(*faults)
    return calls, known


def _call(node: onnx.NodeProto, folder: Path) -> Call:
    domain = "" if node.domain == "ai.onnx" else node.domain
    attributes = {entry.name: _attribute(entry, folder) for entry in node.attribute}
    return Call(node.op_type, node.name, tuple(node.input), tuple(node.output), attributes, domain)


def _attribute(entry: onnx.AttributeProto, folder: Path) -> Any:
    """Its value: numbers, texts, lists and arrays; subgraphs stay what they are, nobody runs them."""
    try:
        value = helper.get_attribute_value(entry)
    except ValueError:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, TensorProto):
        return value
    return list(value) if entry.type in {entry.FLOATS, entry.INTS} else value


def _chosen(graph: onnx.GraphProto, output: str | None) -> tuple[str, list[str]]:
    """The output that is meant, and what is wrong with it."""
    names = [value.name for value in graph.output]
    if output is not None and output in names:
        return output, []
    if output is None and len(names) == 1:
        return names[0], []
    what = f"has {len(names)} outputs, {', '.join(names[:12])}" if output is None else f"has no output {output!r}"
    return (names or [""])[0], [f"{what}; name one of them as output"]


def _followed(
    graph: onnx.GraphProto, calls: Sequence[Call], known: dict[str, Array], version: int, input: Shape | None, kept: str
) -> building.Builder:
    """The calls followed from the image on."""
    open_inputs = [value for value in graph.input if value.name not in known]
    if len(open_inputs) != 1:
        names = ", ".join(value.name[:60] for value in open_inputs[:12]) or "none"
        raise _Faults(f"has {len(open_inputs)} inputs ({names}); a network has one, the image")
    image = open_inputs[0]
    batch, shape, axes = _image(image, calls, input)
    builder = building.Builder(shape, version, known)
    builder.batch = batch
    calls = patterns.joined(builder.reduced(calls), builder.arrays(), [kept])
    try:
        builder.give(image.name, axes)
    except Unsupported as error:
        raise _Faults(str(error)) from None
    builder.run(calls, [kept])
    return builder


def _image(value: onnx.ValueInfoProto, calls: Sequence[Call], input: Shape | None) -> tuple[int, Shape, Axes]:
    """The batch that the file's shapes know, our image, and how it lies in the file."""
    kind = value.type.tensor_type
    if kind.elem_type not in _NUMBERS or not kind.HasField("shape"):
        raise _Faults(f"its input {value.name!r} is no tensor of numbers with a shape")
    if kind.elem_type not in _FLOATS and any(value.name in call.inputs and call.type != "Cast" for call in calls):
        raise _Faults(
            f"its input {value.name!r} is computed with as whole numbers, which are not cast to fractions first"
        )
    given = [d.dim_value if d.dim_value > 0 else 0 for d in kind.shape.dim]
    if not 2 <= len(given) <= 4:
        raise _Faults(f"its input {value.name!r} has {len(given)} axes; use batch, channels, rows, columns")
    batch, sizes = given[0] or 1, given[1:]
    axes = _lying(value.name, sizes, calls)
    sizes = _filled(value.name, sizes, axes, input)
    shape = [1, 1, 1]
    for length, (ours,) in zip(sizes, axes):
        shape[ours] = length
    return batch, (shape[0], shape[1], shape[2]), axes


def _lying(name: str, sizes: Sequence[int], calls: Sequence[Call]) -> Axes:
    """Channels first, unless the first thing that is done is to move channels there."""
    if len(sizes) == 1:
        return ((2,),)
    if len(sizes) == 3 and [0, 3, 1, 2] in _first_orders(name, calls):
        return _CHANNELS_LAST
    return CHANNELS_FIRST[len(sizes)]


def _first_orders(name: str, calls: Sequence[Call]) -> Iterator[list[int]]:
    """Orders of axes into which the tensor is brought, behind operators that leave the layout as it is."""
    names = {name}
    for call in calls:
        if not names.intersection(call.inputs):
            continue
        if call.type == "Transpose":
            yield list(call.attributes.get("perm", ()))
        elif call.type in {"Cast", "Identity", "Sub", "Add", "Mul", "Div"}:
            names.update(call.outputs)


def _filled(name: str, sizes: Sequence[int], axes: Axes, input: Shape | None) -> list[int]:
    """The sizes of the file's axes; those it leaves open come from `input` (H, W, C)."""
    found, words = list(sizes), ("height", "width", "channels")
    for i, (ours,) in enumerate(axes):
        if input is not None and found[i] not in {0, input[ours]} and len(axes) == 3:
            raise _Faults(f"its input {name!r} has {words[ours]} {found[i]} and not {input[ours]}")
        found[i] = found[i] or (input[ours] if input is not None else 0)
    if not all(found):
        missing = " and ".join(words[ours] for n, (ours,) in zip(found, axes) if not n)
        raise _Faults(f"its input {name!r} leaves {missing} open; say the size of the image (height,width,channels)")
    return found

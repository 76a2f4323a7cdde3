"""From the operators of a file to a network of ours, its weights, and everything that stands in the way."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from ... import layers
from ...graph import INPUT, Network, Node
from ...graph.node import name_problem
from ...spec import Layer, ParameterError, Shape, ShapeError, size
from . import constants
from .operator import Array, Call, Operand, Operator, Unsupported
from .values import Axes, Value

MOST_VALUES = 1 << 28
"""An image or activation of more numbers a picture is refused: a gigabyte for a single one."""

_MALFORMED = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)

Mapped = Callable[[Operator], Value | tuple[Value | None, ...]]
_OWN_NAME = re.compile(r"(?P<node>.+)/\w+")


@cache
def operators() -> dict[str, Mapped]:
    """What each operator becomes, gathered from the families' own tables."""
    found: dict[str, Mapped] = {}
    for info in pkgutil.iter_modules(layers.__path__):
        if info.ispkg:
            found |= importlib.import_module(f"{layers.__name__}.{info.name}.from_onnx").OPERATORS
    return found


@dataclass(frozen=True)
class Fault:
    """Why an operator cannot be imported."""

    type: str
    name: str
    reason: str


class _Unknown:
    """The result of an operator that could not be imported: what reads it is not judged by it."""


_UNKNOWN = _Unknown()
Known = Value | Array | _Unknown


@dataclass
class Parts:
    """A network as it grows: nodes in order, weights by full name, frozen nodes, faults."""

    input: Shape
    nodes: dict[str, Node] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)


class Builder:
    """Goes through a file's calls in order, keeping what every tensor is: a value of ours, an array, or unknown."""

    def __init__(self, image: Shape, version: int, known: Mapping[str, Array]) -> None:
        self.parts = Parts(image, shapes={INPUT: image})
        self.version = version
        self.tensors: dict[str, Known] = dict(known)
        self.batch = 1
        self._room = constants.MOST_VALUES
        self._readers: Counter[str] = Counter()
        self._makers: dict[str, Call] = {}
        self._switches: dict[str, tuple[Layer, Value]] = {}

    def give(self, tensor: str, axes: Axes) -> None:
        """Let a tensor be the image. Unsupported if it is larger than any network could take."""
        if size(self.parts.input) > MOST_VALUES:
            raise Unsupported(f"its image has {size(self.parts.input):,} numbers, which is too much to compute")
        self.image = self.tensors[tensor] = Value(INPUT, self.parts.input, axes)

    def reduced(self, calls: Sequence[Call]) -> list[Call]:
        """The calls that are left when those of constants alone are computed, as far as that can be done."""
        left = []
        for call in calls:
            operands = [self.tensors.get(name) for name in call.inputs if name]
            given = operands[:1] if call.type == "CastLike" else operands
            try:
                if not given or not all(isinstance(operand, np.ndarray) for operand in given):
                    raise Unsupported
                results = given if call.type == "CastLike" else self._constants(call, self._arrays(call))
                self.tensors |= {
                    name: result for name, result in zip(call.outputs, results) if isinstance(result, np.ndarray)
                }
            except Unsupported:  # and why, is told when its turn comes
                left.append(call)
        return left

    def arrays(self) -> dict[str, Array]:
        """The tensors that are constant."""
        return {name: known for name, known in self.tensors.items() if isinstance(known, np.ndarray)}

    def _arrays(self, call: Call) -> list[Array | None]:
        found = [self.tensors.get(name) if name else None for name in call.inputs]
        return [operand if isinstance(operand, np.ndarray) else None for operand in found]

    def run(self, calls: Sequence[Call], kept: Sequence[str]) -> None:
        """Go through the calls; `kept` are tensors that somebody outside reads."""
        self._readers.update(name for call in calls for name in call.inputs)
        self._readers.update(kept)
        for call in calls:
            self._makers.update(dict.fromkeys(call.outputs, call))
            try:
                results: Sequence[Known | None] = self._results(call)
            except (Unsupported, ShapeError, ParameterError) as error:
                results = self._failed(call, _text(error))
            except _MALFORMED as error:
                results = self._failed(call, f"its attributes or operands are not of the kind they should be ({error})")
            for name, result in zip(call.outputs, results):
                if name and result is not None:
                    self.tensors[name] = result

    def _failed(self, call: Call, reason: str) -> list[_Unknown]:
        self.parts.faults.append(Fault(_shown_type(call), call.name or _first(call.outputs), reason))
        return [_UNKNOWN] * len(call.outputs)

    def _results(self, call: Call) -> Sequence[Known | None]:
        operands = [self.tensors.get(name) if name else None for name in call.inputs]
        known = {"", *self._switches}
        missing = [name for name, operand in zip(call.inputs, operands) if operand is None and name not in known]
        if missing:
            raise Unsupported(f"it reads {missing[0][:60]!r}, which nothing gives")
        if call.domain or (call.type not in operators() and call.type not in constants.FOLDED):
            raise Unsupported("there is no layer for this operator")
        if any(isinstance(operand, _Unknown) for operand in operands):
            return [_UNKNOWN] * len(call.outputs)
        if call.type in {"Shape", "Size"} and isinstance(operands[0], Value):
            return [self._shape(call, operands[0])]
        if operands and all(operand is None or isinstance(operand, np.ndarray) for operand in operands):
            return self._constants(call, self._arrays(call))
        if call.type not in operators():
            raise Unsupported("there is no layer for this operator, except where all it reads is constant")
        return self._layers(call, operands)  # type: ignore[arg-type]

    def _shape(self, call: Call, value: Value) -> Array:
        shape = np.array([self.batch, *value.theirs], np.int64)
        if call.type == "Size":
            return np.asarray(shape.prod())
        return shape[call.attributes.get("start", 0) : call.attributes.get("end", len(shape))]

    def _constants(self, call: Call, operands: Sequence[Array | None]) -> list[Array]:
        found = constants.folded(call, operands, self.version, self._room)
        self._room -= sum(array.size for array in found)
        return found

    def _layers(self, call: Call, operands: Sequence[Operand]) -> Sequence[Value | None]:
        operator = Operator(call, self.version, tuple(operands), self)
        found = operators()[call.type](operator)
        results = found if isinstance(found, tuple) else (found,)
        wanted = [name for name, result in zip(call.outputs, (*results, *[None] * len(call.outputs))) if result is None]
        for name in filter(None, wanted):
            if self._readers[name] and name not in self._switches:
                raise Unsupported(f"its further result {name!r} is used, which no layer gives")
        return results

    # ---- what operators ask for

    def add(self, operator: Operator, layer: Layer, sources: Sequence[Value], suffix: str) -> tuple[str, Shape]:
        """A node for a layer; its shape is checked at once, with that of its weights."""
        shape = layer.infer_shape([source.shape for source in sources])
        if size(shape) > MOST_VALUES:
            raise Unsupported(f"its result has {size(shape):,} numbers a picture, which is too much to compute")
        name = self._free_name(_name(operator.call) + suffix)
        self.parts.nodes[name] = Node(name, layer, tuple(source.node for source in sources))
        self.parts.shapes[name] = shape
        return name, shape

    def set_weights(self, node: str, weights: Mapping[str, Array]) -> None:
        """Weights of a node; Unsupported if they are not the ones it has."""
        made = self.parts.nodes[node]
        declared = {w.name: w.shape for w in made.layer.weights([self.parts.shapes[s] for s in made.inputs])}
        for name, array in weights.items():
            if array.shape != declared.get(name):
                raise Unsupported(f"its {name} has the shape {array.shape} and not {declared.get(name)}")
        self.parts.weights |= {f"{node}.{name}": array for name, array in weights.items()}

    def freeze(self, node: str) -> None:
        self.parts.frozen.add(node)

    def fold(self, operator: Operator, value: Value, scale: Array, shift: Array) -> bool:
        """Take a scale and shift of each channel into the layer behind a value, if only this operator reads it."""
        named = zip(operator.call.inputs, operator.operands)
        tensor = next((name for name, operand in named if operand is value), "")
        maker = self._makers.get(tensor)
        if self._readers[tensor] != 1 or maker is None or maker.type not in _LINEAR or value.order is not None:
            return False
        node = self.parts.nodes[value.node]
        weights = {name: self.parts.weights.get(f"{node.name}.{name}") for name in ("weight", "bias")}
        if weights["weight"] is None:
            return False
        bias = 0.0 if weights["bias"] is None else weights["bias"]
        if not node.layer.values().get("bias", True):
            self.parts.nodes[node.name] = Node(node.name, node.layer.replace(bias=True), node.inputs)
        along = scale[:, None] if type(node.layer).__name__ == "ConvTranspose2D" else scale
        if along is not scale and node.layer.values()["groups"] > 1:
            return False
        folded = {"weight": weights["weight"] * along, "bias": bias * scale + shift}
        self.set_weights(node.name, {name: array.astype(np.float32) for name, array in folded.items()})
        self._makers[operator.call.outputs[0]] = maker  # what follows may be folded as well
        return True

    def image_of(self, operator: Operator, value: Value) -> Value | None:
        """A global mean as an image of one pixel: of the same size, but in a form that image operators read."""
        node = self.parts.nodes.get(value.node)
        if node is None or node.layer.type_name() != "GlobalAvgPool" or len(value.axes) not in {2, 3}:
            return None
        shape = self.parts.shapes[node.inputs[0]]
        source = Value(node.inputs[0], shape, ((2,), (0,), (1,)))
        pooled = layers.TYPES["AvgPool2D"](kernel=shape[:2], stride=shape[:2])  # type: ignore[call-arg]
        name, shape = self.add(operator, pooled, [source], "_mean")
        return Value(name, shape, ((2,), *(() for _ in value.axes[1:])))

    def switches(self, tensor: str) -> tuple[Layer, Value] | None:
        return self._switches.get(tensor)

    def keep_switches(self, tensor: str, layer: Layer, source: Value) -> None:
        """Say which pooling, of which image, gave a tensor of places."""
        self._switches[tensor] = (layer, source)

    def _free_name(self, name: str) -> str:
        free, number = name, 2
        while free in self.parts.nodes or free == INPUT:
            free, number = f"{name}_{number}", number + 1
        return free


_LINEAR = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization"})


def _name(call: Call) -> str:
    """A legal name for what an operator becomes: its own, made of the characters that names have here."""
    given = call.name or _first(call.outputs)
    own = _OWN_NAME.fullmatch(given)
    if own is not None and own["node"] == _first(call.outputs):  # as Convscope writes files
        given = own["node"]
    legal = re.sub(r"[^A-Za-z0-9_./-]", "_", given).lstrip("/.-")[:150]
    legal = legal if name_problem(legal) is None else f"{call.type.lower()}_{legal}"[:150]
    return legal if name_problem(legal) is None else call.type.lower()


def _shown_type(call: Call) -> str:
    return f"{call.domain}.{call.type}" if call.domain else call.type


def _first(names: Sequence[str]) -> str:
    return next((name for name in names if name), "")


def _text(error: Exception) -> str:
    if isinstance(error, ParameterError):
        return "; ".join(error.reasons)
    return str(error)


def told(faults: Sequence[Fault]) -> Iterator[str]:
    """A sentence for each reason, with all operators that it stands in the way of."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for fault in faults:
        grouped.setdefault((fault.type, fault.reason), []).append(fault.name)
    for (kind, reason), names in grouped.items():
        yield f"{kind} ({', '.join(names)}): {reason}"


def network(parts: Parts, output: Value, name: str) -> tuple[Network, dict[str, Array], tuple[str, ...]]:
    """The network up to an output, with its weights and frozen nodes; what does not lead there is left out.

    A file that only moves values about becomes a single layer that does nothing.
    """
    wanted: set[str] = set()
    waiting = [output.node]
    while waiting:
        reached = waiting.pop()
        if reached != INPUT and reached not in wanted:
            wanted.add(reached)
            waiting += parts.nodes[reached].inputs
    found = Network(parts.input, name)
    for node in parts.nodes.values():
        if node.name in wanted:
            found.add(node.layer, node.name, node.inputs)
    if output.node == INPUT:
        found.add(layers.TYPES["Linear"](), "identity")
    weights = {key: array for key, array in parts.weights.items() if key.rpartition(".")[0] in wanted}
    return found, weights, tuple(name for name in parts.nodes if name in parts.frozen and name in wanted)

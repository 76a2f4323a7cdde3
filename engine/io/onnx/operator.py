"""One operator of a file, as the layers' own mappings (`layers/<family>/from_onnx.py`) are given it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from ...layers.norm.spec import BatchNorm
from ...layers.reshape.spec import Flatten
from ...spec import Layer, Shape, format_shape, size
from ...spec.windows import WindowGeometry
from .values import CHANNELS_FIRST, Axes, Value, same_order

Array = NDArray[Any]
Operand = Value | Array | None

_MOST_FEATURES = 1 << 25


class Unsupported(Exception):  # noqa: N818 (a finding about a file, collected with the others)
    """Why an operator cannot become layers of ours."""


class Building(Protocol):
    """What operators add their layers to."""

    batch: int

    def add(self, operator: Operator, layer: Layer, sources: Sequence[Value], suffix: str) -> tuple[str, Shape]: ...
    def set_weights(self, node: str, weights: Mapping[str, Array]) -> None: ...
    def freeze(self, node: str) -> None: ...
    def fold(self, operator: Operator, value: Value, scale: Array, shift: Array) -> bool: ...
    def keep_switches(self, tensor: str, layer: Layer, source: Value) -> None: ...
    def image_of(self, operator: Operator, value: Value) -> Value | None: ...
    def switches(self, tensor: str) -> tuple[Layer, Value] | None: ...


@dataclass(frozen=True)
class Call:
    """An operator as it stands in the file: names of tensors, and attributes as Python values and arrays."""

    type: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""


@dataclass(frozen=True)
class Operator:
    """A call whose operands are known: a `Value`, an array where it is constant, None where it is left out.

    `version` is the file's opset. Methods that ask for an operand or attribute raise Unsupported with a reason.
    """

    call: Call
    version: int
    operands: tuple[Operand, ...]
    building: Building

    @property
    def type(self) -> str:
        return self.call.type

    @property
    def batch(self) -> int:
        """Pictures at a time, as far as the file's shapes know."""
        return self.building.batch

    def refuse(self, reason: str) -> NoReturn:
        """End the mapping: this operator cannot be imported, and why."""
        raise Unsupported(reason)

    # ---- attributes

    def attribute(self, name: str, default: Any = None) -> Any:
        return self.call.attributes.get(name, default)

    def number(self, name: str, default: float) -> float:
        """A number as it was before it was rounded to 32 bits: 0.1, not 0.10000000149."""
        return float(f"{float(self.attribute(name, default)):.7g}")

    def integers(self, name: str, default: Sequence[int] = ()) -> tuple[int, ...]:
        return tuple(int(v) for v in self.attribute(name, default))

    def axis(self, rank: int, default: int, name: str = "axis") -> int:
        """An axis counted with the batch, from the front; refused outside the tensor."""
        return self.positive(int(self.attribute(name, default)), rank)

    def positive(self, axis: int, rank: int) -> int:
        """An axis counted from the front."""
        if not -rank <= axis < rank:
            self.refuse(f"axis {axis} does not exist")
        return axis % rank

    # ---- operands

    def operand(self, index: int) -> Operand:
        return self.operands[index] if index < len(self.operands) else None

    def value(self, index: int = 0) -> Value:
        """An operand that is computed by the network."""
        found = self.operand(index)
        if not isinstance(found, Value):
            self.refuse(f"its input {index + 1} is {'missing' if found is None else 'a constant'}")
        return found

    def values(self) -> list[Value]:
        return [self.value(i) for i in range(len(self.operands))]

    def constant(self, index: int, what: str) -> Array:
        """An operand that the file holds."""
        found = self.operand(index)
        if isinstance(found, Value):
            self.refuse(f"its {what} is computed by the network and must be constant")
        if found is None:
            self.refuse(f"its {what} is missing")
        return found

    def weight(self, index: int, what: str, rank: int | None = None) -> NDArray[np.float32]:
        """A constant operand as weights, with so many axes."""
        array = self.constant(index, what)
        if rank is not None and array.ndim != rank:
            self.refuse(f"its {what} has {array.ndim} axes instead of {rank}")
        if array.dtype.kind not in "fV":
            self.refuse(f"its {what} is made of {array.dtype} instead of floating-point numbers")
        with np.errstate(over="ignore"):
            found = array.astype(np.float32)
        if not np.isfinite(found).all():
            self.refuse(f"its {what} holds NaN or infinity")
        return found

    def whole(self, index: int, name: str) -> tuple[int, ...] | None:
        """Whole numbers that newer opsets take as an operand and older ones as an attribute; None if left out."""
        if self.operand(index) is not None:
            return tuple(int(v) for v in self.constant(index, name).reshape(-1))
        found = self.attribute(name)
        return None if found is None else tuple(int(v) for v in np.ravel(found))

    def image(self, index: int = 0) -> Value:
        """An operand that lies as channels, rows, columns."""
        value = self.value(index)
        if not value.is_image():
            if (found := self.building.image_of(self, value)) is not None:
                return found
            shape = format_shape((1, *value.theirs)).replace("1×", "N×", 1)
            self.refuse(f"it needs an image as batch, channels, rows, columns, and reads a tensor {shape} that is none")
        return value

    def vector(self, index: int = 0) -> Value:
        """An operand that is batch and features."""
        value = self.value(index)
        if len(value.axes) != 1:
            self.refuse(f"it needs batch and features, and its input has {len(value.axes) + 1} axes")
        return self.flattened(value)

    # ---- results

    def add(
        self,
        layer: Layer,
        *sources: Value,
        axes: Axes | None = None,
        suffix: str = "",
        weights: Mapping[str, Array] | None = None,
    ) -> Value:
        """A layer of ours with its weights. It keeps how the first source lies unless `axes` say otherwise.

        Of several layers for one operator, those with a `suffix` are named after it.
        """
        node, shape = self.building.add(self, layer, sources, suffix)
        self.building.set_weights(node, weights or {})
        first = sources[0]
        if axes is None:
            return Value(node, shape, first.axes, first.order)
        return Value(node, shape, axes)

    def scaled(self, value: Value, scale: Any, shift: Any, suffix: str = "") -> Value:
        """The value times a scale plus a shift, single numbers or one for each of our channels.

        Both go into the weights of the layer that gave the value if only this operator reads it; else they become a
        batch norm of fixed statistics.
        """
        shape = self._channels(value)
        factor, more = (np.broadcast_to(np.asarray(a, np.float64), shape).astype(np.float32) for a in (scale, shift))
        if not (np.isfinite(factor).all() and np.isfinite(more).all()):
            self.refuse("its constant is NaN, infinite or too large")
        if (factor == 1).all() and not more.any():
            return value
        if self.building.fold(self, value, factor, more):
            return value
        layer = BatchNorm()
        variance = np.full(shape, 1 - layer.epsilon, np.float32)
        moments = {"running_mean": np.zeros(shape, np.float32), "running_var": variance}
        found = self.add(layer, value, suffix=suffix, weights={"weight": factor, "bias": more, **moments})
        self.building.freeze(found.node)
        return found

    def keep_switches(self, result: int, layer: Layer, source: Value) -> None:
        """Say that a result tells where a pooling found its maxima in an image."""
        if result < len(self.call.outputs) and self.call.outputs[result]:
            self.building.keep_switches(self.call.outputs[result], layer, source)

    def switches(self, index: int) -> tuple[Layer, Value]:
        """The pooling whose places an operand holds, and the image it read."""
        name = self.call.inputs[index] if index < len(self.call.inputs) else ""
        found = self.building.switches(name)
        if found is None:
            self.refuse("its places do not come from a MaxPool in the file")
        return found

    def flattened(self, value: Value, suffix: str = "_flat") -> Value:
        """A value of ours that is a vector: an image is flattened by a layer."""
        if len(value.shape) == 1:
            return value
        if size(value.shape) > _MOST_FEATURES:
            self.refuse(f"it flattens an image of {size(value.shape):,} numbers, which is too much to compute")
        node, shape = self.building.add(self, Flatten(), [value], suffix)
        ones = tuple((0,) if length > 1 else () for length in value.theirs)
        axes = ((0,),) if len(value.axes) == 1 else ones
        return Value(node, shape, axes, value.flattened_order(), value)

    def aligned(self, values: Sequence[Value]) -> list[Value]:
        """Values that lie alike in the file, made to lie alike in ours; refused where that takes moving values."""
        if any(len(v.shape) != len(values[0].shape) for v in values):
            values = [self.flattened(v, f"_flat{i}") for i, v in enumerate(values)]
        first = values[0]
        for other in values[1:]:
            if len(other.axes) != len(first.axes):
                self.refuse("its inputs have different numbers of axes")
        return list(values)

    def per_channel(self, value: Value, index: int) -> NDArray[np.float64]:
        """A constant operand as one number for each of our channels (or features) of the value it meets."""
        array = np.asarray(self.constant(index, "operand"))
        if array.dtype.kind not in "fViu":
            self.refuse(f"its operand is made of {array.dtype}")
        array = array.astype(np.float64)
        rank = len(value.axes) + 1
        if array.ndim > rank:
            self.refuse("its constant has more axes than the value it meets")
        array = array.reshape((1,) * (rank - array.ndim) + array.shape)
        for axis, length in enumerate((1, *value.theirs)):
            if array.shape[axis] == 1:
                continue
            along = axis > 0 and array.shape[axis] == length and value.is_along(axis - 1, value.channels)
            if not along:
                head = array.take([0], axis)
                if array.shape[axis] != length or not (array == head).all():
                    self.refuse("its constant varies along rows, columns or the batch, and not only along channels")
                array = head
        given = np.broadcast_to(array.reshape(-1), self._channels(value))
        if value.order is None:
            return np.array(given)
        ours = np.empty(len(given))
        ours[value.order] = given
        return ours

    def _channels(self, value: Value) -> tuple[int]:
        """The number of our channels or features, as a shape."""
        if value.shape[-1] > _MOST_FEATURES:
            self.refuse(f"its input has {value.shape[-1]:,} channels, which is too much to compute")
        return (value.shape[-1],)

    def check_alike(self, values: Sequence[Value]) -> None:
        """Refuse values that differ in shape or in where their numbers lie."""
        first = values[0]
        for other in values[1:]:
            if other.theirs != first.theirs:
                shapes = " and ".join(format_shape(v.theirs) for v in (first, other))
                self.refuse(f"its inputs {shapes} differ, and values are not repeated to fit")
            if other.shape != first.shape or other.tight != first.tight or not same_order(first.order, other.order):
                self.refuse("its inputs lie in different orders, and values are not moved about")

    # ---- windows

    def window(self, image: Value, kernel: Sequence[int], padded: bool = True) -> dict[str, Any]:
        """Kernel, stride, dilation and, unless it is computed otherwise, padding of an operator with windows."""
        declared = self.integers("kernel_shape")
        if declared and (1,) * (2 - len(declared)) + declared != tuple(kernel):
            self.refuse(f"its kernel is declared as {declared} and its weight has {tuple(kernel)}")
        found = {"kernel": tuple(kernel), "stride": self.pair("strides", 1, image)}
        found["dilation"] = self.pair("dilations", 1, image)
        if padded:
            found["padding"] = self._padding(image, found)
        return found

    def pair(self, name: str, default: int, image: Value) -> tuple[int, int]:
        """Numbers for rows and columns; an image of a single row has them for columns alone."""
        axes = len(image.axes) - 1
        given = self.integers(name, (default,) * axes)
        if len(given) != axes:
            self.refuse(f"its {name} are {len(given)} numbers for {axes} axes")
        return (given[0], given[-1]) if axes == 2 else (max(default, 0), given[0])

    def pads(self, image: Value) -> tuple[int, int, int, int]:
        """Its padding in numbers: top, bottom, left, right."""
        axes = len(image.axes) - 1
        given = self.integers("pads", (0,) * 2 * axes)
        if len(given) != 2 * axes:
            self.refuse(f"its pads are {len(given)} numbers for {axes} axes")
        return (given[0], given[2], given[1], given[3]) if axes == 2 else (0, 0, given[0], given[1])

    def _padding(self, image: Value, window: Mapping[str, Any]) -> Any:
        match self.attribute("auto_pad", "NOTSET"):
            case "NOTSET":
                pads = self.pads(image)
                return pads if any(pads) else "valid"
            case "VALID":
                return "valid"
            case "SAME_UPPER":
                return "same"
            case "SAME_LOWER":
                same = WindowGeometry(window["kernel"], window["stride"], "same", window["dilation"])
                top, bottom, left, right = same.pads(*image.shape[:2])
                return bottom, top, right, left
        self.refuse(f"its auto_pad is {self.attribute('auto_pad')!r}")

    def windows(self, image: Value) -> Axes:
        """How the output of an operator with windows lies: as its input does."""
        return CHANNELS_FIRST[len(image.axes)]

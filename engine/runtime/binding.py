"""What a layer's steps are given: its arrays, and a place to put kernel calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..graph.fusion import Epilogue
from ..graph.step import Mode
from ..kernels.moments import nothing
from ..spec import Shape, size
from .measuring import Measuring, Sums

if TYPE_CHECKING:
    from .backend import Backend

Array = NDArray[Any]
_PACKING = 1  # a packed value costs about as much as so many plain ones


@dataclass(frozen=True)
class Scratch:
    """Stands for scratch memory in a call: `count` items of `dtype`, from the first byte of one of the plan's areas.

    All calls share the areas; a call may use several. What a call leaves there lasts until another layer's call.
    """

    count: int
    dtype: str
    area: int


@dataclass(frozen=True)
class Packed:
    """A copy of weights in the layout a kernel wants; made again when the weights have changed.

    A `fixed` copy is one of frozen weights, which a step of the optimiser leaves as they are.
    """

    key: str
    array: Array
    call: Call
    fixed: bool = False


@dataclass(frozen=True)
class Call:
    """One kernel call: the kernel as declared, its arguments, and its build for the threads it is given.

    Arguments may hold Scratch until the plan puts its memory there. A call made `once` is left out when its step's
    values are computed again.
    """

    kernel: Any
    args: tuple[Any, ...]
    run: Callable[..., None]
    once: bool = False

    def __call__(self) -> None:
        self.run(*self.args)


@dataclass
class Binding:
    """One layer in one plan: flat arrays in and out, and the calls that its steps declare.

    `x` holds a flat array for each port, `dx` likewise (None where no gradient is asked for). `weights`, `gradients`
    and `saved` are flat arrays by name. `state` is int64: [ReLU rule, model seed, training step]. `store` is the
    model's cache of packed weights. `threads` is 1 where the layer's work is too small to share. In `mode`
    "inference" there are no gradients and `saved` is empty. `epilogue` is what the step does to the layer's result;
    `norm` holds the weights of the batch norm to fold. `rectified` ports read the output of a ReLU through which
    nobody else sends a gradient: dx counts only where x is positive. `algorithm` is for the steps to name, where there
    is a choice. Who computes x[0], or dy, may take the sums that batch norm wants: `moments_of_input` and
    `products_of_gradient`; this step then takes those of `measures_output` on y and of `measures_gradient` on dx[0].
    `measures_seed` is the call that takes the latter where dy is given from outside. A `frozen` layer's weights do not
    learn: no call computes their gradients, and what is tracked stays; `norm_learns` says whether the norm folded does.
    """

    name: str
    index: int
    mode: Mode
    batch: int
    threads: int
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    x: list[Array]
    y: Array
    dx: list[Array | None]
    dy: Array | None
    weights: Mapping[str, Array]
    gradients: Mapping[str, Array]
    saved: Mapping[str, Array]
    state: Array
    store: dict[str, Packed]
    backend: Backend
    epilogue: Epilogue
    norm: Mapping[str, Array]
    rectified: frozenset[int]
    frozen: bool = False
    norm_learns: bool = False
    moments_of_input: Sums | None = None
    products_of_gradient: Sums | None = None
    measures_output: Measuring = field(default_factory=nothing)
    measures_gradient: Measuring = field(default_factory=nothing)
    measures_seed: Call | None = None
    masked: set[int] = field(default_factory=set)
    algorithm: str = ""
    forward_calls: list[Call] = field(default_factory=list)
    backward_calls: list[Call] = field(default_factory=list)
    weight_calls: list[Call] = field(default_factory=list)
    input_calls: dict[int, list[Call]] = field(default_factory=dict)
    packed: list[Packed] = field(default_factory=list)

    @property
    def training(self) -> bool:
        """Whether layers behave as in training: batch statistics, dropout."""
        return self.mode == "training"

    @property
    def rows(self) -> int:
        """Samples times positions: rows of the input seen as a matrix of channels."""
        return self.batch * size(self.input_shapes[0]) // self.channels

    @property
    def channels(self) -> int:
        """Size of the input's last axis."""
        return self.input_shapes[0][-1]

    @property
    def count(self) -> int:
        """Values in the whole output batch."""
        return self.batch * size(self.output_shape)

    def call(self, kernel: Any, args: tuple[Any, ...]) -> Call:
        return Call(kernel, args, self.backend.build(kernel, self.threads))

    def forward(self, kernel: Any, *args: Any) -> None:
        self.forward_calls.append(self.call(kernel, args))

    def forward_once(self, kernel: Any, *args: Any) -> None:
        """A call whose effect lasts until backward: it writes what is saved for the whole batch, or tracks."""
        self.forward_calls.append(replace(self.call(kernel, args), once=True))

    def backward(self, kernel: Any, *args: Any) -> None:
        """A call that backward always makes, before the others."""
        if self.dy is not None:
            self.backward_calls.append(self.call(kernel, args))

    def backward_weights(self, kernel: Any, *args: Any) -> None:
        """A call that backward makes when gradients of weights are wanted."""
        if self.dy is not None and not self.frozen:
            self.weight_calls.append(self.call(kernel, args))

    def backward_input(self, port: int, kernel: Any, *args: Any) -> None:
        """A call that writes dx[port]; left out where that gradient is not wanted."""
        if self.wants_input_gradient(port):
            self.input_calls.setdefault(port, []).append(self.call(kernel, args))

    def masks(self, port: int = 0) -> bool:
        """Whether dx[port] is to be zero where x[port] is not positive. Who asks does it, or else the plan."""
        if port in self.rectified:
            self.masked.add(port)
        return port in self.rectified

    def moments(self) -> Sums:
        """The sums of x[0] and of its squares; a call of this step takes them where the writer does not."""
        if self.moments_of_input is not None:
            return self.moments_of_input
        own = Sums.room(self.channels, self.threads, self.backend)
        self.forward_once(self.backend.measure_all, own.of_values(), self.x[0], self.rows, self.threads)
        return own

    def products(self, mean: Array, inverse_std: Array) -> Sums:
        """The sums of dy and of dy·x̂; a backward call of this step takes them where the writer of dy does not."""
        theirs = self.products_of_gradient
        sums = theirs or Sums.room(self.channels, self.threads, self.backend)
        affine = (self.weights["weight"], self.weights["bias"])
        measuring = sums.of_gradient(self.x[0], (mean, inverse_std), affine)
        args = (measuring, self.dy, self.rows, sums.threads)
        if theirs is not None:
            self.measures_seed = Call(
                self.backend.measure_all, args, self.backend.build(self.backend.measure_all, sums.threads)
            )
        elif self.training:
            self.backward(self.backend.measure_all, *args)
        else:
            self.backward_weights(self.backend.measure_all, *args)
        return sums

    @property
    def fixed(self) -> bool:
        """Whether training changes none of the weights that the step multiplies with."""
        return self.frozen and not self.norm_learns

    @property
    def floor(self) -> np.float32:
        """The least value of the output: 0 behind a ReLU."""
        return np.float32(0 if self.epilogue.relu else -np.inf)

    def pass_gradient(self, port: int) -> None:
        """dx[port] is dy, unchanged."""
        self.backward_input(port, self.backend.copy, self.dy, self.dx[port], self.count, self.threads)

    def scratch(self, count: int, dtype: str = "float32", area: int = 0) -> Any:
        """Memory for a call's own use, in one of the plan's scratch areas."""
        return Scratch(count, dtype, area)

    def wants_input_gradient(self, port: int = 0) -> bool:
        return self.mode != "inference" and self.dx[port] is not None

    def pack(self, role: str, count: int, kernel: Any, *args: Any) -> Array:
        """A packed copy of this layer's weights, shared by all plans of the model: `kernel(*args, target=second)`.

        The kernel's second argument is the target; pass the others in order. Parts of a model that read maps of another
        size have a copy of their own, because tables that lay weights out may depend on it.
        """
        key = f"{self.name}.{role} for {self.input_shapes[0]}"
        if key not in self.store or len(self.store[key].array) != count:
            target = self.backend.zeros(count)
            run = self.backend.build(kernel, self.backend.threads_for(0, _PACKING * count))
            self.store[key] = Packed(key, target, Call(kernel, (args[0], target, *args[1:]), run), self.fixed)
        self.packed.append(self.store[key])
        return self.store[key].array

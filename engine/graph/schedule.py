"""What must be computed, in which order, and how long each value lives: the device-free half of a plan.

A *value* is one array of activations. Layers that only rename (Flatten always, Dropout outside training) share the
value of their input, so they take no step and no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..spec import Layer, Shape, size
from .arena import Span, pack
from .network import Network
from .node import INPUT

Mode = Literal["inference", "gradient", "training"]
"""`inference` keeps nothing; `gradient` runs layers as at inference but keeps all for backward; `training` learns."""

FLOAT_BYTES = 4
_ITEM_BYTES = {"float32": 4, "uint8": 1, "uint32": 4}

Reader = tuple[int, int]
"""A step's index and the port on which it reads a value; sorted in the order backward runs them."""


@dataclass(frozen=True)
class Step:
    """One layer to run: which values it reads, in port order, and which it writes."""

    index: int
    name: str
    layer: Layer
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape


@dataclass(frozen=True)
class Schedule:
    """Steps in forward order; backward runs them in reverse.

    `value_of` maps every node (and the input) to the value it stands for; a value is named after the node that writes
    it. The gradient of a value is the sum of what its `readers` contribute: the first of them writes `grad:value`, each
    other one its own `part:value>step.port`, which is then added. `spans` gives each buffer's place in one arena and
    `arena_bytes` the arena's size.
    """

    mode: Mode
    batch: int
    steps: tuple[Step, ...]
    value_of: Mapping[str, str]
    shapes: Mapping[str, Shape]
    spans: Mapping[str, Span]
    arena_bytes: int
    readers: Mapping[str, tuple[Reader, ...]] = field(repr=False)


def needs_gradient(mode: Mode, value: str) -> bool:
    """Whether backward computes this value's gradient: all but the image's while training."""
    return mode == "gradient" or (mode == "training" and value != INPUT)


def build(network: Network, batch: int, mode: Mode, keep: Iterable[str] = ()) -> Schedule:
    """Order the steps of a sound network and place its buffers. Nodes in `keep` stay readable after the pass.

    NetworkError if the network has errors or has no node that should be kept.
    """
    network.check()
    value_of = {INPUT: INPUT}
    shapes = {INPUT: network.input}
    steps: list[Step] = []
    readers: dict[str, list[Reader]] = {INPUT: []}
    for node in network.order():
        if node.layer.renames(mode == "training"):
            value_of[node.name] = value_of[node.inputs[0]]
            continue
        input_shapes = network.input_shapes(node.name)
        output_shape = node.layer.infer_shape(input_shapes)
        step = Step(
            len(steps), node.name, node.layer, tuple(value_of[s] for s in node.inputs), input_shapes, output_shape
        )
        value_of[node.name], shapes[node.name], readers[node.name] = node.name, output_shape, []
        for port, value in enumerate(step.inputs):
            readers[value].append((step.index, port))
        steps.append(step)
    kept = {value_of[name] for name in _known(network, keep)} | {value_of[network.output]}
    placed_readers = {value: tuple(sorted(found, key=lambda r: (-r[0], r[1]))) for value, found in readers.items()}
    spans = pack(_lifetimes(steps, placed_readers, shapes, batch, mode, kept))
    total = max((span.offset + span.nbytes for span in spans.values()), default=0)
    return Schedule(mode, batch, tuple(steps), value_of, shapes, spans, total, placed_readers)


def _known(network: Network, names: Iterable[str]) -> list[str]:
    """The names; NetworkError for those that are neither a node nor the input."""
    found = list(names)
    for name in found:
        if name != INPUT:
            network[name]
    return found


def _lifetimes(
    steps: list[Step],
    readers: Mapping[str, tuple[Reader, ...]],
    shapes: Mapping[str, Shape],
    batch: int,
    mode: Mode,
    kept: set[str],
) -> dict[str, tuple[int, int, int]]:
    """(bytes, first, last) of each buffer; time t < n is forward step t, and 2n − t is backward step t."""
    n = len(steps)
    end = 2 * n + 1
    written = {INPUT: -1, **{step.name: step.index for step in steps}}
    lives: dict[str, tuple[int, int, int]] = {}
    for value, shape in shapes.items():
        last = max([written[value], *(index for index, _ in readers[value])])
        if mode == "training":
            last = max([last, *(2 * n - t for t in _backward_users(value, steps, readers[value], written[value]))])
        if mode == "gradient" or value in kept:
            last = end
        lives[f"value:{value}"] = (size(shape) * batch * FLOAT_BYTES, written[value], last)
    if mode == "inference":
        return lives
    for step in steps:
        for saved in step.layer.saved(step.input_shapes, step.output_shape):
            count = size(saved.shape) * (batch if saved.per_sample else 1)
            last = end if mode == "gradient" else 2 * n - step.index
            lives[f"saved:{step.name}.{saved.name}"] = (count * _ITEM_BYTES[saved.dtype], step.index, last)
    for value, shape in shapes.items():
        if not needs_gradient(mode, value):
            continue
        nbytes = size(shape) * batch * FLOAT_BYTES
        born = 2 * n - max((index for index, _ in readers[value]), default=n)
        last = end if value == INPUT else 2 * n - written[value]
        lives[f"grad:{value}"] = (nbytes, min(born, last), last)
        for index, port in readers[value][1:]:
            lives[f"part:{value}>{steps[index].name}.{port}"] = (nbytes, 2 * n - index, 2 * n - index)
    return lives


def _backward_users(value: str, steps: list[Step], readers: tuple[Reader, ...], written: int) -> list[int]:
    """Steps whose backward pass reads this value again."""
    users = [t for t, _ in readers if "input" in steps[t].layer.backward_needs]
    if written >= 0 and "output" in steps[written].layer.backward_needs:
        users.append(written)
    return users

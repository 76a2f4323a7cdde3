"""What must be computed, in which order, and how long each value lives: the device-free half of a plan.

A *value* is one array of activations. Layers that only rename (Flatten always, Dropout outside training) share the
value of their input, so they take no step and no memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ..spec import Shape
from .arena import Span
from .freezing import learning
from .fusion import Chain, Chains
from .lifetimes import Life, Lives, placed
from .network import Network
from .node import INPUT, Node
from .segments import Clock, candidates
from .step import Mode, Reader, Step


@dataclass(frozen=True)
class Schedule:
    """Steps in forward order; backward runs them in reverse.

    `value_of` maps every node (and the input) to the value it stands for, itself named after the node that writes it;
    nodes inside a chain stand for none. The gradient of a value is the sum of what its `readers` contribute: the first
    of them writes `grad:value`, each other one its own `part:value>step.port`, which is then added. `shared_gradients`
    maps the values whose first reader has nothing to write, or writes over its own gradient, to that reader's value:
    both gradients lie in one place.
    `rectified` values come out of a ReLU inside a step: their gradient counts only where they are positive. The steps
    `again` run once more for backward, when `clock` says so: their values then lie in `again:value`. `spans` gives each
    buffer's place in one arena, `arena_bytes` the arena's size and `lives` the bytes, first and last moment of each
    buffer with a place of its own. The weights of the layers `frozen` do not learn; backward computes the gradients of
    the values `differentiated` alone, and runs the steps that write them.
    """

    mode: Mode
    batch: int
    steps: tuple[Step, ...]
    value_of: Mapping[str, str]
    shapes: Mapping[str, Shape]
    spans: Mapping[str, Span]
    arena_bytes: int
    rectified: frozenset[str]
    shared_gradients: Mapping[str, str]
    clock: Clock
    again: frozenset[int]
    frozen: frozenset[str]
    differentiated: frozenset[str]
    readers: Mapping[str, tuple[Reader, ...]] = field(repr=False)
    lives: Mapping[str, Life] = field(repr=False)


def build(
    network: Network,
    batch: int,
    mode: Mode,
    keep: Iterable[str] = (),
    fused: bool = True,
    recompute: bool = False,
    frozen: Collection[str] = (),
) -> Schedule:
    """Order the steps of a sound network and place its buffers. Nodes in `keep` stay readable after the pass.

    With `fused`, layers are computed together where nobody wants the values between them; never in mode "gradient".
    With `recompute`, training keeps few activations and computes the others again, where that saves memory. Training
    computes no gradients for layers in `frozen`, nor for what lies below the first layer that learns.
    NetworkError if the network has errors or has no node that should be kept.
    """
    network.check()
    value_of, nodes = _values(network, mode)
    kept = {value_of[name] for name in _known(network, keep)} | {value_of[network.output]}
    moving = learning(network, mode, frozen)
    if fused and mode != "gradient":
        fixed = {node.name for node in nodes if node.name not in moving}
        chains = Chains(network, nodes, value_of, kept, fixed_statistics=fixed).found()
    else:
        chains = [Chain(node, tuple(value_of[source] for source in node.inputs)) for node in nodes]
    steps = [_step(network, index, chain) for index, chain in enumerate(chains)]
    shapes = {INPUT: network.input, **{step.value: step.output_shape for step in steps}}
    found: dict[str, list[Reader]] = {value: [] for value in shapes}
    for step in steps:
        for port, value in enumerate(step.inputs):
            found[value].append((step.index, port))
    readers = {value: tuple(sorted(them, key=lambda r: (-r[0], r[1]))) for value, them in found.items()}
    clocks = [Clock(len(steps))]
    if recompute and mode == "training":
        clocks += candidates(steps, readers, shapes)
    known = {name: value for name, value in value_of.items() if value in shapes}
    differentiated = _differentiated(mode, {value_of[name] for name in moving}, kept).intersection(shapes)

    def scheduled(clock: Clock) -> Schedule:
        lives = Lives(steps, readers, shapes, batch, mode, kept, differentiated, clock)
        shared = lives.sharing() if fused and mode == "training" else {}
        buffers = lives.all()
        spans = placed(buffers, shared)
        total = max((span.offset + span.nbytes for span in spans.values()), default=0)
        places = (spans, total, lives.rectified, shared, clock, lives.again, frozenset(frozen), differentiated)
        return Schedule(mode, batch, tuple(steps), known, shapes, *places, readers, buffers)

    return min(map(scheduled, clocks), key=lambda schedule: schedule.arena_bytes)


def _differentiated(mode: Mode, moving: set[str], kept: set[str]) -> frozenset[str]:
    """Values whose gradient backward may be asked for: what learns moves them, or it can begin at them."""
    if mode == "inference":
        return frozenset()
    return frozenset(moving | kept) if mode == "gradient" else frozenset(moving | kept) - {INPUT}


def _values(network: Network, mode: Mode) -> tuple[dict[str, str], list[Node]]:
    """The value each node stands for, and the nodes that compute one, in order."""
    value_of, nodes = {INPUT: INPUT}, []
    for node in network.order():
        renames = node.layer.renames(mode == "training")
        value_of[node.name] = value_of[node.inputs[0]] if renames else node.name
        if not renames:
            nodes.append(node)
    return value_of, nodes


def _step(network: Network, index: int, chain: Chain) -> Step:
    head, shapes = chain.head, network.input_shapes(chain.head.name)
    output = head.layer.infer_shape(shapes)
    more = (output,) * (len(chain.inputs) - len(shapes))
    return Step(index, head.name, head.layer, chain.inputs, (*shapes, *more), output, chain.value, chain.epilogue)


def _known(network: Network, names: Iterable[str]) -> list[str]:
    """The names; NetworkError for those that are neither a node nor the input."""
    found = list(names)
    for name in found:
        if name != INPUT:
            network[name]
    return found

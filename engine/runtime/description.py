"""What a plan does, step by step: which layers are computed together, by which algorithm, on how many threads."""

from __future__ import annotations

from dataclasses import dataclass

from ..cost.units import format_bytes
from ..graph.step import Mode, Step
from ..spec import Shape, format_shape
from .binding import Binding, Call


@dataclass(frozen=True)
class StepFacts:
    """One step: the nodes it computes, its output, its algorithm where there is a choice, its threads and kernels.

    `learned` says how many numbers it learns, `frozen` how many it would. A `repeated` step is computed again for
    backward.
    """

    nodes: tuple[str, ...]
    types: tuple[str, ...]
    output: Shape
    algorithm: str
    threads: int
    learned: int
    frozen: int
    repeated: bool
    forward: tuple[str, ...]
    backward: tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """The steps of a plan in forward order; as text with `str`."""

    network: str
    batch: int
    mode: Mode
    nbytes: int
    rows: tuple[StepFacts, ...]

    def __str__(self) -> str:
        head = ("step", "layers", "output", "learns", "algorithm", "threads", "forward", "backward")
        cells = [head, *(_cells(index, row) for index, row in enumerate(self.rows))]
        widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells]
        title = f"{self.network}   batch {self.batch}   {self.mode}   {format_bytes(self.nbytes)} of buffers"
        return "\n".join([title, "", lines[0], "─" * len(lines[0]), *lines[1:]])


def step_facts(step: Step, bound: Binding, types: dict[str, str], repeated: bool) -> StepFacts:
    """A step's facts; `types` names the layer type of every node."""
    nodes = (step.name, *step.epilogue.nodes)
    own = sum(gradient.size for gradient in bound.gradients.values())
    norm = sum(bound.norm[name].size for name in ("weight", "bias")) if bound.norm else 0
    learned = own * (not bound.frozen) + norm * bound.norm_learns
    backward = (*bound.backward_calls, *bound.weight_calls, *(c for calls in bound.input_calls.values() for c in calls))
    return StepFacts(
        nodes,
        tuple(types[node] for node in nodes),
        step.output_shape,
        bound.algorithm,
        bound.threads,
        learned,
        own + norm - learned,
        repeated,
        tuple(kernel_name(call) for call in bound.forward_calls),
        tuple(kernel_name(call) for call in backward),
    )


def kernel_name(call: Call) -> str:
    """The name of the function that a call's kernel was written as."""
    return str(call.kernel.__name__)


def _cells(index: int, row: StepFacts) -> tuple[str, ...]:
    layers = " + ".join(f"{node} ({kind})" for node, kind in zip(row.nodes, row.types))
    kernels = (" ".join(row.forward) + (", twice" if row.repeated else ""), " ".join(row.backward))
    learns = f"{row.learned:,}" if row.learned else "frozen" if row.frozen else "·"
    facts = (format_shape(row.output), learns, row.algorithm or "·", str(row.threads))
    return (str(index + 1), layers, *facts, *kernels)

"""The figures the inspector shows of a layer, of a block and of the whole network."""

from __future__ import annotations

from convscope.engine.cost import Row
from convscope.engine.cost.units import format_bytes, format_count
from convscope.engine.graph import Group
from convscope.engine.spec import format_shape

from ..models.document import Document
from .facts import Fact

_MACS = "Multiply-adds for one image; one multiply-add counts once, so FLOPs are twice as many."


def layer_facts(document: Document, name: str) -> list[Fact]:
    """Shapes and costs of one layer."""
    row = next((row for row in document.summary.rows if row.name == name), None)
    if row is None:
        return [("Output", "?", "The layer is part of a cycle.")]
    shapes = document.network.shapes()
    inputs = ", ".join(format_shape(shapes.get(source)) for source in row.inputs) or "not connected"
    facts = [
        ("Input", inputs, "Shape of what the layer reads: height × width × channels."),
        ("Output", format_shape(row.output), "Shape of what the layer computes."),
    ]
    group = document.network.group_of(name)
    if group is not None:
        facts.insert(0, ("Block", f"{group.name}, {group.block}", "The block that the layer belongs to."))
    return facts + (_cost_facts(row, document.batch) if row.output is not None else [])


def block_facts(document: Document, group: Group) -> list[Fact]:
    """Shapes of a block and the costs of its layers together."""
    rows = document.summary.folded([group]).rows
    row = next((row for row in rows if row.name == group.name), None)
    if row is None:
        return []
    shapes, share = document.network.shapes(), document.summary.share(row, "macs")
    inputs = ", ".join(format_shape(shapes.get(source)) for source in row.inputs) or "not connected"
    facts = [
        ("Layers", f"{len(group.members)}", "What the block consists of; a double click on its card shows them."),
        ("Input", inputs, "Shape of what the block reads: height × width × channels."),
        ("Output", format_shape(row.output), "Shape of what the block computes."),
    ]
    if row.params is None:
        return facts
    of_all = "" if share is None else f"{share:.1%}"
    return [*facts, *_cost_facts(row, document.batch), ("Share", of_all, "Of the network's multiply-adds.")]


def _cost_facts(row: Row, batch: int) -> list[Fact]:
    others = (row.bias_adds or 0) + (row.elementwise or 0)
    facts: list[Fact] = [
        ("Parameters", f"{row.params or 0:,}", "Learned numbers, biases included."),
        ("Multiply-adds", f"{row.macs or 0:,}", _MACS),
        ("Other operations", f"{others:,}", "Additions, comparisons, exponentials …"),
        ("Activations", format_bytes(row.activation_bytes or 0), f"Memory of the output for a batch of {batch}."),
    ]
    if row.field is not None:
        stride = format_shape(row.field.stride) if row.field.aligned else "differs between branches"
        meaning = f"Image pixels that one output value depends on. Step between neighbours: {stride}."
        facts.append(("Receptive field", format_shape(row.field.size), meaning))
    return facts


def network_facts(document: Document) -> list[Fact]:
    """Totals of the network."""
    totals = document.summary.totals

    def memory(value: int | None) -> str:
        return "—" if value is None else format_bytes(value)

    batch = f"for a batch of {document.batch}"
    known = "" if totals.complete else " Layers with problems are left out."
    return [
        ("Layers", f"{len(document.network):,}", "Without the image."),
        ("Parameters", f"{totals.params:,}", "Learned numbers, biases included." + known),
        ("Multiply-adds", f"{totals.macs:,}", _MACS + known),
        ("FLOPs", format_count(totals.flops), "Floating-point operations an image: two a multiply-add."),
        ("Memory, inference", memory(totals.inference_bytes), f"Weights and activations {batch}."),
        ("Memory, training", memory(totals.training_bytes), f"Weights, gradients, momentum and activations {batch}."),
    ]

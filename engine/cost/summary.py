"""The cost table of a network: what every layer takes, before a single step is run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..graph import Network
from ..graph.schedule import build
from ..graph.step import FLOAT_BYTES
from ..spec import Shape, size
from .receptive import Field, Strides, receptive_fields


@dataclass(frozen=True)
class Row:
    """Costs of one layer. Figures are None while its shape is unknown."""

    name: str
    type: str
    inputs: tuple[str, ...]
    output: Shape | None
    params: int | None = None
    macs: int | None = None
    bias_adds: int | None = None
    elementwise: int | None = None
    activation_bytes: int | None = None
    field: Field | None = None


@dataclass(frozen=True)
class Totals:
    """Sums over the layers that can be costed. `complete` is False while some cannot.

    `activation_bytes` adds up all layer outputs for the batch. `inference_bytes` and `training_bytes` are what a run
    needs with buffers reused: weights and planned activations; for training also gradients, momentum and everything
    kept for backward. They are None while the network has errors. Kernels' scratch memory is not included.
    """

    params: int
    macs: int
    bias_adds: int
    elementwise: int
    activation_bytes: int
    inference_bytes: int | None
    training_bytes: int | None
    complete: bool

    @property
    def flops(self) -> int:
        """Floating-point operations of convolution and dense layers: two a multiply-add."""
        return 2 * self.macs


@dataclass(frozen=True)
class Summary:
    """Cost table of a network for one batch size; `str()` prints it, `to_dict()` is its JSON form."""

    name: str
    input: Shape
    batch: int
    rows: tuple[Row, ...]
    totals: Totals

    def __str__(self) -> str:
        from .table import render  # only printing needs it  # noqa: PLC0415

        return render(self)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form. Receptive field and stride are one number when rows and columns agree, else a pair; figures
        that are not known are null. Where several units share a pixel the stride is below 1.
        """
        totals = self.totals
        return {
            "name": self.name,
            "input": list(self.input),
            "params": totals.params,
            "macs": totals.macs,
            "activation_bytes": totals.activation_bytes,
            "training_bytes": totals.training_bytes,
            "layers": [_row_dict(row) for row in self.rows],
        }


def summarise(network: Network, batch: int = 1) -> Summary:
    """Cost every layer of a network, finished or not. Parameters include biases and batch-norm scale and shift."""
    shapes, fields = network.shapes(), receptive_fields(network)
    rows = []
    for node in network.order():
        output = shapes[node.name]
        row = Row(node.name, node.layer.type_name(), node.inputs, output)
        if output is not None:
            row = _costed(row, network, node.name, output, batch, fields[node.name])
        rows.append(row)
    return Summary(network.name, network.input, batch, tuple(rows), _totals(network, rows, batch))


def _costed(row: Row, network: Network, name: str, output: Shape, batch: int, field: Field) -> Row:
    layer, inputs = network[name], network.input_shapes(name)
    cost = layer.cost(inputs, output)
    return replace(
        row,
        params=sum(size(w.shape) for w in layer.weights(inputs) if w.trainable),
        macs=cost.macs,
        bias_adds=cost.bias_adds,
        elementwise=cost.elementwise,
        activation_bytes=0 if layer.renames(training=False) else size(output) * batch * FLOAT_BYTES,
        field=field,
    )


_SUMMED = ("params", "macs", "bias_adds", "elementwise", "activation_bytes")


def _totals(network: Network, rows: list[Row], batch: int) -> Totals:
    sums = {key: sum(getattr(row, key) or 0 for row in rows) for key in _SUMMED}
    runnable = bool(rows) and not network.errors()
    inference = training = None
    if runnable:
        stored = sum(size(w.shape) for w in network.weights().values()) * FLOAT_BYTES
        inference = stored + build(network, batch, "inference").arena_bytes
        training = stored + 2 * sums["params"] * FLOAT_BYTES + build(network, batch, "training").arena_bytes
    return Totals(**sums, inference_bytes=inference, training_bytes=training, complete=runnable)


def _row_dict(row: Row) -> dict[str, Any]:
    def plain(pair: Strides | None) -> Any:
        numbers = [n if isinstance(n, int) else float(n) for n in pair or ()]
        return None if pair is None else numbers[0] if numbers[0] == numbers[1] else numbers

    return {
        "name": row.name,
        "type": row.type,
        "inputs": list(row.inputs),
        "output": None if row.output is None else list(row.output),
        "params": row.params,
        "macs": row.macs,
        "activation_bytes": row.activation_bytes,
        "receptive_field": plain(row.field.size if row.field else None),
        "effective_stride": plain(row.field.stride if row.field and row.field.aligned else None),
    }

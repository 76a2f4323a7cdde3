"""The cost table of a network: what every layer takes, before a single step is run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from ..graph import INPUT, Group, Network, Node
from ..graph.schedule import build
from ..graph.step import FLOAT_BYTES
from ..spec import Layer, Shape, Window, size
from .measured import Measured, Times
from .memory import Holding, Memory, holdings, memory
from .receptive import Field, through_windows


@dataclass(frozen=True)
class Row:
    """Costs of one layer; `figures.FIGURES` says what each means. None while it is not known: the layer's shape is
    unknown; `kept_bytes` and `gradient_bytes` while the network has errors; times before it is measured.
    """

    name: str
    type: str
    inputs: tuple[str, ...]
    output: Shape | None
    params: int | None = None
    weights: int | None = None
    biases: int | None = None
    norm_params: int | None = None
    macs: int | None = None
    bias_adds: int | None = None
    elementwise: int | None = None
    activation_bytes: int | None = None
    moved_bytes: int | None = None
    intensity: float | None = None
    field: Field | None = None
    kept_bytes: int | None = None
    gradient_bytes: int | None = None
    forward_ms: float | None = None
    backward_ms: float | None = None

    @property
    def flops(self) -> int | None:
        """Floating-point operations of convolution and dense products: two a multiply-add."""
        return None if self.macs is None else 2 * self.macs


@dataclass(frozen=True)
class Totals:
    """Sums over the layers that can be costed. `complete` is False while some cannot.

    `learned` counts the parameters of the layers that are not frozen. `activation_bytes` adds up all layer outputs for
    the batch. `inference` and `training` are what a run needs with
    buffers reused; None while the network has errors. Their workspace is not included in `inference_bytes` and
    `training_bytes`.
    """

    params: int
    weights: int
    biases: int
    norm_params: int
    macs: int
    bias_adds: int
    elementwise: int
    activation_bytes: int
    moved_bytes: int
    intensity: float
    complete: bool
    inference: Memory | None = None
    training: Memory | None = None
    kept_bytes: int | None = None
    gradient_bytes: int | None = None
    forward_ms: float | None = None
    backward_ms: float | None = None
    learned: int = 0

    @property
    def flops(self) -> int:
        """Floating-point operations of convolution and dense products: two a multiply-add."""
        return 2 * self.macs

    @property
    def inference_bytes(self) -> int | None:
        return None if self.inference is None else self.inference.total

    @property
    def training_bytes(self) -> int | None:
        return None if self.training is None else self.training.total


@dataclass(frozen=True)
class Summary:
    """Cost table of a network for one batch size; `str()` prints it, `to_dict()` and `to_csv()` hand it on.

    Operations are for one image, bytes and times for the batch. `measured` is None before it was.
    """

    name: str
    input: Shape
    batch: int
    rows: tuple[Row, ...]
    totals: Totals
    measured: Measured | None = None

    def __str__(self) -> str:
        from .table import render  # only printing needs it  # noqa: PLC0415

        return render(self)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form. Receptive field, stride and padding are one number when rows and columns agree, else a pair;
        figures that are not known are null. Where several units share a pixel the stride is below 1.
        """
        from .document import document  # noqa: PLC0415

        return document(self)

    def to_csv(self) -> str:
        """One line a layer under a line of keys, and the totals; empty where a figure is not known."""
        from .document import sheet  # noqa: PLC0415

        return sheet(self)

    def share(self, row: Row, key: str) -> float | None:
        """A layer's share of the total of one figure, 0 … 1; None where it is not known."""
        part, whole = getattr(row, key), getattr(self.totals, key)
        return None if part is None or not whole else part / whole

    def folded(self, groups: Iterable[Group]) -> Summary:
        """The same table with one row for each of these blocks of the network."""
        from .folding import folded  # noqa: PLC0415

        return folded(self, groups)

    def with_measured(self, measured: Measured) -> Summary:
        """The same table with times, and with the workspace of the plans that ran."""
        rows = tuple(_timed(row, measured.layers.get(row.name)) for row in self.rows)
        totals = replace(
            self.totals,
            forward_ms=sum(row.forward_ms or 0 for row in rows),
            backward_ms=sum(row.backward_ms or 0 for row in rows),
            inference=self.totals.inference and replace(self.totals.inference, workspace=measured.inference_workspace),
            training=self.totals.training and replace(self.totals.training, workspace=measured.training_workspace),
        )
        return replace(self, rows=rows, totals=totals, measured=measured)


def summarise(network: Network, batch: int = 1, optimizer_arrays: int = 1, frozen: Collection[str] = ()) -> Summary:
    """Cost every layer of a network, finished or not.

    `optimizer_arrays` is how many numbers the optimiser keeps for each weight: 1 for momentum, 2 for Adam. Training
    leaves the weights of the layers `frozen` as they are, and keeps nothing for gradients below those that learn.
    """
    table = Ledger().table(network, batch)
    learned = sum(row.params or 0 for row in table.rows if row.name not in frozen)
    table = replace(table, totals=replace(table.totals, learned=learned))
    return with_memory(table, network, optimizer_arrays, frozen)


class Ledger:
    """Cost tables of a network that is edited: only layers that an edit changed, or behind it, are costed again."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._made_for: tuple[Shape, int] | None = None  # image and batch

    def table(self, network: Network, batch: int = 1) -> Summary:
        """The cost table without memory, which takes longer than all else together; `with_memory` adds it."""
        shapes, fields = network.shapes(), {INPUT: Field()}
        entries, before = {}, self._entries if (network.input, batch) == self._made_for else {}
        others: set[str] = set()  # nodes that tell their readers something else than before
        for node in network.order():
            name, entry = node.name, before.get(node.name)
            if entry is None or entry.made_of[0] is not node or not others.isdisjoint(node.inputs):
                renewed = _renewed(entry, node, shapes, fields, batch)
                if entry is None or (entry.row.output, entry.row.field) != (renewed.row.output, renewed.row.field):
                    others.add(name)
                entry = renewed
            entries[name] = entry
            if entry.row.field is not None:
                fields[name] = entry.row.field
        self._entries, self._made_for = entries, (network.input, batch)
        rows = tuple([entry.row for entry in entries.values()])
        totals = _totals(rows, batch, complete=bool(rows) and not network.errors())
        totals = replace(totals, learned=totals.params)
        return Summary(network.name, network.input, batch, rows, totals)


@dataclass(frozen=True)
class _Entry:
    """A row and all that it depends on: the node with its shapes, and the receptive fields of what it reads."""

    made_of: tuple[Node, tuple[Shape | None, ...], int]
    seen: tuple[Field | None, ...]
    windows: tuple[tuple[Window, ...], ...]
    row: Row

    def from_afar(self, seen: tuple[Field | None, ...]) -> _Entry:
        """The same layer where layers before it see other pixels."""
        field = through_windows(self.windows, seen) if self.row.output is not None else None
        return _Entry(self.made_of, seen, self.windows, _seeing(self.row, field))


def _renewed(
    entry: _Entry | None, node: Node, shapes: Mapping[str, Shape | None], fields: Mapping[str, Field], batch: int
) -> _Entry:
    """The entry of a node that changed, or that reads one that did; as much as can be of the earlier one."""
    inputs = tuple([shapes.get(source) for source in node.inputs])
    seen = tuple([fields.get(source) for source in node.inputs])
    if entry is None or entry.made_of != (node, inputs, batch):
        return _entry(node, shapes[node.name], inputs, seen, batch)
    return entry if entry.seen == seen else entry.from_afar(seen)


def _seeing(row: Row, field: Field | None) -> Row:
    """The row with another field; `replace` takes ten times as long, and one edit changes this of every later layer."""
    other = object.__new__(Row)
    other.__dict__.update(row.__dict__, field=field)
    return other


def _entry(
    node: Node, output: Shape | None, inputs: tuple[Shape | None, ...], seen: tuple[Field | None, ...], batch: int
) -> _Entry:
    made_of = (node, inputs, batch)
    row = Row(node.name, node.layer.type_name(), node.inputs, output)
    if output is None:
        return _Entry(made_of, seen, (), row)
    shapes = [shape for shape in inputs if shape is not None]  # all are: the output is known
    windows = tuple(map(tuple, node.layer.windows(shapes)))
    field = through_windows(windows, seen)
    return _Entry(made_of, seen, windows, _costed(row, node.layer, shapes, output, batch, field))


def _costed(row: Row, layer: Layer, inputs: Sequence[Shape], output: Shape, batch: int, field: Field | None) -> Row:
    cost, weights = layer.cost(inputs, output), layer.weights(inputs)
    learned = {w.name: size(w.shape) for w in weights if w.trainable}
    params, norm = sum(learned.values()), layer.about.category == "normalisation"
    biases = 0 if norm else learned.get("bias", 0)
    renamed = layer.renames(training=False)
    passing = 0 if renamed else batch * (sum(map(size, inputs)) + size(output))
    moved = FLOAT_BYTES * (passing + sum(size(w.shape) for w in weights))
    operations = batch * (2 * cost.macs + cost.bias_adds + cost.elementwise)
    return replace(
        row,
        params=params,
        weights=0 if norm else params - biases,
        biases=biases,
        norm_params=params if norm else 0,
        macs=cost.macs,
        bias_adds=cost.bias_adds,
        elementwise=cost.elementwise,
        activation_bytes=0 if renamed else size(output) * batch * FLOAT_BYTES,
        moved_bytes=moved,
        intensity=operations / moved if moved else 0.0,
        field=field,
    )


_SUMMED = (
    "params", "weights", "biases", "norm_params", "macs", "bias_adds", "elementwise", "activation_bytes", "moved_bytes",
)  # fmt: skip


def _totals(rows: Sequence[Row], batch: int, complete: bool) -> Totals:
    known = [row for row in rows if row.params is not None]
    sums: dict[str, Any] = {key: sum(map(attrgetter(key), known)) for key in _SUMMED}
    operations = batch * (2 * sums["macs"] + sums["bias_adds"] + sums["elementwise"])
    intensity = operations / sums["moved_bytes"] if sums["moved_bytes"] else 0.0
    return Totals(**sums, intensity=intensity, complete=complete)


def with_memory(table: Summary, network: Network, optimizer_arrays: int = 1, frozen: Collection[str] = ()) -> Summary:
    """A network's cost table with what predicting and learning need; the same while the network has errors."""
    if not table.totals.complete:
        return table
    predicting = build(network, table.batch, "inference")
    learning = build(network, table.batch, "training", frozen=frozen)
    held = holdings(learning)
    found = [held.get(row.name, Holding()) for row in table.rows]
    rows = [replace(row, kept_bytes=h.kept, gradient_bytes=h.gradient) for row, h in zip(table.rows, found)]
    totals = replace(
        table.totals,
        inference=memory(network, predicting, optimizer_arrays),
        training=memory(network, learning, optimizer_arrays),
        kept_bytes=sum(h.kept for h in found),
        gradient_bytes=sum(h.gradient for h in found),
    )
    return replace(table, rows=tuple(rows), totals=totals)


def _timed(row: Row, times: Times | None) -> Row:
    return row if times is None else replace(row, forward_ms=times.forward_ms, backward_ms=times.backward_ms)

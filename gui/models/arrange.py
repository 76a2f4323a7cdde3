"""Automatic layout: layers from top to bottom, folded into columns so that deep networks stay readable.

Ranks by longest path, order within a rank by barycentres (Sugiyama, Tagawa & Toda 1981), then the sequence of ranks is
cut into columns where few connections cross, so that the whole has the proportions of a window.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from convscope.engine.graph import INPUT, Network

from .drawing import Drawing

CARD = (184.0, 48.0)
"""Width and height of a node's card."""

_LARGEST_TIDY = 300  # cards; arranging more at every edit would be felt

Positions = dict[str, tuple[float, float]]
Ranks = list[list[str]]
Parents = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Spacing:
    """Distances between cards, and the size of the window that columns are made for."""

    row: float = 76.0  # between the tops of cards in a column
    lane: float = 208.0  # between the left sides of cards next to each other
    column: float = 88.0  # between columns: wires that pass cards run here
    window: tuple[float, float] = (728.0, 420.0)


def arrange(network: Network, spacing: Spacing | None = None) -> Positions:
    """Top-left positions of every card, on whole numbers, the image's near (0, 0). Blocks that are folded stay so."""
    spacing = spacing or Spacing()
    drawing = Drawing(network)
    parents = {INPUT: (), **{name: _sources(drawing, name) for name in drawing.nodes}}
    ranks = _ordered(_ranks(drawing, parents), parents)
    lanes = _lanes(ranks, parents, spacing.lane)
    return _fold(ranks, lanes, parents, spacing)


def is_tidy(network: Network) -> bool:
    """Whether all is where automatic layout puts it: then an edit may lay it out anew."""
    return len(Drawing(network).nodes) <= _LARGEST_TIDY and network.layout == arrange(network)


def _sources(drawing: Drawing, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(s for s in drawing.nodes[name].inputs if s == INPUT or s in drawing))


def _ranks(drawing: Drawing, parents: Parents) -> Ranks:
    """Nodes by the longest path from the input; nodes without inputs stand just above their first reader."""
    rank = {INPUT: 0}
    ordered = [node.name for node in drawing.order()]
    for name in ordered:
        rank[name] = 1 + max((rank.get(p, 0) for p in parents[name]), default=0)
    for name in reversed(ordered):
        readers = [rank[r] for r in drawing.consumers(name) if r in rank]
        if not parents[name] and readers:
            rank[name] = max(1, min(readers) - 1)
    for name in drawing.nodes:
        rank.setdefault(name, 1)  # on a cycle
    rows: Ranks = [[] for _ in range(max(rank.values()) + 1)]
    for name in drawing.names:
        rows[rank[name]].append(name)
    return rows


def _ordered(ranks: Ranks, parents: Parents, sweeps: int = 4) -> Ranks:
    """Ranks with their nodes sorted by the mean place of their neighbours, downwards and upwards in turn."""
    children: dict[str, list[str]] = {name: [] for name in parents}
    for name, sources in parents.items():
        for source in sources:
            children[source].append(name)
    for sweep in range(sweeps):
        down = sweep % 2 == 0
        place = {name: i - (len(row) - 1) / 2 for row in ranks for i, name in enumerate(row)}
        for row in ranks if down else reversed(ranks):
            near = parents if down else children
            row.sort(key=lambda name: _mean([place[n] for n in near[name]], place[name]))
            place.update({name: i - (len(row) - 1) / 2 for i, name in enumerate(row)})
    return ranks


def _lanes(ranks: Ranks, parents: Parents, lane: float) -> dict[str, float]:
    """Horizontal centres: each node below the middle of its parents, neighbours at least a lane apart."""
    centre: dict[str, float] = {}
    for row in ranks:
        wished = [_mean([centre[p] for p in parents[name] if p in centre], 0.0) for name in row]
        placed: list[float] = []
        for wish in wished:
            placed.append(wish if not placed else max(wish, placed[-1] + lane))
        shift = _mean([w - p for w, p in zip(wished, placed, strict=True)], 0.0)
        centre.update({name: p + shift for name, p in zip(row, placed, strict=True)})
    return centre


def _fold(ranks: Ranks, lanes: Mapping[str, float], parents: Parents, spacing: Spacing) -> Positions:
    """Positions with the number of columns that shows the graph largest; fewer ones where that is nearly as good."""
    crossings = _crossings(ranks, parents)
    best: tuple[float, Positions] | None = None
    for columns in range(1, min(16, len(ranks)) + 1):
        positions = _place(_cut(len(ranks), columns, crossings), ranks, lanes, spacing)
        scale = _scale(positions, spacing)
        if best is None or scale > best[0] * 1.05:
            best = (scale, positions)
    assert best is not None  # there is always the rank of the input
    return best[1]


def _crossings(ranks: Ranks, parents: Parents) -> list[int]:
    """For each boundary below rank i: how many connections cross it."""
    rank = {name: i for i, row in enumerate(ranks) for name in row}
    counts = [0] * len(ranks)
    for name, sources in parents.items():
        for source in sources:
            for boundary in range(rank[source], rank[name]):
                counts[boundary] += 1
    return counts


def _cut(count: int, columns: int, crossings: list[int]) -> list[int]:
    """First ranks of the columns: near equal heights, moved to a boundary that few connections cross."""
    height = count / columns
    starts = [0]
    for column in range(1, columns):
        ideal = column * height
        reach = max(1, int(height / 3))
        options = range(max(starts[-1] + 1, round(ideal) - reach), min(count - 1, round(ideal) + reach) + 1)
        if options:
            starts.append(min(options, key=lambda s: (crossings[s - 1], abs(s - ideal))))
    return starts


def _place(starts: list[int], ranks: Ranks, lanes: Mapping[str, float], spacing: Spacing) -> Positions:
    positions: Positions = {}
    left = 0.0
    for first, last in pairwise([*starts, len(ranks)]):
        names = [name for row in ranks[first:last] for name in row]
        low, high = min(lanes[n] for n in names), max(lanes[n] for n in names)
        for depth, row in enumerate(ranks[first:last]):
            for name in row:
                positions[name] = (round(left + lanes[name] - low), round(depth * spacing.row))
        left += high - low + CARD[0] + spacing.column
    return positions


def _scale(positions: Positions, spacing: Spacing) -> float:
    """How large the layout can be shown in the window, at most 1."""
    width = max(x for x, _ in positions.values()) + CARD[0]
    height = max(y for _, y in positions.values()) + CARD[1]
    return min(1.0, spacing.window[0] / width, spacing.window[1] / height)


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise

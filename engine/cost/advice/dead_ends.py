"""Dead ends: layers whose results nobody reads are computed for nothing."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Advice
from .study import Study


def check(study: Study) -> Iterator[Advice]:
    """Ends beside the main one (which gives scores, and has most layers before it), with all that only they need."""
    network = study.network
    needs = {end: network.ancestors(end) for end in network.outputs()}
    main = max(needs, key=lambda end: (len(study.shapes.get(end, ())) == 1, len(needs[end])), default=None)
    for end, own in needs.items():
        if end == main:
            continue
        others = set().union(*(needs[other] for other in needs if other != end))
        wasted = [node for node in study.nodes if node.name in own - others]
        params, macs = (sum(study.work(node)[i] for node in wasted) for i in (0, 1))
        also = f" and of {len(wasted) - 1} more that only it needs" if len(wasted) > 1 else ""
        text = (
            f"{end}: nobody reads it, so its work{also} is wasted: {params:,} parameters, {macs:,} multiply-adds; "
            f"join it with Add or Concat, or remove it"
        )
        yield Advice((end,), "dead-end", text)

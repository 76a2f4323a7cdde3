"""Which repairs are offered for a problem: those that were seen to end it."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from ..graph import Network
from ..spec import ConvscopeError, Problem
from . import connections, insertions, parameters
from .repair import Proposer, Repair

_PROPOSERS: tuple[Proposer, ...] = (
    parameters.propose,
    insertions.propose,
    connections.propose,
)


def repairs(network: Network, problem: Problem, most: int = 3) -> list[Repair]:
    """Edits of this network that end the problem and make no other, the best first, `most` of them at most."""
    found: list[Repair] = []
    for repair in chain.from_iterable(propose(network, problem) for propose in _PROPOSERS):
        if len(found) == most:
            break
        if repair.title not in {other.title for other in found} and _helps(network, problem, repair):
            found.append(repair)
    return found


def _helps(network: Network, problem: Problem, repair: Repair) -> bool:
    """Whether the problem is gone afterwards, and no other in its place."""
    after = network.copy()
    try:
        repair.edit(after)
    except ConvscopeError:
        return False
    before, now = _counted(network), _counted(after)
    # Of layers behind a problem nothing was known; what is found there now was there before.
    unknown = {name for name, shape in network.shapes().items() if shape is None and name != problem.layer}
    worse = [key for key in now - before if key[1] not in unknown]
    return now[_key(problem)] < before[_key(problem)] and not worse


def _counted(network: Network) -> Counter[tuple[str, str | None]]:
    """Problems by kind and layer."""
    return Counter(_key(problem) for problem in network.problems())


def _key(problem: Problem) -> tuple[str, str | None]:
    return problem.kind, problem.layer

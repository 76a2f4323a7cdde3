"""Groups: nodes of a network that were added as one block and can be folded into one again.

A group is a record beside the nodes. It never changes what a network computes, and it follows every edit: an edit
inside leaves a group whose layers are no longer those of its block.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from ..spec import NetworkError, Problem
from . import order
from .node import INPUT, Node

if TYPE_CHECKING:
    from .network import Network

Groups = Mapping[str, "Group"]
"""Groups by name."""


class Expands(Protocol):
    """What a network asks of a block: its type, its parameters, and to add its layers."""

    @property
    def version(self) -> int: ...
    def type_name(self) -> str: ...
    def values(self) -> dict[str, Any]: ...
    def expand(self, net: Network, name: str, source: str) -> str: ...


@dataclass(frozen=True)
class Group:
    """A block in a network: its name, its type and parameters as data, and the nodes that it became.

    `members` are in the order in which the block adds them.
    """

    name: str
    block: str
    params: Mapping[str, Any] = field(hash=False)
    members: tuple[str, ...]
    version: int = 1

    def problem(self, kind: str, what: str, fix: str) -> Problem:
        """A doubtful fact about this group; its layers run all the same."""
        return Problem(kind, self.name, self.block, what, fix, "warning")


@dataclass(frozen=True)
class Ends:
    """What a group reads and what others read of it, each in the order of the network."""

    sources: tuple[str, ...]
    results: tuple[str, ...]


def ends(network: Network, group: Group) -> Ends:
    """Sources and results of a group; what nobody reads is a result, too."""
    inside = set(group.members)
    sources = dict.fromkeys(s for m in group.members for s in network.nodes[m].inputs if s not in inside)
    read_inside = {s for m in group.members for s in network.nodes[m].inputs}
    read_outside = {s for node in network.nodes.values() if node.name not in inside for s in node.inputs}
    results = [m for m in group.members if m in read_outside or m not in read_inside]
    return Ends(tuple(sources), tuple(results))


def folding_problem(network: Network, group: Group) -> Problem | None:
    """Why a group cannot stand as one node; None if it can."""
    found = ends(network, group)
    if len(found.results) != 1:
        what = f"{len(found.results)} of its layers are read outside or lead nowhere: {', '.join(found.results[:6])}"
        return group.problem("fold", what, "let all but one be read inside the block only")
    if between := _between(network.nodes, group.members):
        what = f"{', '.join(between[:6])} outside the block reads from it and is read in it"
        return group.problem("fold", what, "move the connection, or ungroup the block")
    return None


def owners(groups: Groups) -> dict[str, Group]:
    """The group of each node that is in one."""
    return {member: group for group in groups.values() for member in group.members}


# ---- how groups follow edits


def renamed(groups: Groups, old: str, new: str) -> dict[str, Group]:
    """Groups after a node got another name."""
    return {
        name: replace(group, members=tuple(new if m == old else m for m in group.members))
        for name, group in groups.items()
    }


def exchanged(groups: Groups, path: Sequence[str], chain: Sequence[str]) -> dict[str, Group]:
    """Groups after a path of nodes gave way to a chain, which belongs to the group that the whole path was in."""
    after = {}
    for name, group in groups.items():
        substitute = tuple(chain) if set(path) <= set(group.members) else ()
        members: list[str] = []
        for member in group.members:
            if member == path[-1]:
                members += substitute
            elif member not in path:
                members.append(member)
        if members:
            after[name] = replace(group, members=tuple(members))
    return after


def within(groups: Groups, nodes: Collection[str]) -> dict[str, Group]:
    """Groups of a network of which only these nodes are left."""
    left = {name: tuple(m for m in group.members if m in nodes) for name, group in groups.items()}
    return {name: replace(groups[name], members=members) for name, members in left.items() if members}


def grown(groups: Groups, nodes: Mapping[str, Node]) -> dict[str, Group]:
    """Groups after new connections: a node that came to lie between two of a group is in it, unless in another."""
    taken = owners(groups)
    after = {}
    for name, group in groups.items():
        new = [node for node in _between(nodes, group.members) if node not in taken]
        after[name] = _joined(group, new, nodes) if new else group
    return after


def _joined(group: Group, new: Iterable[str], nodes: Mapping[str, Node]) -> Group:
    """The group with these nodes, each behind the last of its inputs."""
    members = list(group.members)
    for name in new:
        after = [members.index(source) for source in nodes[name].inputs if source in members]
        members.insert(max(after, default=-1) + 1, name)
    return replace(group, members=tuple(members))


def _between(nodes: Mapping[str, Node], members: Iterable[str]) -> list[str]:
    """Nodes outside that depend on a member and that a member depends on, in order."""
    inside = set(members)
    leading = {s for m in inside for s in nodes[m].inputs if s in nodes and s not in inside}
    candidates = {name for source in leading for name in order.ancestors(nodes, source)} - inside
    if not any(source in inside for name in candidates for source in nodes[name].inputs):
        return []
    behind = set(inside)
    found = []
    for node in order.topological({name: node for name, node in nodes.items() if name in candidates | inside}):
        if node.name not in behind and any(source in behind for source in node.inputs):
            behind.add(node.name)
            found.append(node.name)
    return found


# ---- making groups


def check(network: Network, group: Group) -> list[Problem]:
    """Why a network cannot have this group beside those it has."""
    problems, taken = [], owners(network.groups)
    if group.name in network or group.name in network.groups or group.name == INPUT:
        problems.append(Problem("duplicate", None, None, f"the name {group.name} is taken", "choose another name"))
    if not group.members or len(set(group.members)) != len(group.members):
        problems.append(group.problem("group", "its layers are none or named twice", "name each layer once"))
    for member in group.members:
        if member not in network:
            problems.append(
                group.problem("unknown", f"there is no layer {member[:60]!r}", "name layers of the network")
            )
        elif member in taken:
            what = f"{member} is in the block {taken[member].name}"
            problems.append(group.problem("group", what, "ungroup that one first"))
    return problems


def one_source(names: tuple[str, ...], block: Expands) -> str:
    """The one node that a block reads; NetworkError if there are none or more."""
    if len(names) == 1:
        return names[0]
    what = f"a {block.type_name()} block reads one layer and is given {len(names) or 'none'}"
    raise NetworkError([Problem("ports", None, None, what, "name one layer, or 'input'")])

"""The node: a layer under a name, and what it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..spec import Layer, Problem
from ..spec.errors import Severity

INPUT = "input"
"""Name of the node that stands for the image."""

_LONGEST_NAME = 200
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")


@dataclass(frozen=True)
class Node:
    """A layer in a network: its name, its declaration and the names of the nodes it reads, in port order."""

    name: str
    layer: Layer
    inputs: tuple[str, ...] = ()

    def problem(self, kind: str, what: str, fix: str, severity: Severity = "error") -> Problem:
        """A problem of this node."""
        return Problem(kind, self.name, self.layer.type_name(), what, fix, severity)


def name_problem(name: object) -> Problem | None:
    """Why a node cannot have this name; None if it can. Whether it is taken is for the network to say."""
    if isinstance(name, str) and _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME:
        return None
    shown = repr(name) if isinstance(name, str | int | float) else type(name).__name__
    fix = "start with a letter and use letters, digits and _ - . /"
    return Problem("name", None, None, f"the name {shown[:60]} is illegal", fix)


def unknown_source(node: Node, source: str) -> Problem:
    """The problem of a node that reads what is not there."""
    return node.problem("unknown", f"its input {source[:60]!r} does not exist", "name an existing layer or 'input'")

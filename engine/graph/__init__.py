"""Networks as data: a graph of named layers, its edits, shapes, problems and JSON."""

from .groups import Group
from .network import Network
from .node import INPUT, Node

__all__ = ["INPUT", "Group", "Network", "Node"]

"""Networks as data: a graph of named layers, its edits, shapes, problems and JSON."""

from .network import Network
from .node import INPUT, Node

__all__ = ["INPUT", "Network", "Node"]

"""Networks as data: a graph of named layers, its edits, shapes, problems and JSON."""

from .network import INPUT, Network, Node

__all__ = ["INPUT", "Network", "Node"]

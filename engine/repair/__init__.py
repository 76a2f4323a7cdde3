"""Repairs of networks: for a problem, edits that end it.

Candidates are proposed by the kind of problem (parameters.py, insertions.py, connections.py); one is offered only if,
tried on a copy, it ends the problem and makes no other.
"""

from .offer import Repair, repairs

__all__ = ["Repair", "repairs"]

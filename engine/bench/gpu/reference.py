"""The CPU's side of the checks."""

from __future__ import annotations

from .. import party
from ..cases import Arrays
from .checks import Check, results


class Worker(party.Worker):
    """Runs this engine on the CPU."""

    def check(self, check: Check) -> Arrays:
        return results(check, "cpu")

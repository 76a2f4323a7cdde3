"""How often views are told to look at the model while it is trained."""

from __future__ import annotations

SECONDS = 0.1
"""Views look ten times a second at most."""

SHARE = 0.03
"""Of the compute thread's time goes to views while a run is on."""

LONGEST = 1.0
"""Seconds between two looks at most: one look that had to load kernels must not freeze the views."""


class LookPace:
    """Spaces looks (and figures, which people read no faster) so that what they cost stays under a share of the time.

    Looks are at least `seconds` apart, and at most `longest`, whatever the last one cost.
    """

    def __init__(self, share: float = SHARE, seconds: float = SECONDS, longest: float = LONGEST) -> None:
        self._share, self._seconds, self._longest = share, seconds, longest
        self._next = 0.0
        self._spent = 0.0

    def due(self, now: float, spent: float) -> bool:
        """Whether views may look now; `spent` is the time all looks so far took, in seconds."""
        if now < self._next:
            return False
        cost, self._spent = spent - self._spent, spent
        self._next = now + min(max(self._seconds, cost / self._share), self._longest)
        return True

"""Work on a device that is done again and again, always the same launches, on other numbers."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol


class Repeater(Protocol):
    """Runs such work, in whatever way the device does it best."""

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        """Do the work. For equal keys it must launch the same kernels with the same arguments.

        It may not be called each time: what it does beside launching does not count.
        """

    def notice(self) -> str:
        """What the user should know of how the work is done, in a sentence, told once; "" if there is nothing."""


class Plainly:
    """Calls the work, and that is all."""

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        work()

    def notice(self) -> str:
        return ""

"""What is wrong with a file."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..spec import ConvscopeError

_SHOWN = 12


class FileError(ConvscopeError):
    """A file cannot be read or written; `path` names it and `reasons` holds all faults found.

    The text shows the first dozen of them.
    """

    def __init__(self, path: str | os.PathLike[str], reasons: Iterable[str]) -> None:
        self.path = os.fspath(path)
        self.reasons = tuple(reasons)
        hidden = len(self.reasons) - _SHOWN
        shown = [*self.reasons[:_SHOWN], *([f"and {hidden} more faults"] if hidden > 0 else [])]
        super().__init__(f"{self.path}: " + "; ".join(shown) + ".")

"""What is wrong with a file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import ClassVar

from ..spec import ConvscopeError


class FileError(ConvscopeError):
    """A file cannot be read or written; `path` names it and `reasons` holds all faults found.

    The text shows the first `shown` of them.
    """

    shown: ClassVar[int | None] = 12

    def __init__(self, path: str | os.PathLike[str], reasons: Iterable[str]) -> None:
        self.path = os.fspath(path)
        self.reasons = tuple(reasons)
        hidden = len(self.reasons) - (self.shown or len(self.reasons))
        shown = [*self.reasons[: self.shown], *([f"and {hidden} more faults"] if hidden > 0 else [])]
        super().__init__(f"{self.path}: " + "; ".join(shown) + ".")

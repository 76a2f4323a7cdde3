"""The processes of a GPU's measurement: ours, the CPU's beside it, and a peer's. They can be begun anew."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Self

from ..party import Party
from ..peers import Peer


class Sides:
    """A context that starts the processes, each when it is first asked for, and ends them with it."""

    def __init__(self, peer: Peer | None) -> None:
        self._about_peer = peer
        self._stack = ExitStack()
        self._parties: dict[str, Party] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    @property
    def ours(self) -> Party:
        return self._party("Convscope", f"{__package__}.ours")

    @property
    def reference(self) -> Party:
        return self._party("Convscope on the CPU", f"{__package__}.reference")

    @property
    def peer(self) -> Party | None:
        about = self._about_peer
        return None if about is None else self._party(about.title, about.on_gpu)

    def renew(self) -> None:
        """End all processes: those asked for next are new."""
        self._parties.clear()
        self._stack.__exit__(RuntimeError, RuntimeError(), None)  # at once, whatever they are doing
        self._stack = ExitStack()

    def _party(self, title: str, module: str) -> Party:
        if title not in self._parties:
            self._parties[title] = self._stack.enter_context(Party(title, module))
        return self._parties[title]

"""Errors and problems: typed, collected, each naming what came, what was expected and the fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


class ConvscopeError(Exception):
    """Base of every error a user can cause. Its text is for people: the command line prints it as it is."""


class ParameterError(ConvscopeError):
    """One or more layer parameters are illegal; `reasons` holds a sentence for each."""

    def __init__(self, layer_type: str, reasons: Iterable[str]) -> None:
        self.layer_type = layer_type
        self.reasons = tuple(reasons)
        super().__init__(f"{layer_type}: " + "; ".join(self.reasons))


class ShapeError(ConvscopeError):
    """The layer cannot take these input shapes. Raised by `Layer.infer_shape`, collected by the network."""

    def __init__(self, what: str, fix: str) -> None:
        self.what = what
        self.fix = fix
        super().__init__(f"{what}; {fix}")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or doubtful, about a network.

    `kind` is a stable identifier (`ports`, `shape`, `cycle`, `ends`, `parameter`, `lost-rows` …), `layer` the node's
    name (None for the network as a whole), `what` the fact and `fix` the remedy, both without a closing stop.
    """

    kind: str
    layer: str | None
    layer_type: str | None
    what: str
    fix: str
    severity: Severity = "error"

    def __str__(self) -> str:
        where = f"{self.layer} ({self.layer_type}): " if self.layer else ""
        return f"{where}{self.what}; {self.fix}."


class NetworkError(ConvscopeError):
    """The network cannot be used or edited as asked; `problems` holds all reasons, not the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(str(p) for p in self.problems))

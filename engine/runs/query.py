"""What a search for runs says: words, and comparisons of settings and figures.

lenet5 tag=baseline status=completed learning_rate<=0.01 test_accuracy>0.98
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import RunError
from .summary import RunSummary

OPERATORS = ("<=", ">=", "!=", "=", "<", ">")
_TERM = re.compile(r"([A-Za-z_][\w.]*)(<=|>=|!=|=|<|>|:)(.*)")
_FACTS = ("id", "name", "status", "network", "dataset", "created", "epoch", "step", "parameters", "seconds", "nbytes",
          "best_epoch", "best_accuracy")  # fmt: skip


@dataclass(frozen=True)
class Term:
    """A word to be found anywhere (no `key`), or a comparison."""

    key: str
    operator: str
    value: str

    @property
    def number(self) -> float | None:
        try:
            return float(self.value)
        except ValueError:
            return None


def parse(text: str) -> list[Term]:
    """The terms of a search; all of them must hold. RunError if it cannot be understood."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise RunError(f"The search {text!r} cannot be understood ({error}).") from None
    return [_term(word) for word in words]


def values(summary: RunSummary) -> list[tuple[str, Any]]:
    """Everything of a run that can be compared, by key; a run has several values of `tag`."""
    facts: Mapping[str, Any] = {key: getattr(summary, key) for key in _FACTS}
    single = {**summary.settings, **summary.figures, **facts}
    return [*single.items(), *(("tag", tag) for tag in summary.tags)]


def words(summary: RunSummary) -> str:
    """The text in which words are looked for."""
    parts = (summary.id, summary.name, summary.network, summary.dataset, summary.status, *summary.tags, summary.notes)
    return "\n".join(parts).lower()


def _term(word: str) -> Term:
    found = _TERM.fullmatch(word)
    if not found:
        return Term("", "", word.lower())
    operator = "=" if found[2] == ":" else found[2]
    term = Term(found[1], operator, found[3])
    if operator in {"<", ">", "<=", ">="} and term.number is None:
        raise RunError(f"{word!r} compares with {found[3]!r}; give a number.")
    return term

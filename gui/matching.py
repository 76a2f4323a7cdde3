"""How well a typed query fits a name: what search fields rank by."""

from __future__ import annotations

from collections.abc import Iterable

Rank = tuple[int, int]


def rank(query: str, name: str, words: Iterable[str] = ()) -> Rank | None:
    """Smaller fits better; None does not fit.

    A query fits where the name begins with it, holds it, one of the `words` begins with it, or its letters occur in
    this order in the name.
    """
    query, lower = query.strip().lower(), name.lower()
    if lower.startswith(query):
        return 0, len(name)
    if query in lower:
        return 1, lower.index(query)
    if any(word.startswith(query) for word in words):
        return 2, 0
    letters = iter(lower)
    return (3, len(name)) if all(letter in letters for letter in query if letter != " ") else None

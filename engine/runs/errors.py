"""What can be wrong with a run that is kept."""

from __future__ import annotations

from ..spec import ConvscopeError


class RunError(ConvscopeError):
    """A run cannot be found, kept or resumed; the text says why and what to do."""

"""The only code of the desktop that touches threads: the session, its loader and the way back to the window."""

from .recipe import Recipe
from .session import Session

__all__ = ["Recipe", "Session"]

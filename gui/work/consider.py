"""How the window asks for work that takes long enough to be felt: it is done on another thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Consider = Callable[[str, Callable[[], Any], Callable[[Any], None]], None]
"""A name (a newer request of the same one takes its place), the work, and what takes its result, or the exception."""

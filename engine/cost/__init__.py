"""Costs derived from the declarations: parameters, multiply-adds, memory, receptive field."""

from .receptive import Field, Sight, receptive_fields
from .summary import Row, Summary, Totals, summarise

__all__ = ["Field", "Row", "Sight", "Summary", "Totals", "receptive_fields", "summarise"]

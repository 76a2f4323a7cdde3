"""Costs derived from the declarations: parameters, multiply-adds, memory, receptive field."""

from .comparison import Comparison
from .figures import FIGURES, Figure
from .measured import Measured, Times
from .memory import Memory
from .receptive import Field, Sight, receptive_fields
from .summary import Ledger, Row, Summary, Totals, summarise, with_memory

__all__ = [
    "FIGURES",
    "Comparison",
    "Field",
    "Figure",
    "Ledger",
    "Measured",
    "Memory",
    "Row",
    "Sight",
    "Summary",
    "Times",
    "Totals",
    "receptive_fields",
    "summarise",
    "with_memory",
]

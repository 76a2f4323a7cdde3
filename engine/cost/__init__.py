"""Costs derived from the declarations: parameters, multiply-adds, memory, receptive field."""

from .comparison import Comparison
from .figures import FIGURES, Figure
from .measured import Measured, Times
from .memory import Memory
from .receptive import Field, Sight, receptive_fields
from .summary import Row, Summary, Totals, summarise

__all__ = [
    "FIGURES",
    "Comparison",
    "Field",
    "Figure",
    "Measured",
    "Memory",
    "Row",
    "Sight",
    "Summary",
    "Times",
    "Totals",
    "receptive_fields",
    "summarise",
]

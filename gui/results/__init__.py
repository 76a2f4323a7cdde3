"""Views of results, one file a kind. They know nothing of each other."""

from __future__ import annotations

from typing import Any

from ..widgets.result_view import ResultView
from .heat_map import HeatMapView
from .image import ImageView
from .maps import MapsView
from .randomisation import RandomisationView
from .sequence import SequenceView
from .table import TableView

VIEWS: dict[str, type[ResultView]] = {
    "heat map": HeatMapView,
    "image": ImageView,
    "maps": MapsView,
    "sequence": SequenceView,
    "table": TableView,
}
"""The view for each kind of result."""


def view_of(result: Any) -> type[ResultView]:
    """The view for a result; one that forms has that of its kind, too."""
    if result.method == "randomisation_check" and "maps" in result.extras:
        return RandomisationView
    return VIEWS[result.kind]

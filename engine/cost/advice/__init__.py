"""Advice on a network: guidelines of network design as checks with exact figures, and rewrites that follow them.

Each guideline is one file with a `check(study)`; `GUIDELINES` is the one list of them. Thresholds stand, each with its
reason, at the top of the file that uses them; `study.WORTH` is common to all that save something.
"""

from __future__ import annotations

from ...graph import Network
from . import (
    bottleneck,
    data_volume,
    dead_ends,
    dense_head,
    factorise,
    grouped,
    known_warnings,
    large_filter,
    last_activation,
    norm_bias,
    receptive_field,
    separable,
)
from .findings import Advice
from .preview import Change, Figures, Preview
from .report import render, to_list
from .rewrite import Exchange, Rewrite
from .study import Study

__all__ = ["GUIDELINES", "Advice", "Change", "Exchange", "Figures", "Preview", "Rewrite", "advise", "render", "to_list"]

GUIDELINES = (
    dead_ends.check,
    known_warnings.check,
    data_volume.check,
    receptive_field.check,
    last_activation.check,
    norm_bias.check,
    large_filter.check,
    bottleneck.check,
    separable.check,
    grouped.check,
    factorise.check,
    dense_head.check,
)


def advise(network: Network) -> list[Advice]:
    """What the guidelines say of a network, from the image to the scores; never raises for an unfinished one."""
    study = Study(network)
    found = [advice for check in GUIDELINES for advice in check(study)]
    rank = {node.name: i for i, node in enumerate(network.order())}
    return sorted(found, key=lambda advice: rank.get(advice.nodes[0], len(rank)))

"""What the layers themselves warn of, such as rows lost to a stride that does not divide: advice without a rewrite."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Advice
from .study import Study


def check(study: Study) -> Iterator[Advice]:
    """The network's warnings, under their own kinds."""
    for problem in study.network.problems():
        if problem.severity == "warning" and problem.layer:
            yield Advice((problem.layer,), problem.kind, f"{problem.layer}: {problem.what}; {problem.fix}")

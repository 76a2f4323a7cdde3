"""Problems as sentences for people."""

from __future__ import annotations

from convscope.engine.spec import Problem


def sentence(problem: Problem, name: str) -> str:
    """A problem as it is told of the layer or block of this name; those of layers in a block begin with the layer's."""
    inside = problem.layer is not None and name not in (problem.layer, "")
    what = f"{problem.layer}: {problem.what}" if inside else f"{problem.what[:1].upper()}{problem.what[1:]}"
    return f"{what}; {problem.fix}."

"""Looking inside: why a network says what it says, and what its units have learned to see.

    from convscope.engine import explain
    explain.saliency(model, "cat.png").save("cat-saliency.png")

Every method is one file beside this one: a declaration below `Method`, found here and not listed, and callable under
its name. `METHODS` holds the declarations by name.
"""

from __future__ import annotations

import importlib
import pkgutil

from .explainer import Explainer
from .method import Method
from .progress import Progress
from .result import Result


def _discover() -> dict[str, type[Method]]:
    found: dict[str, type[Method]] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for value in vars(module).values():
            here = isinstance(value, type) and value.__module__ == module.__name__
            if here and issubclass(value, Method) and value.name:
                found[value.name] = value
    return dict(sorted(found.items()))


METHODS: dict[str, type[Method]] = _discover()
"""Declarations by name."""

globals().update({name: Explainer(method) for name, method in METHODS.items()})
__all__ = ["METHODS", "Explainer", "Method", "Progress", "Result", *METHODS]  # noqa: PLE0604


def __getattr__(name: str) -> Explainer:  # so that type checkers, too, know that methods are found, not listed
    raise AttributeError(f"there is no explanation method {name!r}; there are: {', '.join(METHODS)}")

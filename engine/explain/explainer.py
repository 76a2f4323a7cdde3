"""A method as a function: `explain.saliency(model, image)`, and `explain.saliency.steps(…)` underneath."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..runtime.model import Model
from ..spec import ConvscopeError
from .method import Method
from .progress import Progress
from .question import Question, Unit, ask
from .result import Result


class Explainer:
    """Asks one method. Keyword arguments are the method's parameters; ParameterError names every illegal one."""

    def __init__(self, method: type[Method]) -> None:
        self.method = method
        self.__name__, self.__doc__ = method.name, method.__doc__

    def __repr__(self) -> str:
        return f"<explain.{self.method.name}: {self.method.summary}>"

    def __call__(
        self,
        model: Model,
        image: Any = None,
        target: int | None = None,
        *,
        layer: str | None = None,
        unit: Unit | None = None,
        seed: int | None = None,
        second_image: Any = None,
        progress: Callable[[Progress], None] | None = None,
        **params: Any,
    ) -> Result:
        """The method's result. `progress` is told of every step and may raise to stop."""
        result = None
        for step in self.steps(
            model, image, target, layer=layer, unit=unit, seed=seed, second_image=second_image, **params
        ):
            if progress is not None:
                progress(step)
            result = step.result
        assert result is not None  # the last step holds it
        return result

    def steps(
        self,
        model: Model,
        image: Any = None,
        target: int | None = None,
        *,
        layer: str | None = None,
        unit: Unit | None = None,
        seed: int | None = None,
        second_image: Any = None,
        **params: Any,
    ) -> Iterator[Progress]:
        """The same as an iterator of Progress; dropping it cancels. Arguments are checked before the first step."""
        method = self.method().replace(**params)
        question = self._ask(model, image, target, layer, unit, seed, second_image)
        return method.steps(question)

    def _ask(
        self,
        model: Model,
        image: Any,
        target: int | None,
        layer: str | None,
        unit: Unit | None,
        seed: int | None,
        second: Any,
    ) -> Question:
        given = {"image": image, "target": target, "layer": layer, "unit": unit, "second image": second}
        missing = [name for name in self.method.needs if name in given and given[name] is None]
        useless = [name for name, value in given.items() if value is not None and name not in self.method.asks]
        reasons = [f"needs {_article(name)} {name}" for name in sorted(missing)]
        reasons += [f"has no use for {_article(name)} {name}" for name in useless]
        if reasons:
            raise ConvscopeError(f"{self.method.name} {' and '.join(reasons)}.")
        own_size = self.method.any_size
        return ask(model, image, target, layer=layer, unit=unit, seed=seed, own_size=own_size, second_image=second)


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiu" and noun != "unit" else "a"

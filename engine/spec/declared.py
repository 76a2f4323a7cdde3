"""Things that are described by their parameters: layers, optimisers, filters."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

from .errors import ParameterError
from .param import Param


class Declared:
    """Base of frozen dataclasses whose fields are parameters.

    Construction parses every parameter and raises ParameterError naming all that are illegal.
    """

    def __post_init__(self) -> None:
        reasons: list[str] = []
        for name, param in self.params().items():
            try:
                object.__setattr__(self, name, param.parse(getattr(self, name)))
            except ValueError as error:
                reasons.append(str(error))
        if reasons := reasons or self.parameter_problems():
            raise ParameterError(self.type_name(), reasons)

    @classmethod
    def type_name(cls) -> str:
        return cls.__name__

    @classmethod
    def params(cls) -> dict[str, Param]:
        """Parameter declarations by field name, in order; those that are given by keyword alone come last."""
        fields = sorted(dataclasses.fields(cls), key=lambda field: bool(field.kw_only))  # type: ignore[arg-type]
        return {field.name: field.metadata["param"] for field in fields}

    def values(self) -> dict[str, Any]:
        """Canonical parameter values by field name."""
        return {name: getattr(self, name) for name in self.params()}

    def replace(self, /, **changes: Any) -> Self:
        """A copy with some parameters changed; ParameterError if a name or value is illegal."""
        unknown = [name for name in changes if name not in self.params()]
        if unknown:
            known = ", ".join(self.params()) or "none"
            reasons = [f"unknown parameter {n[:40]!r}: use one of {known}" for n in unknown]
            raise ParameterError(self.type_name(), reasons)
        return type(self)(**{**self.values(), **changes})

    def parameter_problems(self) -> list[str]:
        """Reasons why parameters, each legal alone, do not go together."""
        return []

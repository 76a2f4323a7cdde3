"""Declarations that go by a name in files and on the command line: optimisers, schedules, losses, initialisers."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from .declared import Declared
from .errors import ConvscopeError

N = TypeVar("N", bound="Named")


class Named(Declared):
    """A declaration with a name, a title for people, and where it was published.

    Its text form is `name`, or `name:parameter=value,parameter=value`; its JSON form `{"name": …, parameter: value}`.
    """

    kind: ClassVar[str] = ""
    """What it is one of, as a noun: "optimiser"."""
    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    source: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"name": self.name, **self.values()}

    def __str__(self) -> str:
        """The text form, with the parameters that are not at their defaults."""
        standard = type(self)().values()
        changed = [f"{name}={written(v)}" for name, v in self.values().items() if v != standard[name]]
        return f"{self.name}:{','.join(changed)}" if changed else self.name

    def described(self) -> str:
        """For people: the name and every parameter that is neither off nor zero."""
        params = self.params()
        told = [f"{params[name].label.lower()} {written(v)}" for name, v in self.values().items() if v]
        return ", ".join([self.name, *told])

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """A copy with the parameters in `changes` that are not None replaced."""
        return self.replace(**{name: value for name, value in changes.items() if value is not None})


def find(known: Mapping[str, type[N]], given: Any) -> N:
    """A declaration from an instance, its text form or its JSON form.

    ConvscopeError for a name that is not among the known, ParameterError for illegal parameters.
    """
    for type_ in known.values():
        if isinstance(given, type_):
            return given
    if isinstance(given, str):
        name, _, rest = given.partition(":")
        return _known(known, name.strip())().replace(**assignments(rest))
    if isinstance(given, Mapping):
        values = dict(given)
        return _known(known, values.pop("name", None))().replace(**values)
    first = next(iter(known.values()))
    names, example = ", ".join(known), first.__name__
    raise ConvscopeError(f"The {first.kind} is {given!r}; give a name ({names}) or an instance such as {example}()")


def assignments(text: str) -> dict[str, Any]:
    """The parameters in `name=value,name=value`; values are numbers, true, false or words.

    ConvscopeError for a part without an equals sign or a name given twice.
    """
    found: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        key = name.strip().replace("-", "_")
        if not equals or not key or key in found:
            fault = "is there twice" if key in found else "is no parameter with a value"
            raise ConvscopeError(f"{part!r} {fault}; write name=value, with commas between several")
        found[key] = _read(value.strip())
    return found


def _known(known: Mapping[str, type[N]], name: Any) -> type[N]:
    if isinstance(name, str) and name in known:
        return known[name]
    kind = next(iter(known.values())).kind
    near = difflib.get_close_matches(str(name), known, 1)
    meant = f", did you mean {near[0]!r}? Use" if near else "; use"
    raise ConvscopeError(f"There is no {kind} {name!r}{meant} one of: {', '.join(known)}")


def _read(text: str) -> Any:
    """A flag, a number, or the word itself, which the parameter judges."""
    if text.lower() in {"true", "yes", "on"}:
        return True
    if text.lower() in {"false", "no", "off"}:
        return False
    try:
        return float(text)
    except ValueError:
        return text


def written(value: Any) -> str:
    """A parameter's value in the text form."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.8g}" if isinstance(value, int | float) else str(value)

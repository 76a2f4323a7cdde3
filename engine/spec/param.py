"""Layer parameters with everything a form, a file or a script needs to know about them.

A parameter is a dataclass field whose metadata holds a `Param`:

    filters: int = integer(32, label="Filters", minimum=1, help="Number of output channels.")
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from numbers import Real
from reprlib import Repr
from typing import Any, Literal, Protocol

Kind = Literal["integer", "number", "flag", "choice", "pair", "padding"]
Pads = tuple[int, int, int, int]
"""Zeros at the top, bottom, left and right."""
PADDING_NAMES = ("same", "valid")
# A layer this large may be described and costed; running it is refused with its memory.
LARGEST = 1_000_000_000


class Pair(Protocol):
    """Type of a field that scripts may set to one number and always read as (rows, columns)."""

    def __get__(self, layer: object, owner: type) -> tuple[int, int]: ...
    def __set__(self, layer: object, value: int | tuple[int, int]) -> None: ...


class Padding(Protocol):
    """Type of a field that scripts may set to one, two or four numbers or a name, and read as four or a name."""

    def __get__(self, layer: object, owner: type) -> str | Pads: ...
    def __set__(self, layer: object, value: int | str | tuple[int, int] | Pads) -> None: ...


class Sides(Protocol):
    """Type of a field that scripts may set to one, two or four numbers, and read as four."""

    def __get__(self, layer: object, owner: type) -> Pads: ...
    def __set__(self, layer: object, value: int | tuple[int, int] | Pads) -> None: ...


@dataclass(frozen=True)
class Param:
    """Kind, default, bounds and texts of one layer parameter. `parse` turns any input into the canonical value."""

    kind: Kind
    default: Any
    label: str
    help: str
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    open_ends: bool = False  # the bounds themselves are excluded

    def parse(self, value: Any) -> Any:
        """The canonical value, or ValueError with a sentence naming what came and what is allowed."""
        return _PARSERS[self.kind](self, value)

    def limits(self) -> str:
        """What values are allowed, in words; "" where all of the kind are."""
        parts = (", ".join(self.choices), _bounds_text(self))
        return ", or a number ".join(part for part in parts if part).removeprefix("of ")


def _fail(param: Param, value: Any, expected: str) -> ValueError:
    came = Repr().repr(value)  # shortened and without deep recursion: what came may be a whole damaged file
    came = came if len(came) <= 60 else f"{came[:56]} …"
    return ValueError(f"{param.label.lower()} {came}: use {expected}")


def _bounds_text(param: Param, value: Any = None) -> str:
    """The legal range; the technical limit is named only to those who reach it."""
    low, high = param.minimum, param.maximum
    closed = " (ends excluded)" if param.open_ends else ""
    too_large = high is not None and _is_number(value) and value > high
    if low is not None and high is not None and (high < LARGEST or too_large):
        return f"from {low:,g} to {high:,.15g}{closed}"
    return f"of at least {low:g}" if low is not None else ""


def _within(param: Param, value: float) -> bool:
    low = -math.inf if param.minimum is None else param.minimum
    high = math.inf if param.maximum is None else param.maximum
    return low < value < high if param.open_ends else low <= value <= high


def _is_number(value: Any) -> bool:
    """NumPy's numbers count; true and false do not."""
    return isinstance(value, Real) and not isinstance(value, bool)


def _whole(param: Param, value: Any) -> int | None:
    """The value as an int within bounds, or None. Integral floats are whole."""
    if not _is_number(value) or not _within(param, value) or value != int(value):
        return None
    return int(value)


def _integer(param: Param, value: Any) -> int:
    whole = _whole(param, value)
    if whole is None:
        raise _fail(param, value, f"a whole number {_bounds_text(param, value)}".strip())
    return whole


def _number(param: Param, value: Any) -> float:
    try:
        legal = _is_number(value) and math.isfinite(value)
    except OverflowError:  # an int beyond all floats
        legal = False
    if not legal or not _within(param, value):
        raise _fail(param, value, f"a number {_bounds_text(param, value)}".strip())
    return float(value)


def _flag(param: Param, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _fail(param, value, "true or false")
    return value


def _choice(param: Param, value: Any) -> str:
    if not isinstance(value, str) or value not in param.choices:
        raise _fail(param, value, "one of " + ", ".join(param.choices))
    return value


def _whole_numbers(param: Param, value: Any, lengths: tuple[int, ...], expected: str) -> tuple[int, ...]:
    items = value if isinstance(value, list | tuple) else (value,)
    numbers = [_whole(param, item) for item in items]
    if len(items) not in lengths or None in numbers:
        raise _fail(param, value, expected)
    return tuple(number for number in numbers if number is not None)


def _pair(param: Param, value: Any) -> tuple[int, int]:
    expected = f"a whole number {_bounds_text(param, value)}, or (rows, columns) of such"
    items = _whole_numbers(param, value, (1, 2), expected)
    return (items[0], items[-1])


def _padding(param: Param, value: Any) -> str | Pads:
    names = " or ".join(f'"{c}"' for c in param.choices)
    numbers = f"a whole number {_bounds_text(param, value)}, two or four of such (top, bottom, left, right)"
    expected = f"{numbers}, {names}" if names else numbers
    if isinstance(value, str):
        if value in param.choices:
            return value
        raise _fail(param, value, expected)
    items = _whole_numbers(param, value, (1, 2, 4), expected)
    if len(items) == 4:
        return (items[0], items[1], items[2], items[3])
    return (items[0], items[0], items[-1], items[-1])


_PARSERS: Mapping[Kind, Any] = {
    "integer": _integer,
    "number": _number,
    "flag": _flag,
    "choice": _choice,
    "pair": _pair,
    "padding": _padding,
}


def _field(param: Param) -> Any:
    param = replace(param, default=param.parse(param.default))
    return field(default=param.default, metadata={"param": param})


def integer(default: int, *, label: str, help: str, minimum: int = 1, maximum: int = LARGEST, unit: str = "") -> Any:
    """A whole number."""
    return _field(Param("integer", default, label, help, minimum, maximum, unit))


def number(
    default: float,
    *,
    label: str,
    help: str,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    open_ends: bool = False,
) -> Any:
    """A real number."""
    return _field(Param("number", default, label, help, minimum, maximum, unit, open_ends=open_ends))


def flag(default: bool, *, label: str, help: str) -> Any:
    """A yes or no."""
    return _field(Param("flag", default, label, help))


def choice(default: str, choices: tuple[str, ...], *, label: str, help: str) -> Any:
    """One of a few named values."""
    return _field(Param("choice", default, label, help, choices=choices))


def pair(default: int, *, label: str, help: str, minimum: int = 1, maximum: int = LARGEST) -> Any:
    """A (rows, columns) pair; one number stands for both."""
    return _field(Param("pair", default, label, help, minimum, maximum))


def padding(default: int | str, *, label: str = "Padding", help: str) -> Any:
    """`"same"`, `"valid"`, or zeros to add: a number, a pair, or (top, bottom, left, right)."""
    return _field(Param("padding", default, label, help, 0, LARGEST, choices=PADDING_NAMES))


def sides(default: int, *, label: str, help: str) -> Any:
    """As `padding`, without names."""
    return _field(Param("padding", default, label, help, 0, LARGEST))

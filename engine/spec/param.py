"""Layer parameters with everything a form, a file or a script needs to know about them.

A parameter is a dataclass field whose metadata holds a `Param`:

    filters: int = integer(32, label="Filters", minimum=1, help="Number of output channels.")
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["integer", "number", "flag", "choice", "pair", "padding"]
PADDING_NAMES = ("same", "valid")
# One more than a billion: a layer this large may be described and costed; running it is refused with its memory.
LARGEST = 1_000_000_000


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


def _fail(param: Param, value: Any, expected: str) -> ValueError:
    return ValueError(f"{param.label.lower()} is {value!r}; use {expected}")


def _bounds_text(param: Param) -> str:
    low, high = param.minimum, param.maximum
    closed = "" if not param.open_ends else " (ends excluded)"
    if low is not None and high is not None and high < LARGEST:
        return f"from {low:g} to {high:g}{closed}"
    return f"of at least {low:g}" if low is not None else ""


def _within(param: Param, value: float) -> bool:
    low = -math.inf if param.minimum is None else param.minimum
    high = math.inf if param.maximum is None else param.maximum
    return low < value < high if param.open_ends else low <= value <= high


def _integer(param: Param, value: Any) -> int:
    expected = f"a whole number {_bounds_text(param)}".strip()
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value in (math.inf, -math.inf):
        raise _fail(param, value, expected)
    if int(value) != value or not _within(param, value):
        raise _fail(param, value, expected)
    return int(value)


def _number(param: Param, value: Any) -> float:
    expected = f"a number {_bounds_text(param)}".strip()
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _fail(param, value, expected)
    if not _within(param, value):
        raise _fail(param, value, expected)
    return float(value)


def _flag(param: Param, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _fail(param, value, "true or false")
    return value


def _choice(param: Param, value: Any) -> str:
    if value not in param.choices:
        raise _fail(param, value, "one of " + ", ".join(param.choices))
    return str(value)


def _whole_numbers(param: Param, value: Any, lengths: tuple[int, ...], expected: str) -> tuple[int, ...]:
    items = tuple(value) if isinstance(value, list | tuple) else (value,)
    if len(items) not in lengths:
        raise _fail(param, value, expected)
    try:
        return tuple(_integer(param, item) for item in items)
    except ValueError:
        raise _fail(param, value, expected) from None


def _pair(param: Param, value: Any) -> tuple[int, int]:
    expected = f"a whole number {_bounds_text(param)} or a pair (rows, columns) of them"
    items = _whole_numbers(param, value, (1, 2), expected)
    return (items[0], items[-1])


def _padding(param: Param, value: Any) -> str | tuple[int, int, int, int]:
    names = " or ".join(f'"{c}"' for c in param.choices)
    expected = f"a whole number, a pair, four numbers (top, bottom, left, right), {names}"
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
    return field(default=param.parse(param.default), metadata={"param": param})


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

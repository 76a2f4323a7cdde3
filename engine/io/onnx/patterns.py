"""Formulas that files write out in several operators, found and put together again as the operator they are.

GELU, swish and hard swish became operators of the format late, or are not written as such by many programs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .operator import Array, Call

_CLOSE = 1e-3
_SUMS = ("Add", "Sum")


@dataclass(frozen=True)
class _Match:
    """What a formula is of, as which operator, and the calls it is made of."""

    source: str
    type: str
    attributes: Mapping[str, Any]
    parts: tuple[Call, ...]


class _Finder:
    """Walks a file's calls from results to what they are made of."""

    def __init__(self, calls: Sequence[Call], constants: Mapping[str, Array], kept: Sequence[str]) -> None:
        self.by_result = {name: call for call in calls for name in call.outputs if name}
        self.readers = Counter(name for call in calls for name in call.inputs)
        self.readers.update(kept)
        self.constants = constants

    def made_by(self, name: str, *types: str) -> Call | None:
        """The call that makes a tensor, if it is one of these operators."""
        call = self.by_result.get(name)
        return call if call is not None and call.type in types and not call.domain else None

    def number(self, name: str) -> float | None:
        """A constant that is a single number."""
        array = self.constants.get(name)
        if array is None or array.size != 1 or array.dtype.kind not in "fiu":
            return None
        return float(array.reshape(-1)[0])

    def with_number(self, name: str, type: str, wanted: float) -> tuple[str, Call] | None:
        """The other operand of a sum or product of a tensor and this number."""
        call = self.made_by(name, *_SUMS if type == "Add" else (type,))
        if call is None or len(call.inputs) != 2:
            return None
        for one, other in (call.inputs, call.inputs[::-1]):
            found = self.number(other)
            if found is not None and math.isclose(found, wanted, rel_tol=_CLOSE):
                return one, call
        return None

    def times(self, name: str, factor: float) -> tuple[str, Call] | None:
        """The operand of a product with this factor, or of a division by its inverse."""
        if (found := self.with_number(name, "Mul", factor)) is not None:
            return found
        call = self.made_by(name, "Div")
        divisor = self.number(call.inputs[1]) if call is not None and len(call.inputs) == 2 else None
        if call is None or divisor is None or not math.isclose(divisor * factor, 1, rel_tol=_CLOSE):
            return None
        return call.inputs[0], call


def _factors(find: _Finder, call: Call) -> tuple[list[str], list[Call]]:
    """The tensors that a product of products multiplies, and the calls it is made of; inner ones read by it alone."""
    names, calls, waiting = [], [call], list(call.inputs)
    while waiting:
        name = waiting.pop()
        inner = find.made_by(name, "Mul")
        if inner is not None and find.readers[name] == 1 and len(calls) < 4:
            calls.append(inner)
            waiting += inner.inputs
        else:
            names.append(name)
    return names, calls


def _swish(find: _Finder, call: Call) -> _Match | None:
    """x · sigmoid(beta · x), x · hard sigmoid of x, and x · clip(x + 3, 0, 6) / 6."""
    for x, gate in (call.inputs, call.inputs[::-1]):
        if (made := find.made_by(gate, "Sigmoid")) is not None:
            inner = find.made_by(made.inputs[0], "Mul")
            if made.inputs[0] == x:
                return _Match(x, "Swish", {}, (call, made))
            if inner is not None and x in inner.inputs:
                beta = find.number(inner.inputs[1 - inner.inputs.index(x)])
                if beta is not None:
                    return _Match(x, "Swish", {"alpha": beta}, (call, made, inner))
        made = find.made_by(gate, "HardSigmoid")
        if made is not None and made.inputs[0] == x and _is_sixth(made):
            return _Match(x, "HardSwish", {}, (call, made))
    return None


def _is_sixth(call: Call) -> bool:
    """Whether a hard sigmoid has the slope and middle of MobileNetV3's."""
    slope, middle = call.attributes.get("alpha", 0.2), call.attributes.get("beta", 0.5)
    return math.isclose(slope, 1 / 6, rel_tol=_CLOSE) and math.isclose(middle, 0.5, rel_tol=_CLOSE)


def _hard_swish(find: _Finder, call: Call) -> _Match | None:
    """x · clip(x + 3, 0, 6) / 6, divided at its end or in between."""
    scaled = find.times(_result(call), 1 / 6)
    names, calls = ([*call.inputs], [call]) if scaled is None else _factors_of(find, scaled[0], call)
    for x, gate in (names, names[::-1]) if len(names) == 2 else ():
        inside = find.times(gate, 1 / 6) if scaled is None else (gate, None)
        clip = None if inside is None else find.made_by(inside[0], "Clip")
        shifted = None if clip is None else find.with_number(clip.inputs[0], "Add", 3)
        if inside and clip and shifted and shifted[0] == x and _limits(find, clip) == (0, 6):
            more = () if inside[1] is None else (inside[1],)
            return _Match(x, "HardSwish", {}, (*calls, *more, clip, shifted[1]))
    return None


def _factors_of(find: _Finder, name: str, last: Call) -> tuple[list[str], list[Call]]:
    inner = find.made_by(name, "Mul")
    return ([], []) if inner is None or find.readers[name] != 1 else ([*inner.inputs], [last, inner])


def _limits(find: _Finder, clip: Call) -> tuple[float | None, float | None]:
    if "max" in clip.attributes:
        return clip.attributes.get("min"), clip.attributes["max"]
    names = (*clip.inputs[1:], "", "")[:2]
    return find.number(names[0]), find.number(names[1])


def _gelu(find: _Finder, call: Call) -> _Match | None:
    """x/2 · (1 + erf(x/√2)), and x/2 · (1 + tanh(√(2/π)·(x + 0.044715 x³))), multiplied in any order."""
    names, calls = _factors(find, call)
    half = [name for name in names if (n := find.number(name)) is not None and math.isclose(n, 0.5, rel_tol=_CLOSE)]
    rest = [name for name in names if name not in half]
    if not half and len(rest) == 2:  # x/2 may be a division, or read by others too
        for i, name in enumerate(rest):
            if (halved := find.times(name, 0.5)) is not None:
                half, calls = [name], [*calls, halved[1]]
                rest = [halved[0], rest[1 - i]]
                break
    if len(half) != 1 or len(rest) != 2:
        return None
    for x, share in (rest, rest[::-1]):
        plus = find.with_number(share, "Add", 1)
        for form in (_erf, _tanh):
            if plus is not None and (inner := form(find, plus[0], x)) is not None:
                approximate = "tanh" if form is _tanh else "none"
                return _Match(x, "Gelu", {"approximate": approximate}, (*calls, plus[1], *inner))
    return None


def _erf(find: _Finder, name: str, x: str) -> tuple[Call, ...] | None:
    made = find.made_by(name, "Erf")
    scaled = None if made is None else find.times(made.inputs[0], math.sqrt(0.5))
    return (made, scaled[1]) if made and scaled and scaled[0] == x else None


def _tanh(find: _Finder, name: str, x: str) -> tuple[Call, ...] | None:
    made = find.made_by(name, "Tanh")
    scaled = None if made is None else find.times(made.inputs[0], math.sqrt(2 / math.pi))
    bent = None if scaled is None else find.made_by(scaled[0], *_SUMS)
    if made is None or scaled is None or bent is None or x not in bent.inputs or len(bent.inputs) != 2:
        return None
    cubic = find.times(bent.inputs[1 - bent.inputs.index(x)], 0.044715)
    cube = None if cubic is None else _cube(find, cubic[0], x)
    return (made, scaled[1], bent, cubic[1], *cube) if cubic and cube else None


def _cube(find: _Finder, name: str, x: str) -> tuple[Call, ...] | None:
    power = find.made_by(name, "Pow")
    if power is not None and power.inputs[0] == x and find.number(power.inputs[1]) == 3:
        return (power,)
    product = find.made_by(name, "Mul")
    if product is None:
        return None
    names, calls = _factors(find, product)
    return tuple(calls) if names == [x] * 3 else None


_FORMULAS: tuple[Callable[[_Finder, Call], _Match | None], ...] = (_swish, _hard_swish, _gelu)


def joined(calls: Sequence[Call], constants: Mapping[str, Array], kept: Sequence[str]) -> list[Call]:
    """The calls with every formula as one operator, named as its last call; what only it read is left out.

    `kept` are tensors that somebody outside reads.
    """
    find = _Finder(calls, constants, kept)
    found: dict[str, Call] = {}
    gone: set[str] = set()
    for call in calls:
        product = call.type in {"Mul", "Div"} and len(call.inputs) == 2 and not call.domain
        match = _matched(find, call) if product else None
        if match is None:
            continue
        found[_result(call)] = replace(
            call, type=match.type, inputs=(match.source,), attributes=match.attributes, outputs=call.outputs
        )
        gone |= {_result(part) for part in match.parts if part is not call}
    if not found:
        return list(calls)
    changed = [found.get(_result(call), call) for call in calls]
    return _without_unread(changed, gone, kept)


def _matched(find: _Finder, call: Call) -> _Match | None:
    return next((match for formula in _FORMULAS if (match := formula(find, call)) is not None), None)


def _without_unread(calls: Sequence[Call], candidates: set[str], kept: Sequence[str]) -> list[Call]:
    """The calls without those of the candidates that nobody reads any more, from the last to the first."""
    read, left = set(kept), []
    for call in reversed(calls):
        if _result(call) in candidates and not read.intersection(call.outputs):
            continue
        read.update(call.inputs)
        left.append(call)
    return left[::-1]


def _result(call: Call) -> str:
    return call.outputs[0] if call.outputs else ""

"""Arrays and lists out of a pickle, without unpickling: a machine of a few instructions that can build nothing else.

`pickletools` takes the stream apart and runs none of it. Of the classes and functions a pickle may name, a machine
knows a few by their names alone, those of NumPy arrays here, and makes plain records of them; anything else is refused.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

PUSHED = frozenset({
    "BININT", "BININT1", "BININT2", "INT", "LONG1", "BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE",
    "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "NEWTRUE", "NEWFALSE", "NONE",
})  # fmt: skip
_ENCODE, _DTYPE, _ARRAY = "_codecs encode", "numpy dtype", "numpy ndarray"
_RECONSTRUCT = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
_KNOWN = frozenset({_ENCODE, _DTYPE, _ARRAY, *_RECONSTRUCT})
_BOTTOM = object()
_EMPTY: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "MARK": lambda: _BOTTOM,
}  # fmt: skip


class RefusedError(ValueError):
    """The pickle holds something else than numbers, texts, lists, dictionaries and byte arrays."""


@dataclass(frozen=True)
class Named:
    """A class or function that a pickle names; nothing is behind it."""

    name: str


@dataclass
class _Made:
    """What calling a known function would give: an array to be filled, or an element type."""

    name: str
    state: Any = None


class Machine:
    """A stack, marks and a memory, as the format describes them.

    Which names are known, what is simply put on the stack, and what calls, states and references to content elsewhere
    make, is for subclasses to say.
    """

    known: Collection[str] = ()
    pushed = PUSHED

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memory: dict[int, Any] = {}

    def called(self, name: str, arguments: Any) -> Any:
        """What calling a known function gives."""
        raise RefusedError(f"a call of {name!r}")

    def built(self, made: Any, state: Any) -> Any:
        """An object with its state."""
        raise RefusedError("an object's state")

    def referred(self, key: Any) -> Any:
        """What a reference to content outside the pickle stands for."""
        raise RefusedError("a reference to something elsewhere")

    def read(self, content: bytes | IO[bytes]) -> Any:
        """What the pickle describes, from its beginning to its end. RefusedError if it holds anything else."""
        try:
            for code, argument, _ in pickletools.genops(content):
                self.step(code.name, argument)
            [result] = self.stack
        except RefusedError:
            raise
        except Exception as error:  # a damaged stream fails in any way
            raise RefusedError(f"a damaged stream ({type(error).__name__})") from None
        return result

    def step(self, name: str, argument: Any) -> None:
        """One instruction; RefusedError for one that is not needed for arrays."""
        if name in self.pushed:
            self.stack.append(name == "NEWTRUE" if name.startswith("NEW") else argument)
        elif name in _EMPTY:
            self.stack.append(_EMPTY[name]())
        elif name in {"TUPLE1", "TUPLE2", "TUPLE3"}:
            self._replace(int(name[-1]), lambda *items: items)
        elif name in {"GET", "BINGET", "LONG_BINGET"}:
            self.stack.append(self.memory[int(argument)])
        elif name in {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}:
            self.memory[len(self.memory) if name == "MEMOIZE" else int(argument)] = self.stack[-1]
        elif name in {"GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD", "BINPERSID"}:
            self._build(name, argument)
        elif name in {"TUPLE", "APPEND", "APPENDS", "SETITEM", "SETITEMS"}:
            self._collect(name)
        elif name not in {"PROTO", "FRAME", "STOP"}:
            raise RefusedError(f"the instruction {name}")

    def _build(self, name: str, argument: Any) -> None:
        match name:
            case "GLOBAL":
                self.stack.append(self._named(argument))
            case "STACK_GLOBAL":
                self._replace(2, lambda module, own: self._named(f"{module} {own}"))
            case "REDUCE":
                self._replace(2, self._call)
            case "BUILD":
                self._replace(2, self.built)
            case "BINPERSID":
                self._replace(1, self.referred)

    def _named(self, name: str) -> Named:
        if name not in self.known:
            raise RefusedError(f"the name {name!r}")
        return Named(name)

    def _call(self, function: Any, arguments: Any) -> Any:
        if not isinstance(function, Named):
            raise RefusedError("a call")
        return self.called(function.name, arguments)

    def _collect(self, name: str) -> None:
        """Put what lies on top into the list, dictionary or tuple below it."""
        count = {"APPEND": 1, "SETITEM": 2}.get(name)
        items = self._above_mark() if count is None else [self.stack.pop() for _ in range(count)][::-1]
        if name == "TUPLE":
            self.stack.append(tuple(items))
        elif name.startswith("APPEND"):
            self.stack[-1].extend(items)
        else:
            self.stack[-1].update(zip(items[::2], items[1::2]))

    def _replace(self, count: int, make: Callable[..., Any]) -> None:
        self.stack[-count:] = [make(*self.stack[-count:])]

    def _above_mark(self) -> list[Any]:
        place = max(i for i, item in enumerate(self.stack) if item is _BOTTOM)
        taken = self.stack[place + 1 :]
        del self.stack[place:]
        return taken


class _Arrays(Machine):
    """Knows NumPy's arrays of bytes."""

    known = _KNOWN

    def called(self, name: str, arguments: Any) -> Any:
        if name == _ENCODE:  # how Python 3 writes bytes for Python 2
            text, coding = arguments
            if coding != "latin1":
                raise RefusedError(f"the coding {coding!r}")
            return text.encode("latin1")
        if name == _DTYPE:
            if arguments[0] not in {"u1", "|u1"}:
                raise RefusedError(f"elements of type {arguments[0]!r}")
            return _Made(_DTYPE)
        return _Made(_ARRAY)

    def built(self, made: Any, state: Any) -> Any:
        """An array of bytes from its version, shape, type, order and content; a type needs nothing more."""
        if not isinstance(made, _Made):
            raise RefusedError("an object's state")
        if made.name == _DTYPE:
            return made
        _, shape, _, by_columns, content = state
        raw = content.encode("latin1") if isinstance(content, str) else content
        return np.frombuffer(raw, np.uint8).reshape(shape, order="F" if by_columns else "C")


def read_plain(content: bytes) -> Any:
    """What the pickle describes: dictionaries, lists, numbers, texts, bytes and uint8 arrays. RefusedError otherwise.

    Texts that Python 2 wrote are read as Latin-1.
    """
    return _Arrays().read(content)

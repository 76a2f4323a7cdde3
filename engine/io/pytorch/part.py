"""What one layer is written with as PyTorch code. What it becomes stands in its family's `to_torch.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...spec import Shape
from ..channels_first import Order


@dataclass(frozen=True)
class Source:
    """Where an array of the module's state comes from: our weight, and the order of its rows if they follow inputs."""

    weight: str
    order: Order


@dataclass
class Part:
    """A layer: the variables and shapes it reads, the attribute it may have, and what it declares there.

    `turns` says that a picture is to be flattened in our order, `overwrites` that its input may be written over.
    """

    name: str
    attribute: str
    inputs: Sequence[str]
    shapes: Sequence[Shape]
    order: Order
    turns: bool
    overwrites: bool
    declarations: list[str] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    helpers: list[str] = field(default_factory=list)

    def module(
        self, call: str, weights: Mapping[str, str] | None = None, by_feature: Sequence[str] = (), suffix: str = ""
    ) -> str:
        """Declare a module, its weights by PyTorch's names and ours, and return what names it.

        Those in `by_feature` have a row for each value of a vector, or channel of a picture, that the layer reads.
        """
        attribute = f"{self.attribute}_{suffix}" if suffix else self.attribute
        self.declarations.append(f"self.{attribute} = {call}")
        for theirs, own in (weights or {}).items():
            order = self.order if theirs in by_feature else None
            self.sources[f"{attribute}.{theirs}"] = Source(f"{self.name}.{own}", order)
        return f"self.{attribute}"

    def helper(self, source: str) -> None:
        """A function that the module needs beside it."""
        self.helpers.append(source)

    def note(self, text: str) -> None:
        """A comment above what is declared next."""
        self.declarations.append(f"# {self.attribute}: {text}")

    @staticmethod
    def call(kind: str, *arguments: object, **options: object) -> str:
        """The code of a call; options that are None are left out, equal pairs written as one number."""
        parts = [_text(value) for value in arguments if value is not None]
        parts += [f"{name}={_text(value)}" for name, value in options.items() if value is not None]
        return f"{kind}({', '.join(parts)})"

    @staticmethod
    def optional(value: object, usual: object) -> object:
        """None for a value that need not be said."""
        return None if value == usual else value


def _text(value: object) -> str:
    if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1]:
        return repr(value[0])
    return repr(value)

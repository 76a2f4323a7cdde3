"""Options of data sets, written behind a name: `shapes:size=64,count=2000`. One declaration each, as for layers."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..spec.param import Param, choice, integer, number
from .dataset import DataError

LARGEST_SEED = 2**63 - 1
_UNSEEN = frozenset({"memory"})


@dataclass(frozen=True)
class Options:
    """What may be asked of every data set."""

    per_class: int = integer(
        0, minimum=0, label="Images a class", help="Training images kept of each class; 0 for all."
    )
    hold_out: float = number(
        0.0,
        minimum=0.0,
        maximum=0.9,
        label="Hold out",
        help="Share of the training images held out for validation, in place of the test images.",
    )
    mean: str = choice(
        "usual",
        ("usual", "channel", "image"),
        label="Mean",
        help="What is subtracted: the usual mean, or that of the training images a channel or for every pixel.",
    )
    input: str = choice(
        "stretch",
        ("stretch", "crop", "centre"),
        label="Input",
        help="How images get the network's size: stretched, scaled to cover it and cut, or the centre as it is.",
    )
    seed: int = integer(0, minimum=0, maximum=LARGEST_SEED, label="Seed", help="Seed of all that is drawn.")


@dataclass(frozen=True)
class PictureOptions(Options):
    """Options of picture files: folders, lists and archives."""

    size: int = integer(
        0,
        minimum=0,
        maximum=4096,
        label="Size",
        help="Height and width pictures are brought to; 0: their common size, else their usual short side, up to 256.",
    )
    fit: str = choice(
        "auto",
        ("auto", "crop", "stretch"),
        label="Fit",
        help="crop scales by the short side and cuts out the centre, stretch distorts; auto: stretch where boxes are.",
    )
    channels: int = integer(0, minimum=0, maximum=3, label="Channels", help="1 grey, 3 colour; 0 as the pictures are.")
    test: float = number(
        0.2, minimum=0.0, maximum=0.9, label="Test", help="Share held out as test images where none are marked as such."
    )
    memory: int = integer(
        1024, minimum=0, label="Memory", unit="MiB", help="Larger sets are read from their files batch by batch."
    )

    def __post_init__(self) -> None:
        if self.channels == 2:
            raise DataError("A picture cannot have 2 channels; use 1 (grey) or 3 (RGB).")


@dataclass(frozen=True)
class ShapesOptions(Options):
    """Options of the generated shapes."""

    size: int = integer(32, minimum=12, maximum=1024, label="Size", help="Height and width of an image in pixels.")
    count: int = integer(2000, minimum=10, maximum=10_000_000, label="Count", help="Training images.")
    test: int = integer(500, minimum=0, maximum=10_000_000, label="Test images", help="Test images.")
    classes: int = integer(6, minimum=2, maximum=8, label="Classes", help="How many kinds of shapes, in their order.")
    noise: float = number(
        0.15, minimum=0.0, maximum=1.0, label="Noise", help="Strength of texture and noise; 0 for plain surfaces."
    )


def params(kind: type[Options]) -> Iterator[tuple[str, Param]]:
    """Names and declarations of all options of a kind, the general ones first."""
    for field in dataclasses.fields(kind):
        yield field.name, field.metadata["param"]


def parse(kind: type[Options], text: str) -> Options:
    """Options from `name=value,name=value`; DataError tells of everything that is wrong in it."""
    known = dict(params(kind))
    values: dict[str, Any] = {}
    faults = []
    for piece in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = (part.strip() for part in piece.partition("="))
        if name not in known:
            faults.append(_unknown(name, known))
        elif not sign:
            faults.append(f"{name} has no value, write {name}={known[name].default}")
        else:
            try:
                values[name] = known[name].parse(_value(value))
            except ValueError as error:
                faults.append(str(error))
    if faults:
        raise DataError(f"The options {text!r} cannot be used: {'; '.join(faults)}.")
    return kind(**values)


def written(options: Options) -> str:
    """The options that differ from their defaults, as `parse` reads them; those that change no pixel are left out."""
    chosen = [(name, getattr(options, name)) for name, _ in params(type(options)) if name not in _UNSEEN]
    defaults = type(options)()
    return ",".join(f"{name}={value}" for name, value in chosen if value != getattr(defaults, name))


def _unknown(name: str, known: dict[str, Param]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"perhaps {near[0]} is meant" if near else f"use {', '.join(known)}"
    return f"there is no option {name!r}, {hint}"


def _value(text: str) -> Any:
    """A number where the text is one."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text

"""The list of architectures with their sources. An architecture enters it with the decorator `entry`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph import Network
from ..spec import ConvscopeError, Shape

Builder = Callable[..., Network]


@dataclass(frozen=True)
class Architecture:
    """A named network function with its year, source and published input; `compact` ones train on a laptop."""

    name: str
    year: int
    source: str
    input: Shape
    compact: bool
    build: Builder


ARCHITECTURES: dict[str, Architecture] = {}


def entry(year: int, source: str, input: Sequence[int], compact: bool) -> Callable[[Builder], Builder]:
    """Register an architecture under its function's name."""

    def register(function: Builder) -> Builder:
        name = function.__name__
        ARCHITECTURES[name] = Architecture(name, year, source, tuple(input), compact, function)
        return function

    return register


def architecture(name: str) -> Architecture:
    """The entry of this name, or ConvscopeError with the nearest names."""
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    begun = [known for known in ARCHITECTURES if name and known.startswith(name)]
    alike = difflib.get_close_matches(name, ARCHITECTURES, n=3, cutoff=0.6)
    near = (begun or alike)[:3]
    hint = f"did you mean {' or '.join(near)}?" if near else f"`convscope zoo` lists the {len(ARCHITECTURES)} there are"
    raise ConvscopeError(f"There is no architecture {name!r}; {hint}")


def build_for(name: str, image: Shape, classes: int) -> Network:
    """The architecture for images of this shape and so many classes.

    It takes the images at their own size when its layers fit them and the size is at least half the published one;
    otherwise it keeps its published size and the images are resized to it.
    """
    found = architecture(name)
    height, width, channels = image
    options: dict[str, Any] = {"classes": classes}
    published = (found.input[0], found.input[1], channels)
    if 2 * min(height, width) >= min(found.input[:2]):
        native = found.build(input=image, **options)
        if not native.errors():
            return native
    return found.build(input=published, **options)

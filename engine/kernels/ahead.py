"""Memory asked for ahead: a kernel that works in cache on one unit asks for what the next one reads and writes."""

from .jit import device
from .moments import PRODUCTS
from .simd import prefetch
from .words import NOTHING

LINE = 16  # floats in a cache line


@device
def fetch(values, at, count, part, parts):
    """Ask for one of so many parts of values[at : at + count], which will be used soon."""
    for i in range(at + part * count // parts, at + (part + 1) * count // parts, LINE):
        prefetch(values, i)


@device
def fetch_ending(target, ending, other, measuring, at, count, part, parts):
    """The same for what is written, and for what `finish` and `measure` read then."""
    fetch(target, at, count, part, parts)
    if ending != NOTHING:
        fetch(other, at, count, part, parts)
    if measuring[0] >= PRODUCTS:
        fetch(measuring[2], at, count, part, parts)

"""Placing buffers with known lifetimes in one block of memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ALIGNMENT = 64  # bytes: one cache line, one AVX-512 register


@dataclass(frozen=True)
class Span:
    """Where a buffer lies: offset and length in bytes. The offset is a multiple of ALIGNMENT."""

    offset: int
    nbytes: int


def aligned(nbytes: int) -> int:
    """The next multiple of ALIGNMENT."""
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


def pack(lives: Mapping[str, tuple[int, int, int]]) -> dict[str, Span]:
    """Offsets for buffers given as (bytes, first, last); buffers alive at the same time never overlap.

    Greedy by size: the largest first, each at the lowest offset that is free for its whole life
    (Pisarchyk & Lee 2020, Efficient Memory Management for Deep Neural Net Inference, §5).
    """
    placed: list[tuple[int, int, int, int]] = []  # offset, end, first, last; sorted by offset
    spans: dict[str, Span] = {}
    for name, (nbytes, first, last) in sorted(lives.items(), key=lambda item: -item[1][0]):
        room, offset, at = aligned(nbytes), 0, 0
        for low, high, other_first, other_last in placed:
            if other_last < first or last < other_first:
                continue
            if low - offset >= room:
                break
            offset = max(offset, high)
        while at < len(placed) and placed[at][0] <= offset:
            at += 1
        placed.insert(at, (offset, offset + room, first, last))
        spans[name] = Span(offset, nbytes)
    return spans

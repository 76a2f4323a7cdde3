"""Placing buffers with known lifetimes in one block of memory."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Mapping
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


Lives = Mapping[str, tuple[int, int, int]]
"""Buffers as (bytes, first, last): `last` is the last moment at which the content is needed."""


def pack(lives: Lives) -> dict[str, Span]:
    """Offsets for buffers; those alive at the same time never overlap.

    Where at most two are alive at once, as in a chain of layers at inference, the arena is as small as can be.
    """
    spans = _pack_at_both_ends(lives)
    return _pack_greedily(lives) if spans is None else spans


def least_bytes(lives: Lives) -> int:
    """What no arrangement can go below: the most that is alive at once."""
    changes = [(first, aligned(nbytes)) for nbytes, first, _ in lives.values()]
    changes += [(last + 1, -aligned(nbytes)) for nbytes, _, last in lives.values()]
    live = most = 0
    for _, change in sorted(changes):
        live += change
        most = max(most, live)
    return most


def _pack_at_both_ends(lives: Lives) -> dict[str, Span] | None:
    """Buffers in turn at the bottom and at the top, which is optimal; None if ever three are alive at once."""
    top = least_bytes(lives)
    spans: dict[str, Span] = {}
    free_from = [-1, -1]  # the moments from which the bottom and the top are free
    for name, (nbytes, first, last) in sorted(lives.items(), key=lambda item: item[1][1:]):
        end = 0 if free_from[0] <= free_from[1] else 1
        if free_from[end] > first:
            return None
        free_from[end] = last + 1
        spans[name] = Span(0 if end == 0 else top - aligned(nbytes), nbytes)
    return spans


def _pack_greedily(lives: Lives) -> dict[str, Span]:
    """The best of several greedy arrangements; the first that no other could better by more than a thousandth.

    The largest first is from Pisarchyk & Lee 2020, Efficient Memory Management for Deep Neural Net Inference, §5. Each
    order is tried again and again, what lay highest first: as long as it is worth it, since one try takes a time that
    grows with the square of the number of buffers.
    """
    least, best, best_top = least_bytes(lives), dict[str, Span](), 0
    small = _small(lives, least // _THOUSAND)
    large = {name: life for name, life in lives.items() if name not in small}
    queues = [sorted(large, key=lambda name: order(*lives[name])) for order in _ORDERS]
    for attempt in range(min(max(_EFFORT // len(large) ** 2, _FEWEST), _MOST)):
        names = queues[attempt % len(queues)]
        spans = _pack_in_order(large, names)
        ends = {name: span.offset + aligned(span.nbytes) for name, span in spans.items()}
        top = max(ends.values())
        if not best or top < best_top:
            best, best_top = spans, top
        if best_top <= least + least // _THOUSAND:
            break
        names.sort(key=lambda name: ends[name] < top)  # stable: the others stay in their order
    return best | _side_by_side(small, best_top)


def _small(lives: Lives, room: int) -> dict[str, int]:
    """The smallest buffers, as many as find room together, and their bytes. Statistics of batch norm are such."""
    found: dict[str, int] = {}
    for name in sorted(lives, key=lambda name: lives[name][0]):
        room -= aligned(lives[name][0])
        if room < 0:
            break
        found[name] = lives[name][0]
    return found


def _side_by_side(sizes: Mapping[str, int], offset: int) -> dict[str, Span]:
    """Buffers that share no memory, from this offset on."""
    spans = {}
    for name, nbytes in sizes.items():
        spans[name] = Span(offset, nbytes)
        offset += aligned(nbytes)
    return spans


_THOUSAND = 1000
_EFFORT, _FEWEST, _MOST = 2_000_000, 3, 80
"""Pairs of buffers to look at, all tries together, and the limits of their number."""

_ORDERS: tuple[Callable[[int, int, int], tuple[int, ...]], ...] = (
    lambda nbytes, first, last: (-nbytes,),
    lambda nbytes, first, last: (nbytes * (first - last - 1),),
    lambda nbytes, first, last: (first - last, -nbytes),
    lambda nbytes, first, last: (first, -nbytes),
    lambda nbytes, first, last: (-last, -nbytes),
)


def _pack_in_order(lives: Lives, names: Iterable[str]) -> dict[str, Span]:
    """Each at the lowest offset that is free for its whole life."""
    placed: list[tuple[int, int, int, int]] = []  # offset, end, first, last; in the order of offsets
    spans: dict[str, Span] = {}
    for name in names:
        nbytes, first, last = lives[name]
        room, offset = aligned(nbytes), 0
        for low, high, other_first, other_last in placed:
            if other_last < first or last < other_first or high <= offset:
                continue
            if low - offset >= room:
                break
            offset = high
        insort(placed, (offset, offset + room, first, last))
        spans[name] = Span(offset, nbytes)
    return spans

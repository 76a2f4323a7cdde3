"""Training with less memory: activations are thrown away and computed again, a segment of the network at a time.

Forward keeps only the values that pass from one segment to the next. Backward then takes the segments from the last to
the first, and computes each one's values again before it needs them (Chen et al. 2016, Training Deep Nets with
Sublinear Memory Cost, §4). The last segment's values are still there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from ..spec import Shape, size
from .step import Reader, Step

_COUNTS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32)


@dataclass(frozen=True)
class Clock:
    """Moments of a pass over `steps` steps: forward, then backward from the last.

    `starts` are the first steps of the segments, 0 among them; one segment means that nothing is computed again.
    """

    steps: int
    starts: tuple[int, ...] = (0,)

    @property
    def segments(self) -> list[range]:
        return [range(a, b) for a, b in pairwise((*self.starts, self.steps))]

    def segment(self, index: int) -> int:
        """The number of the segment that a step lies in."""
        return bisect_left(self.starts, index + 1) - 1

    def is_repeated(self, index: int) -> bool:
        """Whether a step's values are computed again for backward."""
        return self.segment(index) < len(self.starts) - 1

    def again(self, index: int) -> int:
        """When a step is computed again: after the backward pass of all later segments."""
        segment = self.segments[self.segment(index)]
        return self.backward(segment.stop) + 1 + index - segment.start

    def backward(self, index: int) -> int:
        """When a step's gradients are computed; of the step behind the last one: when backward begins."""
        if index >= self.steps:
            return self.steps
        repeated = self.segments[self.segment(index) : -1]  # each is run once more before its own backward pass
        return 2 * self.steps - index + sum(map(len, repeated))

    @property
    def end(self) -> int:
        return self.backward(0) + 1


def candidates(
    steps: Sequence[Step], readers: Mapping[str, tuple[Reader, ...]], shapes: Mapping[str, Shape]
) -> Iterator[Clock]:
    """Ways to cut the steps: about equal shares of the values, each cut moved to where the least passes across."""
    total = [0, *accumulate(size(shapes[step.value]) for step in steps)]
    crossing = [
        sum(size(shapes[step.value]) for step in steps[:cut] if any(t >= cut for t, _ in readers[step.value]))
        for cut in range(len(steps))
    ]
    for count in _COUNTS:
        if count > len(steps):
            return
        reach = max(len(steps) // (2 * count), 1)
        cuts = {0}
        for share in range(1, count):
            near = bisect_left(total, share * total[-1] // count)
            window = range(max(near - reach, 1), min(near + reach, len(steps) - 1) + 1)
            cuts.add(min(window, key=lambda cut: (crossing[cut], abs(cut - near)), default=0))
        yield Clock(len(steps), tuple(sorted(cuts)))

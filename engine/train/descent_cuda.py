"""Loss, gradient and optimiser on the GPU. The host sends targets and numbers, and reads what became of it later."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..runtime.binding import Call
from ..runtime.mirror import Mirror
from ..spec import size
from .figures_cuda import Figures
from .localisation_step import WIDTH
from .loss import CrossEntropy, Loss, cuda
from .optimizer import Optimizer
from .optimizer.cuda_update import CudaUpdate
from .outcome import Outcome

if TYPE_CHECKING:
    from ..runtime.backend import Backend
    from ..runtime.binding import Array
    from ..runtime.companions import Companions
    from ..runtime.model import Model
    from ..runtime.plan import Plan
    from .feed import Feed
    from .localisation_step import BoxGoal


class Descent:
    """See `descent.Descent`."""

    ahead = 1

    def __init__(
        self, model: Model, feed: Feed, objective: Loss, node: str, goal: BoxGoal | None, optimizer: Optimizer,
        buffers: Companions,
    ) -> None:  # fmt: skip
        self._backend, self._feed, self._goal = model.backend, feed, goal
        shapes = model.network.shapes()
        self._scores = _End(node, size(shapes[node] or ()), objective, 1.0)
        self._box = _End(goal.node, size(shapes[goal.node] or ()), goal.loss, goal.weight) if goal else None
        self._figures = Figures(self._backend)
        self._update = CudaUpdate(model, optimizer, buffers, self._figures.array)
        self._sizes: dict[int, _Losses] = {}

    def prepare(
        self, rows: NDArray[np.int64], share: float, optimizer: Optimizer, rate: float, step: int,
        parts: Sequence[slice],
    ) -> Hashable:  # fmt: skip
        self._figures.prepare()
        count = len(rows)
        if count not in self._sizes:
            labels = self._feed.labels
            self._sizes[count] = _Losses(self._backend, count, self._scores, self._box, labels, self._figures.array)
        self._losses = self._sizes[count]
        self._losses.send(self._feed.labels[rows], share)
        if self._goal is not None:
            self._losses.send_box(*self._goal.aim(rows))
        return self._update.prepare(optimizer, rate, step, parts)

    def take_loss(self, plan: Plan) -> None:
        self._losses.launch(plan)

    def update(self) -> None:
        self._update.launch()

    def outcome(self) -> Outcome:
        self._update.written()
        return self._figures.outcome()


@dataclass(frozen=True)
class _End:
    """A node that a loss is taken at: values an image, the loss, and what it counts in the whole."""

    node: str
    width: int
    loss: Loss
    weight: float

    @property
    def kernel(self) -> Any:
        return getattr(cuda, f"{self.loss.kernel}_gradient")


class _Losses:
    """What the losses of batches of `count` images are taken with: their targets, and room for what they give."""

    def __init__(
        self, backend: Backend, count: int, scores: _End, box: _End | None, labels: NDArray[Any], figures: Array
    ) -> None:
        self._backend, self._count, self._ends = backend, count, (scores, *((box,) if box else ()))
        self._figures = figures
        width = 1 if labels.ndim == 1 else labels.shape[1]
        self._targets = Mirror(backend.zeros(count * width, str(labels.dtype)), backend)
        self._numbers = Mirror(backend.zeros(cuda.AIM, "float64"), backend)
        self._share = -1.0  # nothing was sent yet
        self._places = Mirror(backend.zeros(count, "int64"), backend)  # the first column of every image: zeros
        self._box_targets = Mirror(backend.zeros(count * WIDTH), backend)
        self._box_numbers = Mirror(backend.zeros(cuda.AIM, "float64"), backend)
        self._columns = Mirror(backend.zeros(count, "int64"), backend)
        if box:
            self._box_numbers.outgoing[:] = 1.0, box.loss.parameter, box.weight
            self._box_numbers.send()
        self._losses = backend.zeros(len(self._ends) * count, "float64")
        self._hits = backend.zeros(count, "float64")
        self._calls: WeakKeyDictionary[Plan, list[Call]] = WeakKeyDictionary()  # no plan stays for them

    def send(self, targets: NDArray[Any], share: float) -> None:
        """The batch's targets: classes (count,), or values (count, D)."""
        self._targets.outgoing[:] = targets.reshape(-1)
        self._targets.send()
        if share != self._share:
            end, self._share = self._ends[0], share
            self._numbers.outgoing[:] = share, end.loss.parameter, end.weight
            self._numbers.send()

    def send_box(self, targets: NDArray[np.float32], columns: NDArray[np.int64]) -> None:
        """The boxes that the images should give (count, 4), and the columns that they begin at."""
        self._box_targets.outgoing[:] = targets.reshape(-1)
        self._box_targets.send()
        self._columns.outgoing[:] = columns
        self._columns.send()

    def launch(self, plan: Plan) -> None:
        """The calls for what a plan gave."""
        if plan not in self._calls:
            self._calls[plan] = self._made(plan)
        for call in self._calls[plan]:
            call()

    def _made(self, plan: Plan) -> list[Call]:
        calls, count = [], self._count
        for place, end in enumerate(self._ends):
            values, slopes = plan.array("value", end.node), plan.array("grad", end.node)
            losses = self._losses[place * count : (place + 1) * count]
            if isinstance(end.loss, CrossEntropy):
                aims = (self._targets.device, self._numbers.device)
                args = (values, *aims, slopes, losses, self._hits, count, end.width)
                calls.append(self._call(end.kernel, *args))
            else:
                given, width = self._values(place, end)
                calls.append(self._call(end.kernel, values, *given, slopes, losses, count, width, end.width))
        judged = (self._losses, len(self._losses), self._hits, count, self._figures)
        return [*calls, self._call(cuda.judge, *judged)]

    def _values(self, place: int, end: _End) -> tuple[tuple[Array, Array, Array], int]:
        """Targets, first columns, numbers and width of a loss of values: the second one's are the box's."""
        if place:
            return (self._box_targets.device, self._columns.device, self._box_numbers.device), WIDTH
        return (self._targets.device, self._places.device, self._numbers.device), end.width

    def _call(self, kernel: Any, *args: Any) -> Call:
        return Call(kernel, args, self._backend.build(kernel, 1))

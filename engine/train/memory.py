"""What training takes of a device's memory in all, and which batch fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..cost.memory import Memory, memory
from ..cost.units import format_bytes
from ..runtime.backend import NoMemoryError
from ..runtime.companions import Companions
from ..runtime.ledger import Ledger
from ..runtime.plan import Plan, largest_batch
from ..runtime.weights import WeightStore
from ..spec import ConvscopeError
from . import inflow
from .feed import Feed
from .settings import Settings
from .standing import standing_descent
from .step import EVALUATION_BATCH, scores

if TYPE_CHECKING:
    from ..runtime.model import Model


class TooLargeError(ConvscopeError):
    """A batch does not fit into the device's memory; `fits` is the largest one that does, 0 if none."""

    def __init__(self, text: str, fits: int) -> None:
        super().__init__(text)
        self.fits = fits


@dataclass(frozen=True)
class Demand:
    """What decides, beside the batch, how much a run takes: its model and settings, and the images it is trained and
    tested on, their numbers and the `feed` of the former, or one like it. `buffers` are the optimiser's arrays, where
    there are some already.
    """

    model: Model
    settings: Settings
    trained: int
    tested: int
    feed: Feed
    buffers: Companions | None = None

    def batches(self, batch: int) -> tuple[int, ...]:
        """The sizes of an epoch's batches: the one asked for, and what is left at the end; each has a plan."""
        rest = self.trained % batch if self.trained > batch else 0
        return (batch, rest) if rest else (batch,)

    def memory(self, batch: int) -> Memory:
        """All that the run holds at once: weights, gradients, what the optimiser keeps, activations of training and of
        evaluation, and in `workspace` the kernels' scratch, packed weights, sums, targets, and room for the batch that
        comes next. Found without allocating any of it, in about the time of making the plans.
        """
        return self._memory(self.batches(batch))

    def _memory(self, sizes: Sequence[int]) -> Memory:
        model, ledger, optimizer = self.model, Ledger(self.model.backend), self.settings.optimizer
        backend: Any = ledger
        store = WeightStore(model.network, model.seed, backend, filled=False)
        store.freeze(model.frozen)
        if ledger.apart:
            standing_descent(model.network, store, backend, sizes, self.settings.loss, optimizer)
        else:  # targets and numbers of a step lie in the host's memory, and are nothing beside it
            Companions(optimizer.buffers, {}, len(store.trained), backend)
        _, keep = scores(model.network)
        plans = [
            Plan(model.network, store, backend, size, "training", keep, recompute=model.recompute) for size in sizes
        ]
        way = inflow.made(backend, self.feed)
        for plan in plans:
            way.reserve(plan)
        found = memory(model.network, plans[0].schedule, len(optimizer.buffers))
        if self.tested:
            plans.append(Plan(model.network, store, backend, min(self.tested, EVALUATION_BATCH), "inference", keep))
        more = sum(plan.schedule.arena_bytes for plan in plans[1:])
        found = replace(found, passing=found.passing + more)
        return replace(found, workspace=ledger.total - found.total)

    def largest_batch(self, most: int, there: int) -> int:
        """The largest batch up to `most` that fits into so many bytes; 0 if none does."""
        alone = largest_batch(lambda batch: _all(self._memory([batch])), most, there)
        if not alone:
            return 0
        least = _all(self._memory([1]))
        each = (_all(self._memory([alone])) - least) / max(alone - 1, 1)  # an image takes about the same in any batch
        for batch in range(alone, 0, -1):
            likely = least + each * (sum(self.batches(batch)) - 1) <= there
            if likely and _all(self.memory(batch)) <= there:
                return batch
        return 0

    def there(self) -> int:
        """Bytes for a run: what is free, with what its model and optimiser hold already."""
        buffers = self.buffers
        held = sum(buffers.known(name).nbytes for name in buffers) if buffers else 0
        return self.model.backend.available_bytes() + self.model.nbytes + held

    def too_large(self, batch: int) -> TooLargeError:
        """What to raise where a batch did not fit. The model's plans are dropped: they are made again when needed."""
        self.model.drop_plans()
        there, found = self.there(), self.memory(batch)
        fits = self.largest_batch(batch - 1, there)
        remedy = f"batch {fits} fits" if fits else "use a smaller input or network: not even batch 1 fits"
        return TooLargeError(f"{_told(self.model.network.name, batch, found, there)}; {remedy}.", fits)

    def prepare(self, batch: int, make_ready: Callable[[], None], give_back: Callable[[], None]) -> None:
        """Allocate what a run needs; TooLargeError if it does not fit, even without what views have had.

        What is beside plans is given back then.
        """
        for _ in range(2):
            try:
                return make_ready()
            except (NoMemoryError, MemoryError):
                pass  # its traceback holds what was allocated; it is gone behind this line
            give_back()
            self.model.drop_plans()
        raise self.too_large(batch)


def fitting(demand: Demand, batch: int) -> tuple[int, str]:
    """The batch, or the largest below it that fits into memory, and then what to say; TooLargeError if none does."""
    found = demand.memory(batch)
    if _all(found) <= demand.there():
        return batch, ""
    demand.model.drop_plans()  # they are made again when needed
    there = demand.there()
    if not (fits := demand.largest_batch(batch, there)):
        raise demand.too_large(batch)
    text = f"{_told(demand.model.network.name, batch, found, there)}; batch {fits} is used, at the same learning rate."
    return fits, "" if fits == batch else text


def _all(found: Memory) -> int:
    return found.total + (found.workspace or 0)


def _told(name: str, batch: int, found: Memory, there: int) -> str:
    parts = {
        "weights": found.weights, "gradients": found.gradients, "optimiser": found.optimizer,
        "activations": found.activations, "kernels and input": found.workspace or 0,
    }  # fmt: skip
    listed = ", ".join(f"{what} {format_bytes(nbytes)}" for what, nbytes in parts.items() if nbytes)
    return (
        f"Training {name} with batch {batch} takes {format_bytes(_all(found))} ({listed}) and there are "
        f"{format_bytes(there)}"
    )

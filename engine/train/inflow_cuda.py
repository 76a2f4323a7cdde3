"""Batches on the GPU: pixels travel as they are, and are augmented and normalised there, on the stream of all calls.

Every augmentation is a map, a tint or holes, so the kernels know them all. The processor draws the random numbers and
gathers the pixels while the GPU is at work on the step before. It makes the whole batch itself only where no image is
augmented and its pixels are not of one byte in the network's size, or where somebody else makes the batches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ..data.augment import cuda, packed
from ..data.augment.augmenter import Augmenter
from ..graph import INPUT
from ..runtime.binding import Call
from ..runtime.mirror import Inlet, Mirror
from .inflow import from_host
from .plain import Plain

if TYPE_CHECKING:
    from ..runtime.backend import Backend
    from ..runtime.binding import Array
    from ..runtime.plan import Plan
    from .feed import Feed

Fill = Callable[[NDArray[np.int64]], bool]


class Inflow:
    """See `inflow.Inflow`."""

    def __init__(self, backend: Backend, feed: Feed) -> None:
        self._backend, self._feed = backend, feed
        self._share = Mirror(backend.zeros(1, "float64"), backend)
        self._sizes: dict[int, _Looked | _Augmented] = {}
        self._mixing: WeakKeyDictionary[Plan, Call] = WeakKeyDictionary()  # no plan stays for them

    def reserve(self, plan: Plan) -> None:
        if self._way(plan.batch) is None:
            plan.input  # noqa: B018  has room beside it

    def release(self) -> None:
        self._sizes.clear()

    def begin(self, plan: Plan, rows: NDArray[np.int64], share: float, number: int) -> None:
        way = self._way(plan.batch)
        if way is None:
            from_host(self._feed, plan, rows, share, number)
            return
        way.send(self._feed.epoch, rows)
        plan.begin_step(number, given=False)
        way.launch(plan)
        if share < 1:
            self._share.outgoing[:] = share
            self._share.send()
            self._mix(plan)

    def _way(self, count: int) -> _Looked | _Augmented | None:
        """What brings batches of this size, or None where the processor makes them."""
        maker = self._feed.maker
        if count not in self._sizes:
            if isinstance(maker, Augmenter):
                self._sizes[count] = _Augmented(self._backend, maker, count)
            elif isinstance(maker, Plain) and maker.pixels is not None:
                self._sizes[count] = _Looked(self._backend, maker.pixels, maker.table, count)
        return self._sizes.get(count)

    def _mix(self, plan: Plan) -> None:
        if plan not in self._mixing:
            target = plan.array("value", INPUT)
            images, size = plan.batch, len(target) // plan.batch
            args = (target, self._share.device, images, size, (images + 1) // 2)
            self._mixing[plan] = _call(self._backend, cuda.mix, *args)
        self._mixing[plan]()


class _Looked:
    """Batches of `count` images whose pixels (N, P) of one byte are looked up in a table of 256 values a channel."""

    def __init__(self, backend: Backend, pixels: NDArray[np.uint8], table: NDArray[np.float32], count: int) -> None:
        self._backend, self._pixels = backend, pixels
        self._batch = Inlet(backend.zeros(count * pixels.shape[1], "uint8"), backend)
        self._table = _constant(backend, table)
        self._calls: WeakKeyDictionary[Plan, Call] = WeakKeyDictionary()

    def send(self, epoch: int, rows: NDArray[np.int64]) -> None:
        target = self._batch.outgoing.reshape(len(rows), -1)
        np.take(self._pixels, rows, 0, target, mode="clip")  # in range; without a copy of its own
        self._batch.send()

    def launch(self, plan: Plan) -> None:
        if plan not in self._calls:
            out = plan.array("value", INPUT)
            args = (self._batch.device, self._table, len(self._table) // 256, out, len(self._batch))
            self._calls[plan] = _call(self._backend, cuda.look_up, *args)
        self._calls[plan]()


class _Augmented:
    """Batches of `count` images, augmented by the GPU as an augmenter would do it."""

    def __init__(self, backend: Backend, augmenter: Augmenter, count: int) -> None:
        self._backend, self._augmenter = backend, augmenter
        drawn, images, _ = augmenter.raw(0, np.zeros(1, np.int64))
        self._layout, self._border = packed.Layout.of(drawn, images, count), drawn.border
        self._block = Inlet(backend.zeros(self._layout.nbytes, "uint8"), backend)
        self._there = self._layout.views(self._block.device)
        self._means = backend.zeros(count, "float64")
        finish = augmenter.finish
        self._constants = {
            name: _constant(backend, values)
            for name, values in (("means", finish.means), ("image", finish.mean_image), ("stds", finish.stds))
        }
        self._calls: WeakKeyDictionary[Plan, tuple[Call, Call]] = WeakKeyDictionary()
        self._tells_means = False

    def send(self, epoch: int, rows: NDArray[np.int64]) -> None:
        drawn, images, places = self._augmenter.raw(epoch, rows)
        packed.fill(self._layout.views(self._block.outgoing), drawn, images, places)
        self._tells_means = bool(np.any(drawn.tint.of_mean))
        self._block.send()

    def launch(self, plan: Plan) -> None:
        if plan not in self._calls:
            self._calls[plan] = self._made(plan)
        means, augment = self._calls[plan]
        if self._tells_means:
            means()
        augment()

    def _made(self, plan: Plan) -> tuple[Call, Call]:
        there, finish, out = self._there, self._augmenter.finish, plan.array("value", INPUT)
        images, (height, width, channels) = there["pixels"], plan.network.input
        count = images.shape[0]
        size = images.shape[1] * images.shape[2]
        flat = self._layout.flat_pixels(self._block.device)
        means = _call(self._backend, cuda.image_means, flat, size, self._means, count)
        augment = _call(
            self._backend, cuda.augment, images, channels, there["maps"], there["lenses"], there["whole"],
            there["samples"], self._border, there["tint"], self._means, there["holes"], finish.scale,
            self._constants["means"], self._constants["image"], int(len(finish.mean_image) > 0),
            self._constants["stds"], int(finish.reverse), out, height, width, len(out),
        )  # fmt: skip
        return means, augment


def _constant(backend: Backend, values: NDArray[np.float32]) -> Array:
    """Numbers that stay, on the device: one at least, since none is no array."""
    mirror = Mirror(backend.zeros(max(len(values), 1)), backend)
    mirror.outgoing[: len(values)] = values
    mirror.send()
    return mirror.device


def _call(backend: Backend, kernel: Any, *args: Any) -> Call:
    return Call(kernel, args, backend.build(kernel, 1))

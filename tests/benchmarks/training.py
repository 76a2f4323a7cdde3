"""Whole training steps of vgg_mini and its neighbours against PyTorch in the same run. Needs the extra `bench`.

    python -m tests.benchmarks.training

Rounds of ours and of PyTorch alternate, so that a drifting clock touches both; the ratio is the median over rounds.
A step is everything: gathering the batch, forward, loss, backward, SGD with momentum and weight decay.
"""

from __future__ import annotations

import os

os.environ.pop("GOMP_SPINCOUNT", None)
import torch  # first of all: its OpenMP reads its settings when it is loaded, and is to have its own

# isort: split

import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np

from convscope.engine import Model, Network, zoo
from convscope.engine.data import Dataset
from convscope.engine.train.events import Batch

ROUNDS, STEPS = 7, 8
CASES = (("lenet5", 64, 12), ("vgg_mini", 64, 1), ("resnet20_cifar", 128, 1))


def dataset_for(net: Network, images: int) -> Dataset:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (images, *net.input), np.uint8)
    labels = random.integers(0, 10, images)
    return Dataset("random", pixels, labels, pixels[:1], labels[:1], tuple("0123456789"))


def our_steps(net: Network, batch: int) -> Callable[[int], None]:
    model = Model(net, seed=0)
    run = model.fit(dataset_for(net, batch * 64), epochs=1000, batch_size=batch, learning_rate=1e-3)
    batches: Iterator[object] = (event for event in run if isinstance(event, Batch))
    return lambda count: [next(batches) for _ in range(count)] and None


def torch_steps(net: Network, batch: int) -> Callable[[int], None]:
    """The same layers in PyTorch, channels last, eager; data already in memory as float32."""
    from tests.benchmarks.torch_networks import translated  # noqa: PLC0415

    torch.set_num_threads(os_threads())
    module = translated(net).to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(module.parameters(), 1e-3, momentum=0.9, weight_decay=5e-4)
    height, width, channels = net.input
    x = torch.randn(batch, channels, height, width).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, 10, (batch,))

    def steps(count: int) -> None:
        for _ in range(count):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(module(x), labels).backward()
            optimiser.step()

    return steps


def os_threads() -> int:
    import numba  # noqa: PLC0415

    return int(numba.get_num_threads())


def rate(steps: Callable[[int], None], count: int, batch: int) -> float:
    start = time.perf_counter()
    steps(count)
    return count * batch / (time.perf_counter() - start)


def main() -> None:
    print(f"{os_threads()} threads; images a second, median of {ROUNDS} alternating rounds")
    for name, batch, factor in CASES:
        net = zoo.build(name)
        ours, theirs = our_steps(net, batch), torch_steps(net, batch)
        ours(3)
        theirs(3)
        pairs = [(rate(ours, STEPS * factor, batch), rate(theirs, STEPS * factor, batch)) for _ in range(ROUNDS)]
        ratio = statistics.median(a / b for a, b in pairs)
        mine, peer = (statistics.median(side) for side in zip(*pairs))
        print(f"{name:16s} batch {batch:4d}   ours {mine:8.0f}   torch channels_last {peer:8.0f}   ratio {ratio:5.2f}")


if __name__ == "__main__":
    main()

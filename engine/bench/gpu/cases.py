"""What is measured on a GPU, and under Numba's simulator, which only shows that the command works."""

from __future__ import annotations

from dataclasses import dataclass

from ...graph import Network
from ...kernels.cuda_jit import SIMULATED
from ...layers.dense.spec import Dense
from ...layers.reshape.spec import Flatten
from ..cases import CONVOLUTIONS, ConvCase, NetworkCase, networks

LARGE = tuple(
    ConvCase(*sizes)
    for sizes in (
        # compact networks at batches that fill a GPU
        (256, 64, 32, 64, 3, 1, 1),
        (256, 128, 16, 128, 3, 1, 1),
        (256, 256, 8, 256, 3, 1, 1),
        # stages of ResNet-50 and VGG at 224 × 224
        (32, 64, 56, 64, 3, 1, 1),
        (32, 128, 28, 128, 3, 1, 1),
        (32, 256, 14, 256, 3, 1, 1),
        (32, 512, 7, 512, 3, 1, 1),
        (32, 256, 56, 64, 1, 1, 0),
        (32, 3, 224, 64, 7, 2, 3),
    )
)
"""Convolutions that keep a GPU busy, beside the compact ones."""


@dataclass(frozen=True)
class TrialCase(NetworkCase):
    """A network that a simulated GPU trains in a second."""

    def network(self) -> Network:
        net = Network((2, 2, 1), self.name)
        net.add(Flatten())
        net.add(Dense(2))
        return net


TRIAL_NETWORK, TRIAL_CONVOLUTION = TrialCase("trial", 2), ConvCase(1, 1, 3, 2, 3, 1, 1)


def convolutions(asked: tuple[ConvCase, ...]) -> tuple[ConvCase, ...]:
    """Those asked for, or the usual."""
    return asked or ((TRIAL_CONVOLUTION,) if SIMULATED else (*CONVOLUTIONS, *LARGE))


TILED = tuple(case for case in (*CONVOLUTIONS, *LARGE) if case.groups == 1 and case.channels >= 16 and case.batch > 1)
"""Those whose tiles are tried."""


def tiled(asked: tuple[ConvCase, ...]) -> tuple[ConvCase, ...]:
    """Those asked for, or the usual, whose tiles are tried."""
    return asked or ((TRIAL_CONVOLUTION,) if SIMULATED else TILED)


def whole(names: tuple[str, ...], batches: tuple[int, ...]) -> tuple[NetworkCase, ...]:
    """The networks asked for, or the usual."""
    return (TRIAL_NETWORK,) if SIMULATED and not names else tuple(networks(names, batches))


def examples_up_to() -> float:
    """Multiply-adds of the largest example of a layer that is checked."""
    return 500 if SIMULATED else float("inf")

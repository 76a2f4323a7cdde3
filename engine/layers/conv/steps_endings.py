"""What a convolution's kernels do to their results while these are in cache, as arguments of the kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...kernels.moments import MASKED_PRODUCTS, nothing
from ...kernels.words import MASK, NO_FLOOR, NOTHING, SUM

if TYPE_CHECKING:
    from ...runtime.binding import Binding


def plain_ending(target: Any) -> tuple[object, ...]:
    """The target, nothing more."""
    return target, NOTHING, target, NO_FLOOR, nothing()


def forward_ending(bind: Binding) -> tuple[object, ...]:
    """The target, and what is done to it and measured on it while it is in cache."""
    port = bind.epilogue.add_port
    what, other = (NOTHING, bind.y) if port is None else (SUM, bind.x[port])
    return bind.y, what, other, bind.floor, bind.measures_output


def gradient_ending(bind: Binding) -> tuple[object, ...]:
    """The same for the gradient of the input. Measuring for a norm, it masks for the ReLU behind it in one go."""
    masks, by_measuring = bind.masks(), bind.measures_gradient[0] == MASKED_PRODUCTS
    return bind.dx[0], MASK if masks and not by_measuring else NOTHING, bind.x[0], NO_FLOOR, bind.measures_gradient

"""What computing activations again saves of training's memory."""

from __future__ import annotations

from ..graph import Network
from ..graph.schedule import build
from .memory import Memory, memory


def with_and_without(network: Network, batch: int, optimizer_arrays: int = 1) -> tuple[Memory, Memory]:
    """Memory to train with all activations kept, and with most of them computed again (`Model.recompute`)."""
    kept, again = (build(network, batch, "training", recompute=recompute) for recompute in (False, True))
    return memory(network, kept, optimizer_arrays), memory(network, again, optimizer_arrays)

"""The pooling branch of Inception-v3's blocks."""

from __future__ import annotations

from ..graph import Network
from ..layers.pool.spec import AvgPool2D
from .chains import conv_bn_relu


def pooled(net: Network, name: str, source: str, filters: int) -> str:
    """An average pooling that keeps the size, and 1×1 filters."""
    net.add(AvgPool2D(3, 1, padding=1, count_padding=True), f"{name}_pool", source)
    return conv_bn_relu(net, f"{name}_conv_pool", filters, 1)

"""Which of a run's epochs is the best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Merit = tuple[float, float]


def merit_of(epoch: Mapping[str, Any]) -> Merit:
    """How good an epoch is: its accuracy (where there is one), then its loss, on the test images if there are any."""
    which = "train" if epoch.get("test_loss") is None else "test"
    loss = epoch.get(f"{which}_loss")
    return epoch.get(f"{which}_accuracy") or 0.0, -(float("inf") if loss is None else loss)

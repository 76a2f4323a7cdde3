"""What a rewrite does to the costs of a network, before it is applied."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ...graph import Network
from ...spec import format_shape
from ..receptive import Axes, receptive_fields
from ..summary import summarise
from ..units import format_bytes, format_count


@dataclass(frozen=True)
class Figures:
    """Totals of a network (bytes for the batch, multiply-adds for one image) and the receptive field of one node.

    Memory is None while the network has errors, the field (rows, columns) while it is unknown.
    """

    params: int
    macs: int
    inference_bytes: int | None
    training_bytes: int | None
    receptive_field: Axes | None


@dataclass(frozen=True)
class Preview:
    """Figures before and after a rewrite; `str()` gives them on one line."""

    before: Figures
    after: Figures

    def __str__(self) -> str:
        old, new = self.before, self.after
        parts = [
            f"parameters {_change(old.params, new.params)}",
            f"multiply-adds {_change(old.macs, new.macs)}",
        ]
        if old.inference_bytes is not None and new.inference_bytes is not None:
            parts.append(f"memory {format_bytes(old.inference_bytes)} → {format_bytes(new.inference_bytes)}")
        if old.training_bytes is not None and new.training_bytes is not None:
            parts.append(f"for training {format_bytes(old.training_bytes)} → {format_bytes(new.training_bytes)}")
        parts.append(f"receptive field {format_shape(old.receptive_field)} → {format_shape(new.receptive_field)}")
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: `before` and `after`, each with the names of `Figures`."""
        return {"before": asdict(self.before), "after": asdict(self.after)}


def compare(before: tuple[Network, str], after: tuple[Network, str], batch: int) -> Preview:
    """Figures of two networks, each with the node whose receptive field is wanted."""
    return Preview(_figures(*before, batch), _figures(*after, batch))


def _figures(network: Network, name: str, batch: int) -> Figures:
    totals, field = summarise(network, batch).totals, receptive_fields(network).get(name)
    size = None if field is None else field.size
    return Figures(totals.params, totals.macs, totals.inference_bytes, totals.training_bytes, size)


def _change(old: int, new: int) -> str:
    """`200,704 → 110,592 (−44.9 %)`."""
    share = f" ({(new - old) / old:+.1%})".replace("%", " %").replace("-", "−") if old else ""
    return f"{_count(old)} → {_count(new)}{share}"


def _count(value: int) -> str:
    return f"{value:,}" if value < 1_000_000 else format_count(value)

"""What a rewrite does to the costs of a network, before it is applied."""

from __future__ import annotations

from collections.abc import Callable
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
class Change:
    """One figure before and after, as texts; `share` is its relative change, "" where that says nothing."""

    label: str
    before: str
    after: str
    share: str = ""

    def __str__(self) -> str:
        share = f" ({self.share})" if self.share else ""
        return f"{self.label} {self.before} → {self.after}{share}"


@dataclass(frozen=True)
class Preview:
    """Figures before and after a rewrite; `str()` gives them on one line, millions in short."""

    before: Figures
    after: Figures

    def __str__(self) -> str:
        return ", ".join(map(str, self.changes(_short)))

    def changes(self, count: Callable[[int], str] = "{:,}".format) -> list[Change]:
        """What changes, figure by figure; `count` writes parameters and multiply-adds, by default with all digits."""
        old, new = self.before, self.after
        found = [
            _change("parameters", old.params, new.params, count),
            _change("multiply-adds", old.macs, new.macs, count),
            _change("memory for inference", old.inference_bytes, new.inference_bytes, format_bytes),
            _change("memory for training", old.training_bytes, new.training_bytes, format_bytes),
        ]
        fields = Change("receptive field", format_shape(old.receptive_field), format_shape(new.receptive_field))
        return [*(change for change in found if change), fields]

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


def _change(label: str, old: int | None, new: int | None, text: Callable[[int], str]) -> Change | None:
    """`parameters 200,704 → 110,592 (−44.9 %)`; None where a figure is unknown."""
    if old is None or new is None:
        return None
    share = f"{(new - old) / old:+.1%}".replace("%", " %").replace("-", "−") if old else ""
    return Change(label, text(old), text(new), share)


def _short(value: int) -> str:
    return f"{value:,}" if value < 1_000_000 else format_count(value)

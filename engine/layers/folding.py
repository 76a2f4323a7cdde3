"""Weights with a batch norm of fixed statistics folded into them, for the layer before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..runtime.binding import Array, Binding


class Effective(NamedTuple):
    """What a layer multiplies with: its weight, its bias if it has one, and a mark for packed copies of them."""

    weight: Array
    bias: Array | None
    mark: str


def effective(bind: Binding, fold: Any, name: str = "weight") -> Effective:
    """The layer's own weight of this name, or a copy with the norm of its epilogue folded in by the kernel `fold`.

    scale · (w·x + b − mean) / √(var + ε) + shift is again a product and a bias.
    """
    weight, bias, norm = bind.weights[name], bind.weights.get("bias"), bind.epilogue.norm
    if norm is None:
        return Effective(weight, bias, "")
    outputs = bind.norm["weight"].size
    statistics = [bind.norm[name] for name in ("weight", "bias", "running_mean", "running_var")]
    given = (bias if bias is not None else weight, bias is not None)
    count = weight.size + outputs
    both = bind.pack("folded", count, fold, weight, *given, *statistics, norm.layer.values()["epsilon"])
    return Effective(both[: weight.size], both[weight.size :], "folded_")

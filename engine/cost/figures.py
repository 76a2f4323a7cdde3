"""What the figures of a cost table mean, in which unit they are, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["exact", "estimated", "measured"]


@dataclass(frozen=True)
class Figure:
    """One figure of a layer. `summed` ones have a total that is the sum over the layers."""

    key: str
    title: str
    unit: str
    status: Status
    meaning: str
    summed: bool = True


FIGURES: tuple[Figure, ...] = (
    Figure("params", "parameters", "numbers", "exact", "learned numbers: weights, biases and those of normalisation"),
    Figure("weights", "weights", "numbers", "exact", "learned factors"),
    Figure("biases", "biases", "numbers", "exact", "learned constants"),
    Figure("norm_params", "norm parameters", "numbers", "exact", "learned scales and shifts of normalisation layers"),
    Figure("macs", "multiply-adds", "an image", "exact", "of convolution and dense products; each counts once"),
    Figure("flops", "FLOPs", "an image", "exact", "two a multiply-add of convolution and dense products, nothing else"),
    Figure("bias_adds", "bias additions", "an image", "exact", "counted apart from multiply-adds"),
    Figure("elementwise", "other operations", "an image", "estimated", "of other layers; an exponential counts once"),
    Figure("activation_bytes", "activations", "bytes a batch", "exact", "the layer's output"),
    Figure("kept_bytes", "kept", "bytes a batch", "exact", "what training holds from the forward to the backward pass"),
    Figure("gradient_bytes", "gradient", "bytes a batch", "exact", "training's gradient of the layer's output"),
    Figure("moved_bytes", "moved", "bytes a batch", "estimated", "forward: inputs, weights and output, each once"),
    Figure("intensity", "FLOPs a byte", "", "estimated", "FLOPs and other operations over the bytes moved", False),
    Figure("receptive_field", "receptive field", "pixels", "exact", "what one value sees; the largest branch", False),
    Figure("effective_stride", "effective stride", "pixels", "exact", "from one value to its neighbour", False),
    Figure("effective_padding", "effective padding", "pixels", "exact", "of the first value, beyond the image", False),
    Figure("params_share", "share", "0 … 1", "exact", "of the network's parameters", False),
    Figure("macs_share", "share", "0 … 1", "exact", "of the network's multiply-adds", False),
    Figure("activation_share", "share", "0 … 1", "exact", "of the network's activations", False),
    Figure("forward_ms", "forward", "ms a batch", "measured", "the layer's own kernels, not joined with others"),
    Figure("backward_ms", "backward", "ms a batch", "measured", "gradients of its weights and its inputs"),
)  # fmt: skip
"""Figures in the order of tables."""

"""Captum's side: the same methods on the same networks, in pixel units as ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import captum.attr as attribution
import numpy as np
import torch

from ...graph import Network
from ...layers.activation.spec import Linear
from ..cases import Arrays, Floats
from ..explaining import TARGET, ExplainCase
from .torch_layers import translated

_LAST_MAP = "last_map"
_SCALE = 1 / 255  # the preprocessing of a model that was given none
_EVALUATIONS = 64  # patches that Captum is allowed to run at once, as we do


def step(case: ExplainCase, weights: Arrays, layout: Any) -> tuple[Floats, Callable[[], object]]:
    """What Captum finds, in our order and unit, and the call that finds it."""
    module = translated(_looked_into(case.network()), weights).to(case.device, memory_format=layout).eval()  # type: ignore[call-overload]
    pixels = np.ascontiguousarray(case.image()[None].transpose(0, 3, 1, 2)) * np.float32(_SCALE)
    x = torch.from_numpy(pixels).to(case.device).contiguous(memory_format=layout)
    find: Callable[..., torch.Tensor] = _FINDERS[case.method]

    def run() -> torch.Tensor:
        return find(module, x, case).detach().cpu()  # as ours it ends where the result can be read

    return _in_our_order(run(), case), run


def _looked_into(network: Network) -> Network:
    """The network with a layer that does nothing behind its last map, for Grad-CAM to stand on."""
    shapes = network.shapes()
    maps = [name for name, shape in shapes.items() if shape and len(shape) == 3 and shape[:2] != (1, 1)]
    readers = network.consumers(maps[-1])
    network.add(Linear(), _LAST_MAP, [maps[-1]])
    for reader in readers:
        network.rewire(reader, [_LAST_MAP if name == maps[-1] else name for name in network.nodes[reader].inputs])
    return network


def _in_our_order(found: torch.Tensor, case: ExplainCase) -> Floats:
    array = found.numpy().transpose(0, 2, 3, 1)[0]
    if case.method in {"saliency", "guided_backprop", "deconvnet"}:
        array = array * np.float32(_SCALE)  # of pixels from 0 to 255
    if case.method == "saliency":
        return np.abs(array).max(-1)
    if case.method == "integrated_gradients":
        return array.sum(-1)
    return array[..., 0] if case.method in {"occlusion", "grad_cam"} else array


def _saliency(module: torch.nn.Module, x: torch.Tensor, case: ExplainCase) -> torch.Tensor:
    return attribution.Saliency(module).attribute(x.requires_grad_(), target=TARGET, abs=False)


def _guided(module: torch.nn.Module, x: torch.Tensor, case: ExplainCase) -> torch.Tensor:
    return attribution.GuidedBackprop(module).attribute(x.requires_grad_(), target=TARGET)


def _deconvnet(module: torch.nn.Module, x: torch.Tensor, case: ExplainCase) -> torch.Tensor:
    return attribution.Deconvolution(module).attribute(x.requires_grad_(), target=TARGET)


def _occlusion(module: torch.nn.Module, x: torch.Tensor, case: ExplainCase) -> torch.Tensor:
    patch, stride, channels = case.parameters["patch"], case.parameters["stride"], x.shape[1]
    with torch.inference_mode():
        return attribution.Occlusion(module).attribute(
            x.detach(),
            sliding_window_shapes=(channels, patch, patch),
            strides=(channels, stride, stride),
            baselines=0,
            target=TARGET,
            perturbations_per_eval=_EVALUATIONS,
        )


def _integrated(module: torch.nn.Module, x: torch.Tensor, case: ExplainCase) -> torch.Tensor:
    points = case.parameters["points"]
    found: torch.Tensor = attribution.IntegratedGradients(module).attribute(
        x.detach(), baselines=0, target=TARGET, n_steps=points, method="gausslegendre"
    )
    return found


def _grad_cam(module: torch.nn.Module, x: torch.Tensor, case: ExplainCase) -> torch.Tensor:
    found = attribution.LayerGradCam(module, getattr(module, _LAST_MAP)).attribute(x.detach(), target=TARGET)
    return torch.nn.functional.interpolate(found, x.shape[2:], mode="bilinear", align_corners=False)


_FINDERS = {
    "saliency": _saliency,
    "guided_backprop": _guided,
    "deconvnet": _deconvnet,
    "occlusion": _occlusion,
    "integrated_gradients": _integrated,
    "grad_cam": _grad_cam,
}

"""A network of ours as a PyTorch module with our weights: the code that exporting it would write, run in place."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ...graph import Network
from ...io.pytorch.code import coded
from ..cases import Arrays


def translated(network: Network, weights: Arrays) -> nn.Module:
    """The module, for channels first; without weights it starts as PyTorch starts."""
    code = coded(network)
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": functional}
    exec(code.module("Translated."), names)
    module: nn.Module = names[code.title]()
    state = {name: torch.from_numpy(array) for name, array in code.state(weights).items()}
    module.load_state_dict(state, strict=False)
    return module

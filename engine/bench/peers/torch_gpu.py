"""Whether PyTorch can use the GPU that ours is measured on."""

from __future__ import annotations

import torch

from ...spec import ConvscopeError


def require_gpu() -> None:
    """ConvscopeError, in one sentence, if it cannot."""
    if not torch.cuda.is_available():
        raise ConvscopeError(
            f"PyTorch {torch.__version__} cannot use a GPU here (torch.cuda.is_available() is False); install a "
            "build with CUDA from pytorch.org, or leave out --vs torch."
        )

"""Augmentation: training images shown another way in every epoch.

    from convscope.engine.data.augment import Flip, RandomCrop, preview
    model.fit(dataset, augment=[Flip(), RandomCrop(4)])

Declarations are there at once; `preview` loads the kernels at first use. `convscope.engine.data.augment.TYPES` holds
every class by its name, and each is an attribute of this module.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .base import Augmentation
from .kinds import TYPES
from .listing import AUGMENTATIONS, augmentations

if TYPE_CHECKING:
    from .showing import preview, preview_boxes

globals().update(TYPES)
__all__ = ["AUGMENTATIONS", "TYPES", "Augmentation", "augmentations", "preview", "preview_boxes", *TYPES]  # noqa: PLE0604

_LATER = {"preview": ".showing", "preview_boxes": ".showing"}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; augmentations are: {', '.join(TYPES)}")

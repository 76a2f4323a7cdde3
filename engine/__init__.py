"""Convscope's engine: networks as data, their costs, and kernels that run and train them. No window needed.

    from convscope.engine import Network, Model, layers as L, zoo

Parts that need Numba are loaded when they are first used, so importing this package is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import blocks, layers, zoo
from .graph import INPUT, Network, Node
from .spec import ConvscopeError, NetworkError, ParameterError, Problem, ShapeError

if TYPE_CHECKING:
    from . import explain, repair, teach
    from .data import DATASETS, Dataset, augment, load_dataset
    from .data.preprocess import Preprocessing
    from .io import load, save, trained
    from .io.export import export
    from .io.foreign import load_weights
    from .io.onnx.reading import import_onnx
    from .runs import RunStore
    from .runtime.model import Model
    from .runtime.threads import set_threads, threads
    from .train import SGD, evaluate

__version__ = "0.1.0"

_LATER = {
    "Model": ".runtime.model",
    "Preprocessing": ".data.preprocess",
    "Dataset": ".data",
    "DATASETS": ".data",
    "load_dataset": ".data",
    "export": ".io.export",
    "import_onnx": ".io.onnx.reading",
    "load": ".io",
    "load_weights": ".io.foreign",
    "save": ".io",
    "SGD": ".train",
    "RunStore": ".runs",
    "set_threads": ".runtime.threads",
    "threads": ".runtime.threads",
    "evaluate": ".train",
}
_ROOMS_LATER = {
    "augment": ".data.augment",
    "explain": ".explain",
    "repair": ".repair",
    "teach": ".teach",
    "trained": ".io.trained",
}

__all__ = [
    "DATASETS",
    "INPUT",
    "SGD",
    "ConvscopeError",
    "Dataset",
    "Model",
    "Network",
    "NetworkError",
    "Node",
    "ParameterError",
    "Preprocessing",
    "Problem",
    "RunStore",
    "ShapeError",
    "augment",
    "blocks",
    "evaluate",
    "explain",
    "export",
    "import_onnx",
    "layers",
    "load",
    "load_dataset",
    "load_weights",
    "repair",
    "save",
    "set_threads",
    "teach",
    "threads",
    "trained",
    "zoo",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name], __name__), name)
    if name in _ROOMS_LATER:
        return importlib.import_module(_ROOMS_LATER[name], __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

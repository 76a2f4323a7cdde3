"""Trained models as one `.safetensors` file: weights, architecture, preprocessing, classes, state of the training.

Weights lie under their own names ("conv1.weight"), arrays of the training state under "training:" and their name, the
mean image of the preprocessing under "preprocessing:mean_image"; no layer can be called that. Reading trusts nothing
and lists every fault.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import Preprocessing
from ..graph import Network, freezing
from ..spec import ConvscopeError, NetworkError, Weight, format_shape
from . import container
from .container import Array, Container
from .errors import FileError

if TYPE_CHECKING:
    from ..runtime.model import Model

FORMAT = "convscope-model"
VERSION = 1
_TRAINING = "training:"
_MEAN_IMAGE = "preprocessing:mean_image"


def save(model: Model, path: str | os.PathLike[str], training: Mapping[str, Any] | None = None) -> None:
    """Write a model, and the state of its training if given, so that `load` gives it back bit for bit.

    `training` is `{"meta": JSON-able, "arrays": {name: ndarray}}`. FileError if the disk is full, the place cannot be
    written or a weight is not finite; an older file is then unchanged. No kernel may be writing the weights meanwhile.
    """
    broken = [name for name, array in model.weights.items() if not np.isfinite(array).all()]
    if broken:
        remedy = "an older file is unchanged; train again with a lower learning rate"
        raise FileError(path, [f"was not written, there is NaN or infinity in {', '.join(broken)}; {remedy}"])
    document = {
        "format": FORMAT,
        "version": VERSION,
        "convscope": _program_version(),
        "network": model.network.to_dict(),
        "preprocessing": None if model.preprocessing is None else model.preprocessing.to_dict(),
        "classes": list(model.classes),
        "seed": model.seed,
        "frozen": list(model.frozen),
    }
    arrays: dict[str, Array] = dict(model.weights)
    if model.preprocessing is not None and model.preprocessing.mean_image is not None:
        arrays[_MEAN_IMAGE] = model.preprocessing.mean_image.array
    if training is not None:
        document["training"] = training["meta"]
        arrays |= {_TRAINING + name: array for name, array in training["arrays"].items()}
    container.write(path, document, arrays)


def load(path: str | os.PathLike[str], device: str = "cpu") -> Model:
    """Read a model. FileError lists everything that is wrong with the file."""
    from ..runtime.model import Model  # compiles kernels; reading a training state or a network does not need it  # noqa: PLC0415

    with container.opened(path) as file:
        _check_version(file)
        faults: list[str] = []
        network = _network(file, faults)
        preprocessing = _preprocessing(file, faults)
        weights = {} if network is None else _weights(file, network.weights(), faults)
        classes = _classes(file, network, faults)
        seed = _seed(file, faults)
        frozen = _frozen(file, network, faults)
    if faults or network is None:
        raise FileError(path, faults)
    model = Model(network, device=device, seed=seed, preprocessing=preprocessing, classes=classes)
    for name, array in weights.items():
        model.weights[name][...] = array
    model.frozen = frozen
    model.weights_changed()
    return model


def load_training_state(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The state saved with a model, `{"meta": …, "arrays": {name: ndarray}}`; None if the file holds none."""
    with container.opened(path) as file:
        _check_version(file)
        names = [name for name in file.names if name.startswith(_TRAINING)]
        if "training" not in file.document:
            return None
        arrays = {name.removeprefix(_TRAINING): file.read(name) for name in names}
        return {"meta": file.document["training"], "arrays": arrays}


def _program_version() -> str:
    try:
        return importlib.metadata.version("convscope")
    except importlib.metadata.PackageNotFoundError:  # run from a folder that was never installed
        return "unknown"


def _check_version(file: Container) -> None:
    if file.document.get("format") != FORMAT:
        raise FileError(file.path, ["is not a Convscope model; name a file written by Convscope"])
    version = file.document.get("version")
    if version != VERSION:
        writer = str(file.document.get("convscope"))[:40]
        what = f"has format version {version!r}, written by Convscope {writer}, and this program reads {VERSION}"
        raise FileError(file.path, [f"{what}; update Convscope"])


def _network(file: Container, faults: list[str]) -> Network | None:
    try:
        network = Network.from_dict(file.document.get("network"))
        network.check()
    except NetworkError as error:
        faults += [str(problem).removesuffix(".") for problem in error.problems]
        return None
    return network


def _preprocessing(file: Container, faults: list[str]) -> Preprocessing | None:
    given = file.document.get("preprocessing")
    try:
        image = file.read(_MEAN_IMAGE) if _MEAN_IMAGE in file.names else None
        return None if given is None else Preprocessing.from_dict(given, image)
    except ConvscopeError as error:
        faults.append(str(error).removesuffix("."))
        return None


def _classes(file: Container, network: Network | None, faults: list[str]) -> tuple[str, ...]:
    classes = file.document.get("classes", [])
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        faults.append("its class names are not a list of texts; use another copy")
        return ()
    if network is not None and classes:
        shape = network.shapes()[network.output]
        if shape is not None and len(classes) != shape[-1]:
            faults.append(f"it names {len(classes)} classes and the network has {shape[-1]} outputs; use another copy")
    return tuple(classes)


def _seed(file: Container, faults: list[str]) -> int:
    """The model's seed, which decides dropout's masks when its training goes on."""
    seed = file.document.get("seed", 0)
    if isinstance(seed, int) and seed >= 0:
        return seed
    faults.append(f"its seed is {str(seed)[:40]!r} and not a whole number; use another copy")
    return 0


def _frozen(file: Container, network: Network | None, faults: list[str]) -> tuple[str, ...]:
    """The layers that training leaves as they are; files of older versions name none."""
    names = file.document.get("frozen", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        faults.append("its frozen layers are not a list of names; use another copy")
    elif network is not None:
        try:
            return freezing.checked(network, names)
        except ConvscopeError as error:
            faults.append(f"it freezes what it cannot: {str(error).removesuffix('.')}; use another copy")
    return ()


def _weights(file: Container, declared: Mapping[str, Weight], faults: list[str]) -> dict[str, Array]:
    """All weights; faults tell of missing, foreign, wrong-shaped, mistyped and non-finite ones."""
    present = {name for name in file.names if not name.startswith(_TRAINING)} - {_MEAN_IMAGE}
    faults += [f"the weight {name} is missing; use another copy" for name in declared if name not in present]
    faults += [f"the array {name[:100]} belongs to no layer; remove it" for name in sorted(present - set(declared))]
    arrays = {}
    for name in present & set(declared):
        dtype, shape = file.kind(name)
        wanted = declared[name].shape
        if dtype != "F32" or shape != wanted:
            found = f"{dtype} {format_shape(shape)}"
            faults.append(f"the weight {name} is {found} instead of F32 {format_shape(wanted)}; use another copy")
            continue
        arrays[name] = file.read(name)
        if not np.isfinite(arrays[name]).all():
            faults.append(f"the weight {name} holds NaN or infinity; use an earlier copy")
    return arrays

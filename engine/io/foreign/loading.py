"""Weights of other programs brought into networks of the zoo."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...data.preprocess import Preprocessing
from ...graph import Network
from ...spec import ConvscopeError, format_shape
from ...zoo import architecture as found_architecture
from ...zoo import build
from ..channels_first import Order, flattened, ours, their_shape
from ..errors import FileError
from .state import opened
from .stored import FLOATS, Stored
from .tables import TABLES, Table, tables_for

if TYPE_CHECKING:
    from ...runtime.model import Model

_COUNTED = "num_batches_tracked"
"""A number beside each batch norm of PyTorch that only training without a momentum reads."""


@dataclass(frozen=True)
class _Place:
    """Where one of our weights is in the file, and the order of its rows there."""

    key: str
    order: Order


def load_weights(architecture: str, path: str | os.PathLike[str], device: str = "cpu") -> Model:
    """An architecture of the zoo with the weights of a file: safetensors, or PyTorch's `.pth`, never unpickled.

    Names and layouts are those of torchvision, timm, or of PyTorch code that was exported from here. The number of
    classes is the file's; the preprocessing is the one these networks were trained with. ConvscopeError if no program's
    names are known for the architecture; FileError lists all weights that are missing, too many or of another shape.
    """
    from ...runtime.model import Model  # compiles kernels  # noqa: PLC0415

    name = found_architecture(architecture).name
    with opened(path) as arrays:
        network, table = _matching(name, arrays)
        places = _places(network, table)
        problems = _problems(network, places, arrays, table)
        weights = {} if problems else _read(network, places, arrays, problems)
    if problems:
        raise FileError(path, problems)
    model = Model(network, device=device, preprocessing=table.preprocessing if table else Preprocessing())
    for own, array in weights.items():
        model.weights[own][...] = array
    model.weights_changed()
    return model


def _matching(name: str, arrays: Mapping[str, Stored]) -> tuple[Network, Table | None]:
    """The network with the file's classes, and the table that knows most of its names; None for names like ours."""
    plain = build(name)
    candidates = [*tables_for(name), None]
    known = [sum(place.key in arrays for place in _places(plain, table).values()) for table in candidates]
    table = candidates[int(np.argmax(known))]
    if table is None and not max(known) and len(candidates) == 1:
        able = ", ".join(sorted({one for table in TABLES for one in table.architectures}))
        raise ConvscopeError(f"No other program's names are known for {name}; use one of {able}.")
    head = arrays.get(_places(plain, table)[f"{_head(plain)}.weight"].key)
    network = build(name, classes=head.shape[0]) if head is not None and head.shape else plain
    if table is not None and table.epsilon is not None:
        for node in network.order():
            if node.layer.type_name() == "BatchNorm":
                network.set(node.name, epsilon=table.epsilon)
    return network, table


def _head(network: Network) -> str:
    """The last layer with weights."""
    return list(network.weights())[-1].rpartition(".")[0]


def _places(network: Network, table: Table | None) -> dict[str, _Place]:
    """Where each weight that can be is."""
    if table is None:
        from ..pytorch.code import coded  # noqa: PLC0415

        return {source.weight: _Place(key, source.order) for key, source in coded(network).sources.items()}
    orders = flattened(network).orders
    found = {}
    for name, weight in network.weights().items():
        node, _, own = name.rpartition(".")
        order = orders[network.nodes[node].inputs[0]] if len(weight.shape) == 2 else None
        found[name] = _Place(f"{table.names[node]}.{own}", order)
    return found


def _problems(
    network: Network, places: Mapping[str, _Place], arrays: Mapping[str, Stored], table: Table | None
) -> list[str]:
    """All that is missing, of another shape or type, or too much."""
    problems = []
    for name, weight in network.weights().items():
        key = places[name].key
        if key not in arrays:
            problems.append(f"{key}, for {name}, is missing")
        elif arrays[key].dtype not in FLOATS:
            problems.append(f"{key} holds {arrays[key].dtype} instead of floating-point numbers")
        elif not _fits(arrays[key].shape, their_shape(weight.shape)):
            found, wanted = format_shape(arrays[key].shape), format_shape(their_shape(weight.shape))
            problems.append(f"{key} is {found} and {name} needs {wanted}")
    used = {place.key for place in places.values()}
    unused = () if table is None else table.unused
    rest = [key for key in arrays if key not in used and not key.endswith(_COUNTED) and not key.startswith(unused)]
    return problems + [f"{key[:100]} belongs to no layer of {network.name}" for key in rest]


def _fits(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether it is the shape, or a dense layer written as a convolution over the whole map."""
    return shape == wanted or (
        len(shape) == 4 and len(wanted) == 2 and shape[0] == wanted[0] and math.prod(shape[1:]) == wanted[1]
    )


def _read(
    network: Network, places: Mapping[str, _Place], arrays: Mapping[str, Stored], problems: list[str]
) -> dict[str, NDArray[Any]]:
    """All weights in our layout; problems tell of those that cannot be read or are not finite."""
    found = {}
    for name, weight in network.weights().items():
        place = places[name]
        try:
            array = ours(arrays[place.key].read().reshape(their_shape(weight.shape)))
        except (ValueError, OSError) as error:
            problems.append(f"{place.key} cannot be read ({error})")
            continue
        if not np.isfinite(array).all():
            problems.append(f"{place.key} holds NaN or infinity")
        if place.order is not None:
            array = array[np.argsort(place.order)]
        found[name] = array
    return found

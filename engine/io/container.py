"""The outer form of a model file: named arrays and one JSON document in a `.safetensors` file.

The document is the only metadata entry, because the format does not keep the order of several: the same model always
gives the same bytes. Nothing in it is ever executed or unpickled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialise

from .atomic import atomic_write
from .errors import FileError
from .network_file import unreadable

Array = NDArray[Any]
DTYPES: dict[str, type[np.generic]] = {
    "F32": np.float32,
    "F64": np.float64,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U64": np.uint64,
    "U32": np.uint32,
    "U16": np.uint16,
    "U8": np.uint8,
    "BOOL": np.bool_,
}
"""Element types that are stored, by their name in the format."""

_DOCUMENT = "convscope"


class Container:
    """An open model file: `document`, and arrays read one at a time."""

    def __init__(self, path: str | os.PathLike[str], file: Any, document: dict[str, Any]) -> None:
        self._file = file
        self.path, self.document = path, document
        self.names: tuple[str, ...] = tuple(file.keys())

    def kind(self, name: str) -> tuple[str, tuple[int, ...]]:
        """The array's element type, as safetensors calls it, and shape."""
        view = self._file.get_slice(name)
        return view.get_dtype(), tuple(view.get_shape())

    def read(self, name: str) -> Array:
        """The array; FileError if its element type is not one of `DTYPES`."""
        dtype, _ = self.kind(name)
        if dtype not in DTYPES:
            raise FileError(self.path, [f"{name} has elements of type {dtype}; use one of {', '.join(DTYPES)}"])
        array: Array = self._file.get_tensor(name)
        return array


def write(path: str | os.PathLike[str], document: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write arrays and document atomically; FileError names arrays whose element type cannot be stored."""
    known = {np.dtype(t) for t in DTYPES.values()}
    ready = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    alien = [name for name, array in ready.items() if array.dtype not in known]
    if alien:
        raise FileError(path, [f"was not written, {name} has type {ready[name].dtype}" for name in alien])
    atomic_write(path, serialise(ready, {_DOCUMENT: json.dumps(document, ensure_ascii=False)}))


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Container]:
    """An existing model file, closed at the end; FileError if it is not one or is damaged."""
    try:
        with open(path, "rb"):  # for the system's own words when there is no such file
            pass
        with safe_open(path, framework="np") as file:
            yield Container(path, file, _document(path, file.metadata() or {}))
    except SafetensorError as error:
        raise FileError(path, [f"is damaged or not a model file ({error}); use another copy"]) from None
    except OSError as error:
        raise unreadable(path, error) from None


def _document(path: str | os.PathLike[str], metadata: Mapping[str, str]) -> dict[str, Any]:
    if _DOCUMENT not in metadata:
        what = "holds arrays but no Convscope network"
        remedy = "name a file written by Convscope, or give its weights to a network: convscope weights ARCH FILE OUT"
        raise FileError(path, [f"{what}; {remedy}"])
    try:
        document = json.loads(metadata[_DOCUMENT])
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise FileError(path, ["its description is not JSON; use another copy"])
    return document

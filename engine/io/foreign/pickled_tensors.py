"""Tensors in PyTorch's own files, without unpickling and without PyTorch: zip archives and the older stream.

A machine of a few instructions reads the pickle; of all names it knows dictionaries and those of tensors. Values stay
in the file until they are wanted, and no tensor is larger than the storage it looks into.
"""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ...data.pickled import PUSHED, Machine, Named, RefusedError
from .stored import BFLOAT16, Stored

MOST_BYTES = 64 << 20
"""The longest pickle that is read: names and shapes of a million tensors are shorter."""

MAGIC = 0x1950A86A20F9469CFC6C
"""What the older stream begins with."""

_PROTOCOL = 1001
_TYPES = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": BFLOAT16,
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip
_DICTIONARY = "collections OrderedDict"
_TENSORS = ("torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2")
_PARAMETER = "torch._utils _rebuild_parameter"


_DAMAGE = (ValueError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError)
"""How reading a damaged archive fails."""


@dataclass(frozen=True)
class _Storage:
    """So many values of a type under a key; tensors look into it from `start` on."""

    key: str
    dtype: str
    count: int
    start: int = 0


class _Tensors(Machine):
    """Knows dictionaries, tensors and where their values are."""

    known = frozenset({_DICTIONARY, *_TENSORS, _PARAMETER, *(f"torch {name}" for name in _TYPES)})

    pushed = PUSHED | {"BINFLOAT"}

    def __init__(self, read: Callable[[_Storage, int, int], NDArray[Any]]) -> None:
        super().__init__()
        self._read = read
        self.storages: dict[str, _Storage] = {}

    def called(self, name: str, arguments: Any) -> Any:
        if name == _DICTIONARY and not arguments:
            return {}
        if name in _TENSORS:
            return self._tensor(*arguments[:4])
        if name == _PARAMETER and isinstance(arguments[0], Stored):
            return arguments[0]
        raise RefusedError(f"a call of {name!r}")

    def built(self, made: Any, state: Any) -> Any:
        """Dictionaries of weights carry notes of versions, which are not needed."""
        if isinstance(made, dict) and isinstance(state, dict):
            return made
        raise RefusedError("an object's state")

    def referred(self, key: Any) -> Any:
        kind, storage, name, _, count, *view = key
        if kind != "storage" or not isinstance(storage, Named) or not _whole(count):
            raise RefusedError("a reference to something else than values")
        dtype = _TYPES[storage.name.removeprefix("torch ")]
        root = self.storages.setdefault(str(name), _Storage(str(name), dtype, count))
        if not view or view[0] is None:
            return root
        _, start, length = view[0]
        if not (_whole(start) and _whole(length) and start + length <= root.count):
            raise RefusedError("a view beyond its values")
        return _Storage(root.key, dtype, length, start)

    def _tensor(self, storage: Any, offset: Any, shape: Any, strides: Any) -> Stored:
        numbers = (offset, *shape, *strides)
        if not isinstance(storage, _Storage) or not all(map(_whole, numbers)) or len(shape) != len(strides):
            raise RefusedError("a damaged tensor")
        values = math.prod(shape)
        reach = sum((length - 1) * stride for length, stride in zip(shape, strides)) + 1 if values else 0
        if values > storage.count or offset + reach > storage.count:
            raise RefusedError("a tensor beyond its values")

        def content() -> NDArray[Any]:
            flat = self._read(storage, storage.start + offset, reach)
            steps = [stride * flat.itemsize for stride in strides]
            return np.lib.stride_tricks.as_strided(flat, shape, steps, writeable=False).reshape(-1)

        return Stored(tuple(shape), storage.dtype, content)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62


def _element(dtype: str) -> np.dtype[Any]:
    return np.dtype("<u2") if dtype == BFLOAT16 else np.dtype(dtype).newbyteorder("<")


def read_archive(file: IO[bytes]) -> Any:
    """What the zip archive of PyTorch's holds, its tensors as `Stored`. RefusedError if it holds anything else."""
    try:
        archive = zipfile.ZipFile(file)
        [pickle] = [name for name in archive.namelist() if name.endswith("/data.pkl") or name == "data.pkl"]
        root = pickle.removesuffix("data.pkl")
        if any(part.compress_type != zipfile.ZIP_STORED or part.file_size != part.compress_size
               for part in archive.infolist()):  # fmt: skip
            raise RefusedError("compressed parts")
        if archive.getinfo(pickle).file_size > MOST_BYTES:
            raise RefusedError("a description longer than 64 MiB")
        if f"{root}byteorder" in archive.namelist() and archive.read(f"{root}byteorder") != b"little":
            raise RefusedError("values with the highest byte first")

        def values(storage: _Storage, start: int, count: int) -> NDArray[Any]:
            element = _element(storage.dtype)
            try:
                with archive.open(f"{root}data/{storage.key}") as part:
                    part.seek(start * element.itemsize)
                    return np.frombuffer(part.read(count * element.itemsize), element)
            except _DAMAGE as error:
                raise ValueError(f"the archive is damaged, {type(error).__name__}") from None

        return _Tensors(values).read(archive.read(pickle))
    except RefusedError:
        raise
    except _DAMAGE as error:
        raise RefusedError(f"a damaged archive ({type(error).__name__})") from None


def read_stream(file: IO[bytes]) -> Any:
    """What the older stream of pickles holds, as `read_archive`: a head, the object, keys, and each key's values."""
    places: dict[str, int] = {}

    def values(storage: _Storage, start: int, count: int) -> NDArray[Any]:
        element = _element(storage.dtype)
        file.seek(places[storage.key] + start * element.itemsize)
        return np.frombuffer(file.read(count * element.itemsize), element)

    nbytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    if Machine().read(file) != MAGIC or Machine().read(file) != _PROTOCOL:
        raise RefusedError("another kind of stream")
    system = Machine().read(file)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise RefusedError("values with the highest byte first")
    machine = _Tensors(values)
    found = machine.read(file)
    keys = Machine().read(file)
    at = file.tell()
    for key in keys if isinstance(keys, list) else ():
        storage = machine.storages.get(str(key))
        if storage is None:
            raise RefusedError("values that belong to nothing")
        places[storage.key] = at + 8  # behind their number
        at += 8 + storage.count * _element(storage.dtype).itemsize
    if places.keys() != machine.storages.keys() or at > nbytes:
        raise RefusedError("a damaged stream (it ends too early)")
    return found

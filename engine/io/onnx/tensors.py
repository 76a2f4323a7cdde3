"""Constants of an ONNX file as arrays, also those whose values lie in a file beside it. Nothing is read before it is
asked for, and nothing outside the file's own folder."""

from __future__ import annotations

import os
from math import prod
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .operator import Array

_PACKED = {TensorProto.UINT4, TensorProto.INT4, *(getattr(TensorProto, n, -1) for n in ("FLOAT4E2M1", "UINT2", "INT2"))}
_TEXTS = frozenset({TensorProto.STRING, TensorProto.UNDEFINED})


class BadTensor(Exception):  # noqa: N818 (a finding about a file, collected with the others)
    """Why a tensor of the file cannot be read."""


def read(tensor: TensorProto, folder: Path) -> Array:
    """The tensor's values. BadTensor unless it holds as many as its shape says, in this file or one in `folder`."""
    if tensor.data_type in _TEXTS or tensor.data_type not in TensorProto.DataType.values():
        raise BadTensor("holds no numbers")
    if any(length < 0 for length in tensor.dims):
        raise BadTensor(f"has the shape {_shape(tensor)}")
    if tensor.data_location == TensorProto.EXTERNAL:
        return _outside(tensor, folder)
    try:
        return np.asarray(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError) as error:
        raise BadTensor(f"has the shape {_shape(tensor)} and other values ({error})") from None


def nbytes(tensor: TensorProto) -> int:
    """How many bytes its values take, by what it declares."""
    if tensor.data_type in _TEXTS or tensor.data_type in _PACKED:
        return int(prod(tensor.dims))
    try:
        return int(prod(tensor.dims)) * int(np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type)).itemsize)
    except KeyError:
        return 0


def _outside(tensor: TensorProto, folder: Path) -> Array:
    """Values mapped from the other file, so that only what is used is read."""
    if tensor.data_type in _PACKED:
        raise BadTensor("has values of less than a byte in another file")
    entries = {entry.key: entry.value for entry in tensor.external_data}
    path = _path(entries.get("location", ""), folder)
    wanted = nbytes(tensor)
    start, length = _number(entries, "offset", 0), _number(entries, "length", wanted)
    try:
        present = os.path.getsize(path)
        if length != wanted or start + wanted > present:
            raise BadTensor(f"needs {wanted:,} bytes from byte {start:,} of {path.name}, which holds {present:,}")
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type))
        if not wanted:
            return np.empty(tuple(tensor.dims), dtype)
        mapped: NDArray[np.uint8] = np.memmap(path, np.uint8, "r", start, (wanted,))
        return mapped.view(dtype.newbyteorder("<") if dtype.kind in "fiu" else dtype).reshape(tuple(tensor.dims))
    except OSError as error:
        raise BadTensor(f"has its values in {path.name}, which cannot be read ({error.strerror or error})") from None


def _path(location: str, folder: Path) -> Path:
    """A file in the folder or below it, by no detour."""
    parts = PurePosixPath(location).parts
    out = ".." in parts or ".." in PureWindowsPath(location).parts or PureWindowsPath(location).drive
    if not location or out or location.startswith(("/", "\\")) or "\0" in location:
        raise BadTensor(f"has its values in {location[:80]!r}, which is not a file beside this one")
    path = folder.joinpath(*parts)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BadTensor(f"has its values in {location[:80]!r}, a link that leads out of the folder")
    return path


def _number(entries: dict[str, str], key: str, default: int) -> int:
    text = entries.get(key)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise BadTensor(f"has its values at {key} {text[:40]!r}")
    return int(text)


def _shape(tensor: TensorProto) -> str:
    return "×".join(map(str, tensor.dims)) or "of a single number"


def constant_of(node: onnx.NodeProto, folder: Path) -> Array | None:
    """The array of a Constant operator; None where it is of a kind without numbers. BadTensor if it is damaged."""
    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        match attribute.name:
            case "value":
                return read(value, folder)
            case "value_float" | "value_floats":
                return np.asarray(value, np.float32)
            case "value_int" | "value_ints":
                return np.asarray(value, np.int64)
    return None

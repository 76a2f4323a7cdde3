"""The arrays in a file of weights by name: safetensors, or PyTorch's own files, which are never unpickled."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ...data.pickled import RefusedError
from ..errors import FileError
from ..network_file import unreadable
from . import pickled_tensors
from .stored import BFLOAT16, Stored

_TYPES = {"F32": "float32", "F16": "float16", "F64": "float64", "BF16": BFLOAT16}
_INSIDE = ("state_dict", "model_state_dict", "model", "net", "module", "weights")
"""Where checkpoints keep the weights, beside epochs and figures."""

_WRAPPERS = ("module.", "_orig_mod.")
"""What PyTorch's wrappers for several devices and for compiling put before every name."""

_CONVERSION = (
    "python -c \"import sys, torch; from safetensors.torch import save_file; s = torch.load(sys.argv[1], 'cpu'); "
    "s = s.state_dict() if hasattr(s, 'state_dict') else s.get('state_dict', s); save_file(s, sys.argv[2])\" "
    "IN OUT.safetensors"
)
"""What saves a checkpoint's weights as safetensors; it runs what the file says, so it is for who trusts it."""


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Mapping[str, Stored]]:
    """The arrays of a file, told apart by content, which can be read until it is closed. FileError if it has none."""
    try:
        with open(path, "rb") as file:
            head = file.read(9)
            if head[:2] == b"PK" or (head[:1] == b"\x80" and head[8:] != b"{"):  # safetensors: eight bytes and JSON
                yield _unwrapped(_of_pytorch(path, file, zipped=head[:2] == b"PK"))
                return
        with safe_open(path, framework="np") as arrays:
            yield _unwrapped(_of_safetensors(arrays))
    except SafetensorError as error:
        raise FileError(
            path, [f"is damaged or holds no weights that can be read ({error}); use another copy"]
        ) from None
    except OSError as error:
        raise unreadable(path, error) from None


def _of_safetensors(file: Any) -> dict[str, Stored]:
    found = {}
    for name in file.keys():  # noqa: SIM118 (no dictionary)
        view = file.get_slice(name)
        dtype = view.get_dtype()
        found[name] = Stored(tuple(view.get_shape()), _TYPES.get(dtype, dtype), partial(_flat, file, name))
    return found


def _flat(file: Any, name: str) -> NDArray[Any]:
    """The array; NumPy's side of safetensors gives bfloat16 as ml_dtypes has it."""
    array: NDArray[Any] = file.get_tensor(name)
    return (array.view(np.uint16) if array.dtype.name == BFLOAT16 else array).reshape(-1)


def _of_pytorch(path: str | os.PathLike[str], file: IO[bytes], zipped: bool) -> dict[str, Stored]:
    try:
        content = pickled_tensors.read_archive(file) if zipped else pickled_tensors.read_stream(file)
    except RefusedError as error:
        what = f"holds {error}, and only dictionaries of tensors are read from PyTorch's files"
        raise FileError(path, [f"{what}; convert it where you trust it: {_CONVERSION}"]) from None
    for candidate in (content, *(content.get(name) for name in _INSIDE if isinstance(content, dict))):
        tensors = _tensors(candidate)
        if tensors:
            return tensors
    raise FileError(path, ["holds no tensors by name; name a file of weights (a state dict)"])


def _tensors(content: Any) -> dict[str, Stored]:
    if not isinstance(content, dict):
        return {}
    return {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Stored)}


def _unwrapped(arrays: dict[str, Stored]) -> dict[str, Stored]:
    """Names without what wrappers put before all of them."""
    for wrapper in _WRAPPERS:
        if arrays and all(name.startswith(wrapper) for name in arrays):
            arrays = {name.removeprefix(wrapper): array for name, array in arrays.items()}
    return arrays

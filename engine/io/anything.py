"""Opening a file by what it holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..graph import Network
from . import model_file
from .errors import FileError
from .network_file import load_network, unreadable

if TYPE_CHECKING:
    from ..runtime.model import Model


def open_any(path: str | os.PathLike[str], device: str = "cpu") -> Network | Model:
    """The Network of a `.json` file, or the Model of a `.safetensors` or ONNX file, told apart by content, not by name.

    FileError if it is none of them, or damaged.
    """
    head, nbytes = _head(path)
    if _is_container(head, nbytes):
        return model_file.load(path, device)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return load_network(path)
    if _is_onnx(head, path):
        return _imported(path, device)
    kinds = "a network (.json), a model (.safetensors) nor an ONNX file"
    raise FileError(path, [f"is neither {kinds}; name a file written by Convscope"])


def load(path: str | os.PathLike[str], device: str = "cpu") -> Model:
    """Read a model: a file of ours, or an ONNX file. FileError lists everything that is wrong with the file."""
    head, nbytes = _head(path)
    if not _is_container(head, nbytes) and _is_onnx(head, path):
        return _imported(path, device)
    return model_file.load(path, device)


def _imported(path: str | os.PathLike[str], device: str) -> Model:
    from .onnx.reading import import_onnx  # loads the package of the format  # noqa: PLC0415

    return import_onnx(path, device=device)


def _head(path: str | os.PathLike[str]) -> tuple[bytes, int]:
    """The file's first bytes, and how many it has."""
    try:
        with open(path, "rb") as file:
            return file.read(64), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise unreadable(path, error) from None


def _is_onnx(head: bytes, path: str | os.PathLike[str]) -> bool:
    """Whether it is called so, or starts as these files do: with the version of the format, one or two digits."""
    return os.fspath(path).lower().endswith(".onnx") or (head[:1] == b"\x08" and b"\0" < head[1:2] < b"\x40")


def _is_container(head: bytes, nbytes: int) -> bool:
    """Whether it starts like safetensors: the header's length in 8 bytes, then its JSON.

    A cut-off file still does; the length of a header never reaches 2**32, while eight letters always do.
    """
    return nbytes > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32

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
    """The Network of a `.json` file or the Model of a `.safetensors` file, told apart by content, not by name.

    FileError if it is neither, or damaged.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(64)
            nbytes = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise unreadable(path, error) from None
    if _is_container(head, nbytes):
        return model_file.load(path, device)
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return load_network(path)
    raise FileError(path, ["is neither a network (.json) nor a model (.safetensors); name a file written by Convscope"])


def _is_container(head: bytes, nbytes: int) -> bool:
    """Whether it starts like safetensors: the header's length in 8 bytes, then its JSON.

    A cut-off file still does; the length of a header never reaches 2**32, while eight letters always do.
    """
    return nbytes > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 32

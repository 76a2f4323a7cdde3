"""Networks without weights as `.json` files."""

from __future__ import annotations

import os
from pathlib import Path

from ..graph import Network
from ..spec import NetworkError
from .atomic import atomic_write
from .errors import FileError

MOST_BYTES = 64 << 20  # a network of a hundred thousand layers is smaller


def save_network(network: Network, path: str | os.PathLike[str]) -> None:
    """Write a network, finished or not, as JSON. FileError if it cannot be written; the old file then stays."""
    atomic_write(path, network.to_json() + "\n")


def load_network(path: str | os.PathLike[str]) -> Network:
    """Read a network file. FileError lists everything that is wrong with it."""
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise unreadable(path, error) from None
    if len(content) > MOST_BYTES:
        raise FileError(path, ["is too large for a network file; name a .json file written by Convscope"])
    try:
        return Network.from_json(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise FileError(path, ["is not text; name a .json file written by Convscope"]) from None
    except NetworkError as error:
        raise FileError(path, [str(problem).removesuffix(".") for problem in error.problems]) from None


def unreadable(path: str | os.PathLike[str], error: OSError) -> FileError:
    """The FileError for a file that cannot be opened."""
    if isinstance(error, FileNotFoundError):
        return FileError(path, ["there is no such file; check the path"])
    if Path(path).is_dir():
        return FileError(path, ["is a folder; name a file in it"])
    return FileError(path, [f"cannot be read ({error.strerror or error}); check its permissions"])

"""The IDX format of MNIST: big-endian header of magic number and sizes, then bytes. Plain or gzip-compressed."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from .dataset import DataError

MOST_ITEMS = 1_000_000  # bounds what a damaged or hostile header can make us allocate
_UNSIGNED_BYTES = 0x08
_GZIP_MAGIC = b"\x1f\x8b"
_AGAIN = "download it again"


def read_idx(path: Path, item_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The array (N, *item_shape) in an IDX file of unsigned bytes.

    `item_shape` is () for labels and (H, W) for images. DataError names the file, what was expected and what was
    found: another magic number or item size, too few or too many bytes, damaged compression.
    """
    try:
        with open(path, "rb") as raw:
            compressed = raw.read(2) == _GZIP_MAGIC
            raw.seek(0)
            if not compressed:
                return _read(raw, path, item_shape)
            with gzip.GzipFile(fileobj=raw) as stream:
                return _read(stream, path, item_shape)
    except EOFError:
        raise DataError(f"{path} is truncated: its compressed data stop too early; {_AGAIN}.") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); {_AGAIN}.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the path and its permissions.") from None


def _read(stream: BinaryIO | gzip.GzipFile, path: Path, item_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    dimensions = 1 + len(item_shape)
    header = stream.read(4 + 4 * dimensions)
    if len(header) < 4 + 4 * dimensions:
        raise DataError(f"{path} is truncated: it holds {len(header)} bytes, less than an IDX header; {_AGAIN}.")
    magic, count, *item = struct.unpack(f">{1 + dimensions}I", header)
    expected = _UNSIGNED_BYTES << 8 | dimensions
    if magic != expected:
        raise DataError(
            f"{path} starts with {magic:#010x} instead of {expected:#010x}; name an IDX file of {_kind(item_shape)}."
        )
    if tuple(item) != item_shape:
        found, wanted = ("×".join(map(str, sizes)) for sizes in (item, item_shape))
        raise DataError(f"{path} holds images of {found} instead of {wanted}; name the right file.")
    if not 1 <= count <= MOST_ITEMS:
        raise DataError(f"{path} claims to hold {count:,} items; 1 to {MOST_ITEMS:,} are possible; {_AGAIN}.")
    values = np.empty((count, *item_shape), np.uint8)
    got = _fill(stream, values.reshape(-1).data)
    if got < values.size:
        promised = f"{count:,} items of {math.prod(item_shape)} bytes"
        raise DataError(f"{path} is truncated: its header promises {promised} and {got:,} bytes follow; {_AGAIN}.")
    if stream.read(1):
        raise DataError(f"{path} goes on after the {count:,} items its header promises; {_AGAIN}.")
    return values


def _fill(stream: BinaryIO | gzip.GzipFile, target: memoryview) -> int:
    """Read until the target is full or the stream ends; returns the bytes read."""
    filled = 0
    while filled < len(target) and (chunk := stream.read(min(1 << 20, len(target) - filled))):
        target[filled : filled + len(chunk)] = chunk
        filled += len(chunk)
    return filled


def _kind(item_shape: tuple[int, ...]) -> str:
    return "images" if item_shape else "labels"

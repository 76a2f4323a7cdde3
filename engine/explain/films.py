"""Sequences of pictures as files: a folder of PNGs, an animated GIF, or a video."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..io.atomic import atomic_write
from ..io.errors import FileError

Pixels = NDArray[np.uint8]
ENDINGS = frozenset({"", ".gif", ".mp4"})
RATE = 15  # frames a second


def write(path: str | os.PathLike[str], frames: Sequence[Pixels]) -> None:
    """RGB pixels (H, W, 3) of one size as a .gif or .mp4 file, or as a new folder of numbered PNG files.

    FileError if that cannot be written, if the folder is there already, or if the part for videos is not installed;
    nothing is left half written.
    """
    ending = Path(path).suffix.lower()
    if ending == ".gif":
        atomic_write(path, gif(frames))
    elif ending == ".mp4":
        atomic_write(path, mp4(path, frames))
    else:
        _folder(Path(path), frames)


def gif(frames: Sequence[Pixels]) -> bytes:
    """An animation that repeats for ever."""
    buffer = io.BytesIO()
    first, *others = [Image.fromarray(frame) for frame in frames]
    first.save(buffer, "GIF", save_all=True, append_images=others, duration=round(1000 / RATE), loop=0)
    return buffer.getvalue()


def mp4(path: str | os.PathLike[str], frames: Sequence[Pixels]) -> bytes:
    """An H.264 video. The sides become even, as that needs, by leaving out the last row or column."""
    video = _video(path)
    with tempfile.TemporaryDirectory(prefix="convscope-") as folder:
        film = Path(folder) / "film.mp4"
        even = [frame[: frame.shape[0] // 2 * 2, : frame.shape[1] // 2 * 2] for frame in frames]
        if 0 in even[0].shape:
            raise FileError(path, ["was not written, a video is at least 2×2 pixels; save a folder or .gif"])
        video.mimwrite(film, even, fps=RATE, codec="libx264", quality=8, macro_block_size=None)
        return film.read_bytes()


def _video(path: str | os.PathLike[str]) -> Any:
    try:
        import imageio_ffmpeg  # noqa: F401, PLC0415 - an optional part
        from imageio import v2  # noqa: PLC0415
    except ImportError:
        fix = "needs a part that is not installed; pip install convscope[video], or save a folder or .gif"
        raise FileError(path, [fix]) from None
    return v2


def _folder(folder: Path, frames: Sequence[Pixels]) -> None:
    """The files are written under another name, which becomes the folder's when all are there."""
    if folder.exists():
        raise FileError(folder, ["is there already; name a new folder for the frames"])
    waiting = folder.with_name(f".convscope-{secrets.token_hex(6)}.part")
    digits = max(4, len(str(len(frames))))
    try:
        waiting.mkdir()
        for number, frame in enumerate(frames):
            Image.fromarray(frame).save(waiting / f"{number:0{digits}}.png")
        os.replace(waiting, folder)
    except OSError as error:
        raise FileError(folder, [f"was not written ({error.strerror or error}); choose another place"]) from None
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(waiting)

"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from .errors import FileError

Piece = bytes | memoryview
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})


def atomic_write(path: str | os.PathLike[str], content: bytes | str | Iterable[Piece]) -> None:
    """Replace a file's content so that a reader, or a crash, finds the old file or the new one.

    Texts are written as UTF-8, bytes whole or in pieces. They go to a temporary file in the same folder, onto the
    disk, and then take the place of the old file. On any failure the temporary file is removed, the old file stays, and
    FileError says why.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    if os.path.exists(target) and not os.path.isfile(target):
        raise FileError(path, ["is not an ordinary file; name one to write to"])
    temporary = target.with_name(f".convscope-{secrets.token_hex(6)}.part")
    try:
        try:
            _write_through(temporary, _pieces(content))
            _keep_mode(target, temporary)
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        raise FileError(path, [reason(error, target)]) from None
    _sync_folder(target.parent)


def _pieces(content: bytes | str | Iterable[Piece]) -> Iterable[Piece]:
    if isinstance(content, str):
        return (content.encode(),)
    return (content,) if isinstance(content, bytes) else content


def _write_through(path: Path, pieces: Iterable[Piece]) -> None:
    with open(path, "xb") as file:
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())


def _keep_mode(old: Path, new: Path) -> None:
    """Whoever may read the old file may read the new one."""
    with contextlib.suppress(OSError):
        os.chmod(new, old.stat().st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself survive a power cut, where folders can be synchronised (not on Windows)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def reason(error: OSError, target: Path) -> str:
    """Why a file was not written, with what to do."""
    if error.errno in _FULL:
        return "was not written, the disk is full, and an older file is unchanged; free some space and save again"
    if not target.parent.is_dir():
        return f"was not written, there is no folder {target.parent}; create it or choose another"
    if isinstance(error, PermissionError):
        return "was not written, permission denied; choose another folder or allow writing there"
    return f"was not written ({error.strerror or error}), and an older file is unchanged; choose another place"

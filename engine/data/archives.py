"""Archives of pictures, unpacked once into the user's cache. Nothing in one is trusted: neither names nor sizes."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, TypeAlias

from .dataset import DataError
from .download import Progress, cache_folder
from .listing import counted

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
MOST_MEMBERS = 5_000_000
MOST_BYTES = 1 << 38  # 256 GiB
MOST_RATIO = 100  # unpacked bytes for each packed one; pictures are below 10, drawings below 50
_SMALL = 64 << 20  # bytes below which the ratio does not matter
_CHUNK = 1 << 20

_Opened: TypeAlias = "zipfile.ZipFile | tarfile.TarFile"


@dataclass(frozen=True)
class _Member:
    """A file of an archive: where it shall lie, how long it says it is, and the archive's own entry."""

    place: PurePosixPath
    nbytes: int
    entry: zipfile.ZipInfo | tarfile.TarInfo


def is_archive(path: Path) -> bool:
    """Whether a file's name ends as archives' do."""
    return path.name.casefold().endswith(SUFFIXES)


def unpacked(path: Path, progress: Progress | None = None) -> Path:
    """The folder an archive is unpacked in, below the user's cache; unpacked again when the archive has changed.

    DataError for archives that are damaged, encrypted, hold links or names that lead out of the folder, or unpack to
    suspiciously much.
    """
    folder = _home(path)
    if folder.is_dir():
        return folder
    with _opened(path) as archive:
        members = _checked(path, _members(path, archive))
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
        except OSError as error:
            raise DataError(f"{folder.parent} cannot be written ({error.strerror}); allow writing there.") from None
        try:
            _unpack(path, archive, members, temporary, progress)
            os.replace(temporary, folder)
        except OSError as error:
            if folder.is_dir():  # another process was faster
                return folder
            raise DataError(f"{path} cannot be unpacked into {folder.parent} ({error.strerror or error}); "
                            "free some space.") from None  # fmt: skip
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _home(path: Path) -> Path:
    """A folder that belongs to this archive as it is now."""
    try:
        facts = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); check the path and its permissions.") from None
    key = f"{path.resolve()}\n{facts.st_size}\n{facts.st_mtime_ns}"
    name = path.name[: -len(next(s for s in SUFFIXES if path.name.casefold().endswith(s)))]
    return cache_folder("unpacked") / hashlib.sha256(key.encode()).hexdigest()[:16] / (name or "archive")


@contextmanager
def _opened(path: Path) -> Iterator[_Opened]:
    try:
        if path.name.casefold().endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                yield archive
        else:
            with tarfile.open(path) as archive:
                yield archive
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, NotImplementedError) as error:
        raise DataError(f"{path} is damaged or no archive ({error}); use another copy.") from None
    except RuntimeError:  # zipfile's word for a password
        raise DataError(f"{path} is encrypted; unpack it and name the folder.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}); use another copy.") from None


def _members(path: Path, archive: _Opened) -> Iterator[_Member]:
    if isinstance(archive, zipfile.ZipFile):
        for entry in archive.infolist():
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise _refused(path, entry.filename, "is a link")
            if not entry.is_dir():
                yield _Member(_place(path, entry.filename), entry.file_size, entry)
        return
    for record in archive:
        if not (record.isfile() or record.isdir()):
            raise _refused(path, record.name, "is a link or a device")
        if record.isfile():
            yield _Member(_place(path, record.name), record.size, record)


def _place(path: Path, name: str) -> PurePosixPath:
    """A name inside the folder; DataError for one that leads out of it on any system."""
    place = PurePosixPath(name)
    hostile = place.is_absolute() or any(part == ".." or set(part) & set('\\:\0<>|"?*') for part in place.parts)
    if hostile or not place.parts:
        raise _refused(path, name, "leads out of its folder or is no name of a file")
    return place


def _checked(path: Path, given: Iterator[_Member]) -> list[_Member]:
    """All members; DataError for a bomb, by number, size or ratio, before more of it is decompressed."""
    members, total, packed = [], 0, path.stat().st_size
    for member in given:
        members.append(member)
        total += member.nbytes
        if len(members) > MOST_MEMBERS or total > MOST_BYTES or (total > _SMALL and total > MOST_RATIO * packed):
            what = f"{counted(len(members), 'file')} of {total:,} bytes and more, from {packed:,}"
            raise DataError(f"{path} would unpack to {what}; that is no archive of pictures, unpack it by hand.")
    free = shutil.disk_usage(next(p for p in _home(path).parents if p.exists())).free
    if total > free:
        raise DataError(f"{path} needs {total:,} bytes unpacked and {free:,} are free; free some space.")
    return members


def _unpack(path: Path, archive: _Opened, members: list[_Member], folder: Path, progress: Progress | None) -> None:
    total, done = sum(member.nbytes for member in members), 0
    for member in members:
        target = folder / member.place
        target.parent.mkdir(parents=True, exist_ok=True)
        with _content(archive, member) as source, open(target, "wb") as out:
            written = 0
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > member.nbytes:
                    raise _refused(path, str(member.place), f"is longer than the {member.nbytes:,} bytes it says")
                out.write(chunk)
        done += member.nbytes
        if progress:
            progress(f"Unpacking {path.name}", done, total)


def _content(archive: _Opened, member: _Member) -> IO[bytes]:
    if isinstance(archive, zipfile.ZipFile):
        assert isinstance(member.entry, zipfile.ZipInfo)
        return archive.open(member.entry)
    assert isinstance(member.entry, tarfile.TarInfo)
    found = archive.extractfile(member.entry)
    assert found is not None  # members are ordinary files
    return found


def _refused(path: Path, name: str, why: str) -> DataError:
    return DataError(f"{path} was not unpacked, its member {name[:100]!r} {why}; unpack it by hand if you trust it.")

"""CIFAR-10: binary batches or Python's, unpacked or in their archives, from a folder or the official address."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from .dataset import DataError, Dataset
from .download import OfficialFile, Progress, cache_folder, fetch
from .entry import Entry
from .options import Options
from .pickled import RefusedError, read_plain
from .preprocess import Preprocessing

ADDRESSES = ("https://www.cs.toronto.edu/~kriz/",)
ARCHIVE = OfficialFile(
    "cifar-10-binary.tar.gz", 170_052_171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
)
_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_PIXELS = 3 * 32 * 32
_MOST = 10_000  # images of a batch
_AGAIN = "download it again"
_Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True)
class _Form:
    """One of the published forms: the names of its files, its archive and folder, and how a file is read."""

    batches: tuple[str, ...]  # the last one holds the test images
    archive: str
    folder: str
    read: Callable[[bytes, str], _Batch]


def _binary(content: bytes, where: str) -> _Batch:
    """A label byte and 3,072 pixels (red, green, blue plane) an image."""
    if not content or len(content) % (1 + _PIXELS) or len(content) > _MOST * (1 + _PIXELS):
        raise DataError(f"{where} holds {len(content):,} bytes and no whole images of {1 + _PIXELS}; {_AGAIN}.")
    rows = np.frombuffer(content, np.uint8).reshape(-1, 1 + _PIXELS)
    return rows[:, 1:], rows[:, 0].astype(np.int64)


def _python(content: bytes, where: str) -> _Batch:
    """A pickled dictionary with `data` (N, 3072) and `labels`; it is read, never unpickled."""
    try:
        found = {_text(key): value for key, value in read_plain(content).items()}
        data, labels = np.asarray(found["data"]), np.asarray(found["labels"])
    except (RefusedError, KeyError, AttributeError, ValueError, TypeError) as error:
        raise DataError(
            f"{where} is no batch of CIFAR-10 ({error}); use the binary version, {ARCHIVE.name} from {ADDRESSES[0]}."
        ) from None
    if data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != _PIXELS or labels.dtype.kind != "i":
        raise DataError(f"{where} holds {data.dtype} {data.shape} instead of uint8 (N, {_PIXELS}); {_AGAIN}.")
    return data, labels.astype(np.int64)


_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
_FORMS = (
    _Form(tuple(f"{name}.bin" for name in _BATCHES), ARCHIVE.name, "cifar-10-batches-bin", _binary),
    _Form(_BATCHES, "cifar-10-python.tar.gz", "cifar-10-batches-py", _python),
)


def _load(directory: Path | None, progress: Progress | None, options: Options) -> Dataset:
    if directory is None:
        form, found = _FORMS[0], fetch(ARCHIVE, ADDRESSES, cache_folder("cifar-10"), progress)
    else:
        form, found = _local(directory)
    faults, batches = [], []
    for where, content in _from_archive(found, form) if found.is_file() else _from_folder(found, form):
        try:
            batches.append(form.read(content, where))
        except DataError as error:
            faults.append(str(error))
    if faults:
        raise DataError(" ".join(faults))
    train = [np.concatenate(parts) for parts in zip(*batches[:-1])]
    preprocessing = Preprocessing(mean=(0.4914, 0.4822, 0.4465), std=(0.2470, 0.2435, 0.2616))  # of the training images
    return Dataset(
        "cifar-10", _images(train[0]), train[1], _images(batches[-1][0]), batches[-1][1], _CLASSES, preprocessing
    )


def _images(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))


def _local(directory: Path) -> tuple[_Form, Path]:
    """Whichever form lies in the folder: batches, the folder they unpack to, or an archive."""
    if not directory.is_dir():
        raise DataError(f"There is no folder {directory}; name the one that holds the files of cifar-10.")
    for form in _FORMS:
        for folder in (directory, directory / form.folder):
            present = [name for name in form.batches if (folder / name).is_file()]
            missing = [name for name in form.batches if name not in present]
            if present and missing:
                raise DataError(f"{folder} lacks {', '.join(missing)} of cifar-10; unpack {form.archive} there again.")
            if present:
                return form, folder
        if (directory / form.archive).is_file():
            return form, directory / form.archive
    raise DataError(
        f"{directory} holds neither the batches of cifar-10 nor {_FORMS[0].archive}; "
        f"get that from {ADDRESSES[0]} and put it there."
    )


def _from_folder(folder: Path, form: _Form) -> Iterator[tuple[str, bytes]]:
    for name in form.batches:
        try:
            yield str(folder / name), (folder / name).read_bytes()
        except OSError as error:
            raise DataError(f"{folder / name} cannot be read ({error.strerror}); check its permissions.") from None


def _from_archive(path: Path, form: _Form) -> Iterator[tuple[str, bytes]]:
    """The batches as they stand in the archive, in memory: nothing is unpacked onto the disk."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                if not member.isfile() or name not in form.batches or name in found:
                    continue
                stream = archive.extractfile(member)
                if stream is None or member.size > 2 * _MOST * (1 + _PIXELS):
                    raise DataError(f"{path} holds a {name} of {member.size:,} bytes; {_AGAIN}.")
                found[name] = stream.read()
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is damaged ({error}); {_AGAIN}.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}); {_AGAIN}.") from None
    if missing := [name for name in form.batches if name not in found]:
        raise DataError(f"{path} lacks {', '.join(missing)}; {_AGAIN}.")
    for name in form.batches:
        yield f"{path}, {name},", found[name]


def _text(key: str | bytes) -> str:
    return key.decode("latin1") if isinstance(key, bytes) else str(key)


CIFAR10 = Entry(
    "cifar-10",
    "CIFAR-10",
    "60,000 photographs of animals and vehicles, 32×32 colour",
    "Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
    (32, 32, 3),
    _CLASSES,
    ARCHIVE.nbytes,
    _load,
)

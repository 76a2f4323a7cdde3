"""MNIST and Fashion-MNIST: four IDX files each, from a folder of the user's or their official addresses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from .dataset import DataError, Dataset
from .download import OfficialFile, Progress, cache_folder, fetch
from .entry import Entry
from .idx import read_idx
from .options import Options
from .preprocess import Preprocessing

_SHAPE = (28, 28, 1)


@dataclass(frozen=True)
class _Collection:
    """Training images, training labels, test images, test labels: their official files, and where those are."""

    name: str
    addresses: tuple[str, ...]
    files: tuple[OfficialFile, ...]
    classes: tuple[str, ...]
    preprocessing: Preprocessing


def _official(*published: tuple[int, str]) -> tuple[OfficialFile, ...]:
    """The four files under the names both collections use, from their lengths and SHA-256."""
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    return tuple(OfficialFile(f"{name}.gz", nbytes, sha256) for name, (nbytes, sha256) in zip(names, published))


_DIGITS = _Collection(
    "mnist",
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    _official(
        (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    ),
    tuple("0123456789"),
    Preprocessing(mean=(0.13066,), std=(0.30811,)),  # of the 60,000 training images
)
_FASHION = _Collection(
    "fashion-mnist",
    (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    _official(
        (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    ),
    ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    Preprocessing(mean=(0.28604,), std=(0.35302,)),  # of the 60,000 training images
)


def _load(collection: _Collection, directory: Path | None, progress: Progress | None, options: Options) -> Dataset:
    if directory is None:
        folder = cache_folder(collection.name)
        paths = [fetch(file, collection.addresses, folder, progress) for file in collection.files]
    else:
        paths = _local_files(collection, directory)
    arrays, faults = [], []
    for path, item_shape in zip(paths, 2 * (_SHAPE[:2], ())):
        try:
            arrays.append(read_idx(path, item_shape))
        except DataError as error:
            faults.append(str(error))
    if faults:
        raise DataError(" ".join(faults))
    train_images, train_labels, test_images, test_labels = arrays
    return Dataset(
        collection.name,
        train_images[..., None],
        train_labels.astype(np.int64),
        test_images[..., None],
        test_labels.astype(np.int64),
        collection.classes,
        collection.preprocessing,
    )


def _local_files(collection: _Collection, directory: Path) -> list[Path]:
    """The four files in a folder, compressed or not; DataError names all that are missing."""
    if not directory.is_dir():
        raise DataError(f"There is no folder {directory}; name the one that holds the files of {collection.name}.")
    paths, missing = [], []
    for file in collection.files:
        plain = file.name.removesuffix(".gz")
        names = (file.name, plain, plain.replace("-idx", ".idx"))  # the last as some archivers unpack it
        found = next((directory / name for name in names if (directory / name).is_file()), None)
        if found is None:
            missing.append(file.name)
        else:
            paths.append(found)
    if missing:
        them = "it" if len(missing) == 1 else "them"
        raise DataError(
            f"{directory} lacks {', '.join(missing)} of {collection.name}; "
            f"get {them} from {collection.addresses[0]} (unpacked files without .gz will do)."
        )
    return paths


def _entry(collection: _Collection, title: str, summary: str, source: str) -> Entry:
    nbytes = sum(file.nbytes for file in collection.files)
    load = partial(_load, collection)
    return Entry(collection.name, title, summary, source, _SHAPE, collection.classes, nbytes, load)


MNIST = _entry(
    _DIGITS,
    "MNIST",
    "70,000 handwritten digits, 28×28 grey",
    "LeCun, Bottou, Bengio & Haffner 1998, Gradient-Based Learning Applied to Document Recognition",
)
FASHION_MNIST = _entry(
    _FASHION,
    "Fashion-MNIST",
    "70,000 pictures of clothes, 28×28 grey",
    "Xiao, Rasul & Vollgraf 2017, Fashion-MNIST: a Novel Image Dataset",
)

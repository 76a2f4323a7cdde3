"""Datasets: what they hold, where they come from, and what is said when they cannot be had."""

import dataclasses
import gzip
import struct
import subprocess
import sys

import numpy as np
import pytest
import requests
from sklearn.datasets import load_digits

from convscope.engine.data import DATASETS, DataError, Dataset, Preprocessing, load_dataset

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset("digits")


def small_mnist(folder, name=lambda n: f"{n}.gz", pack=gzip.compress):
    """Twelve training and four test images in the form of MNIST's files."""
    rng = np.random.default_rng(5)
    arrays = {}
    for which, count in (("train", 12), ("t10k", 4)):
        arrays[f"{which}-images-idx3-ubyte"] = rng.integers(0, 256, (count, 28, 28), np.uint8)
        arrays[f"{which}-labels-idx1-ubyte"] = (np.arange(count) % 10).astype(np.uint8)
    for key, array in arrays.items():
        header = struct.pack(f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape)
        (folder / name(key)).write_bytes(pack(header + array.tobytes()))
    return arrays


def fault(*args) -> str:
    with pytest.raises(DataError) as caught:
        load_dataset(*args)
    return str(caught.value)


# ---- digits


def test_digits_are_all_of_scikit_learns_images_at_full_range(digits):
    original = load_digits()
    ours = np.concatenate([digits.train_images, digits.test_images])[..., 0]
    assert ours.dtype == np.uint8
    assert digits.image_shape == (8, 8, 1)
    expected = sorted(
        (np.rint(i * 255 / 16).astype(np.uint8).tobytes(), t) for i, t in zip(original.images, original.target)
    )
    labels = np.concatenate([digits.train_labels, digits.test_labels])
    assert sorted((i.tobytes(), t) for i, t in zip(ours, labels)) == expected
    assert digits.train_images.max() == 255


def test_digits_hold_out_a_fifth_of_every_class(digits):
    assert (len(digits.train_images), len(digits.test_images)) == (1438, 359)
    test = np.bincount(digits.test_labels)
    assert len(test) == 10
    np.testing.assert_allclose(test / (test + digits.class_counts), 0.2, atol=0.003)


def test_digits_are_split_alike_every_time(digits):
    again = load_dataset("digits")
    np.testing.assert_array_equal(digits.test_images, again.test_images)
    np.testing.assert_array_equal(digits.train_labels, again.train_labels)


def test_digits_need_neither_folder_nor_download(tmp_path, monkeypatch):
    monkeypatch.setattr(requests, "get", None)
    assert load_dataset("digits", tmp_path / "nowhere").name == "digits"


def standardised(dataset: Dataset) -> np.ndarray:
    return dataset.preprocessing.apply(dataset.train_images, dataset.image_shape[:2])


def test_preprocessed_digits_have_mean_0_and_variance_1(digits):
    values = standardised(digits)
    assert abs(values.mean()) < 1e-3
    assert abs(values.std() - 1) < 1e-3


# ---- MNIST and Fashion-MNIST


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_official_files_are_read_whole(shared, name):
    folder = shared / "data" / name
    if not folder.is_dir():
        pytest.skip(f"../shared/data/{name} is absent")
    dataset = load_dataset(name, folder)
    assert dataset.train_images.shape == (60_000, 28, 28, 1)
    assert dataset.test_images.shape == (10_000, 28, 28, 1)
    assert sum(dataset.class_counts) == 60_000
    assert min(dataset.class_counts) > 5_000
    values = standardised(dataset)
    assert abs(values.mean(dtype=np.float64)) < 1e-3
    assert abs(values.std(dtype=np.float64) - 1) < 1e-3


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        (lambda n: f"{n}.gz", gzip.compress),
        (lambda n: n, bytes),
        (lambda n: n.replace("-idx", ".idx"), bytes),
        (lambda n: f"{n}.gz", bytes),  # unpacked under the old name
    ],
    ids=["gz", "plain", "dotted", "plain-named-gz"],
)
@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_a_folder_of_ones_own_is_taken_packed_or_not(tmp_path, dataset, name, pack):
    arrays = small_mnist(tmp_path, name, pack)
    loaded = load_dataset(dataset, str(tmp_path))
    np.testing.assert_array_equal(loaded.train_images[..., 0], arrays[FILES[0]])
    np.testing.assert_array_equal(loaded.train_labels, arrays[FILES[1]])
    np.testing.assert_array_equal(loaded.test_images[..., 0], arrays[FILES[2]])
    np.testing.assert_array_equal(loaded.test_labels, arrays[FILES[3]])
    assert loaded.train_labels.dtype == np.int64


def test_missing_files_are_all_named_with_where_to_get_them(tmp_path):
    small_mnist(tmp_path)
    (tmp_path / f"{FILES[0]}.gz").unlink()
    (tmp_path / f"{FILES[3]}.gz").unlink()
    said = fault("mnist", tmp_path)
    assert said.startswith(f"{tmp_path} lacks {FILES[0]}.gz, {FILES[3]}.gz of mnist; get them from https://")


def test_a_missing_folder_and_a_file_in_its_place_are_told(tmp_path):
    assert fault("mnist", tmp_path / "none").startswith(f"There is no folder {tmp_path / 'none'}")
    (tmp_path / "file").write_bytes(b"")
    assert "There is no folder" in fault("mnist", tmp_path / "file")


def test_damage_in_several_files_is_told_at_once(tmp_path):
    small_mnist(tmp_path)
    (tmp_path / f"{FILES[0]}.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / f"{FILES[3]}.gz").write_bytes(b"")
    said = fault("mnist", tmp_path)
    assert f"{FILES[0]}.gz is truncated" in said
    assert f"{FILES[3]}.gz is truncated" in said


def test_files_that_do_not_belong_together_are_told(tmp_path):
    small_mnist(tmp_path)
    (tmp_path / f"{FILES[3]}.gz").write_bytes((tmp_path / f"{FILES[1]}.gz").read_bytes())
    assert "there are 4 test images and 12 labels" in fault("mnist", tmp_path)


def test_labels_beyond_the_classes_are_told(tmp_path):
    small_mnist(tmp_path)
    labels = struct.pack(">II", 0x801, 4) + bytes([0, 10, 200, 9])
    (tmp_path / f"{FILES[3]}.gz").write_bytes(labels)
    assert "2 test labels are illegal (such as 10), use 0 to 9" in fault("mnist", tmp_path)


# ---- the list


def test_every_entry_describes_what_it_loads(digits):
    assert list(DATASETS) == ["digits", "mnist", "fashion-mnist", "cifar-10", "shapes"]
    for name, entry in DATASETS.items():
        assert entry.name == name
        assert entry.title
        assert len(entry.summary) > 20
        assert len(entry.source) > 20
        assert len(entry.classes) == len(set(entry.classes)) == (6 if name == "shapes" else 10)
    assert (digits.image_shape, digits.classes) == (DATASETS["digits"].image_shape, DATASETS["digits"].classes)
    assert DATASETS["digits"].download_bytes == 0
    assert DATASETS["mnist"].download_bytes == 11_594_722


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mnits", "There is no dataset 'mnits'; did you mean 'mnist'?"),
        ("cifar", "There is no dataset 'cifar'; did you mean 'cifar-10'?"),
        ("x", f"There is no dataset 'x'; use one of: {', '.join(DATASETS)}; or the path of your own."),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_or_all(name, said):
    assert fault(name) == said


def test_the_list_is_shown_without_loading_scikit_learn_or_the_downloader():
    heavy = "{'sklearn', 'requests', 'pooch', 'numba', 'scipy'}"
    script = f"import sys; from convscope.engine.data import DATASETS; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# ---- what a dataset may be

GOOD = {
    "name": "toy",
    "train_images": np.zeros((4, 3, 3, 1), np.uint8),
    "train_labels": np.array([0, 1, 1, 1]),
    "test_images": np.zeros((2, 3, 3, 1), np.uint8),
    "test_labels": np.array([0, 1]),
    "classes": ("a", "b"),
}


def test_a_dataset_counts_its_classes_and_cannot_be_changed():
    toy = Dataset(**{**GOOD, "classes": ["a", "b", "never"]})
    assert toy.class_counts == (1, 3, 0)
    assert toy.image_shape == (3, 3, 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        toy.name = "other"
    assert "array" not in repr(toy)


def test_a_dataset_without_test_images_is_legal():
    empty = Dataset(**{**GOOD, "test_images": np.zeros((0, 3, 3, 1), np.uint8), "test_labels": np.zeros(0, np.int64)})
    assert len(empty.test_images) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"train_images": np.zeros((4, 3, 3), np.uint8)},
            "training images are uint8 (4, 3, 3), use uint8 (N, H, W, 1 or 3)",
        ),
        ({"test_images": np.zeros((2, 3, 3, 1), np.float32)}, "test images are float32 (2, 3, 3, 1), use uint8"),
        ({"train_images": np.zeros((4, 3, 3, 2), np.uint8)}, "training images are uint8 (4, 3, 3, 2)"),
        ({"train_images": np.zeros((4, 0, 3, 1), np.uint8)}, "training images are uint8 (4, 0, 3, 1)"),
        ({"train_labels": np.array([0, 1, 1])}, "there are 4 training images and 3 labels"),
        ({"train_labels": np.array([0.0, 1, 1, 1])}, "training labels are float64 (4,), use int64 (N,)"),
        ({"train_labels": np.array([0, 1, 2, 1])}, "1 training labels are illegal (such as 2), use 0 to 1"),
        ({"test_labels": np.array([0, -1])}, "1 test labels are illegal (such as -1)"),
        (
            {"test_images": np.zeros((2, 4, 3, 1), np.uint8)},
            "test images (4, 3, 1) and training images (3, 3, 1) differ",
        ),
        (
            {"train_images": np.zeros((0, 3, 3, 1), np.uint8), "train_labels": np.zeros(0, np.int64)},
            "there are no training images",
        ),
        ({"preprocessing": Preprocessing(mean=(0.1, 0.2, 0.3))}, "mean and std must hold one value or 1"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, said):
    with pytest.raises(DataError) as caught:
        Dataset(**{**GOOD, **changes})
    assert said in str(caught.value)
    assert str(caught.value).startswith("The dataset toy cannot be used: ")


def test_all_faults_of_a_dataset_are_told_at_once():
    with pytest.raises(DataError) as caught:
        Dataset(**{**GOOD, "train_images": np.zeros(3), "train_labels": np.array([5, 5]), "test_labels": np.array([7])})
    assert str(caught.value).count(";") == 4

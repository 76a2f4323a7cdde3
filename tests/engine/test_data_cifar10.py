"""CIFAR-10 in all its published forms, of which Python's is read without unpickling."""

import io
import os
import pickle
import subprocess
import sys
import tarfile

import numpy as np
import pytest
import requests

from convscope.engine.data import DATASETS, DataError, load_dataset
from convscope.engine.data.facts import measure
from convscope.engine.data.pickled import RefusedError, read_plain

NAMES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
EACH = 3


def batches() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pixels (3, 3072) and labels of each batch."""
    rng = np.random.default_rng(7)
    return {n: (rng.integers(0, 256, (EACH, 3072), np.uint8), rng.integers(0, 10, EACH)) for n in NAMES}


def binary(data, labels) -> bytes:
    return np.concatenate([labels[:, None].astype(np.uint8), data], 1).tobytes()


def python_2(data, labels) -> bytes:
    """A batch as Python 2's cPickle wrote it, protocol 2: texts of bytes and an array."""

    def text(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value

    head = b"\x80\x02}(" + text(b"batch_label") + text(b"training batch 1 of 5") + text(b"labels") + b"]("
    listed = b"".join(b"K" + bytes([label]) for label in labels)
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x03M\x00\x0c\x86"
    kind = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
    content = b"T" + (EACH * 3072).to_bytes(4, "little") + data.tobytes()
    return head + listed + b"e" + text(b"data") + array + kind + content + b"tbu."


def python_3(protocol):
    return lambda data, labels: pickle.dumps({b"labels": labels.tolist(), b"data": data}, protocol)


FORMS = {
    "binary": (binary, ".bin", "cifar-10-binary.tar.gz", "cifar-10-batches-bin"),
    "python 2": (python_2, "", "cifar-10-python.tar.gz", "cifar-10-batches-py"),
    "python 3, protocol 2": (python_3(2), "", "cifar-10-python.tar.gz", "cifar-10-batches-py"),
    "python 3, protocol 4": (python_3(4), "", "cifar-10-python.tar.gz", "cifar-10-batches-py"),
}


def written(folder, form) -> None:
    write, suffix, *_ = FORMS[form]
    folder.mkdir(exist_ok=True)
    for name, batch in batches().items():
        (folder / f"{name}{suffix}").write_bytes(write(*batch))


def same(data) -> None:
    """The data set is the one of `batches`."""
    pixels, labels = zip(*batches().values())
    images = np.concatenate(pixels).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(data.train_images, images[:-EACH])
    np.testing.assert_array_equal(data.test_images, images[-EACH:])
    np.testing.assert_array_equal(data.train_labels, np.concatenate(labels)[:-EACH])


def fault(folder) -> str:
    with pytest.raises(DataError) as caught:
        load_dataset("cifar-10", folder)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("inside", [False, True])
def test_every_form_is_read_from_its_folder_or_the_one_above(tmp_path, form, inside):
    written(tmp_path / FORMS[form][3] if inside else tmp_path, form)
    same(load_dataset("cifar-10", tmp_path))


@pytest.mark.parametrize("form", ["binary", "python 2"])
def test_archives_are_read_without_unpacking_them(tmp_path, form):
    written(tmp_path / "x", form)
    _, _, archive, folder = FORMS[form]
    (tmp_path / "only").mkdir()
    with tarfile.open(tmp_path / "only" / archive, "w:gz") as tar:
        tar.add(tmp_path / "x", folder)
        hostile = tarfile.TarInfo("../../evil")
        hostile.size = 1
        tar.addfile(hostile, io.BytesIO(b"x"))
    same(load_dataset("cifar-10", tmp_path / "only"))
    assert sorted(p.name for p in tmp_path.rglob("*") if "evil" in p.name) == []


def test_a_pickle_that_would_run_something_is_refused_and_nothing_runs(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "was run"),)

    written(tmp_path / "c", "python 2")
    (tmp_path / "c" / "data_batch_3").write_bytes(pickle.dumps({b"data": Evil(), b"labels": [1]}))
    said = fault(tmp_path / "c")
    assert "data_batch_3 is no batch of CIFAR-10 (the name 'posix mkdir')" in said.replace("nt mkdir", "posix mkdir")
    assert "use the binary version, cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/" in said
    assert not (tmp_path / "was run").exists()


@pytest.mark.parametrize(
    "value", [1.5, {1: {2, 3}}, np.zeros(3, np.float32), np.array(["a"], object), os.path.join, slice(3)]
)
def test_only_numbers_texts_lists_and_bytes_are_read_from_pickles(value):
    with pytest.raises(RefusedError):
        read_plain(pickle.dumps(value))


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x02", b"(" * 50 + b"t" * 60 + b".", b"h\x05.", b"]]e.", b"N" * 9 + b"."]
)
def test_damaged_pickles_are_refused(content):
    with pytest.raises(RefusedError):
        read_plain(content)


def test_missing_and_damaged_batches_are_told(tmp_path):
    written(tmp_path, "binary")
    (tmp_path / "data_batch_2.bin").write_bytes(b"123")
    (tmp_path / "test_batch.bin").write_bytes(b"")
    said = fault(tmp_path)
    assert "data_batch_2.bin holds 3 bytes and no whole images of 3073" in said
    assert "test_batch.bin holds 0 bytes" in said
    (tmp_path / "data_batch_5.bin").unlink()
    fix = "unpack cifar-10-binary.tar.gz there again"
    assert f"{tmp_path} lacks data_batch_5.bin of cifar-10; {fix}" in fault(tmp_path)
    assert "There is no folder" in fault(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    assert "holds neither the batches of cifar-10 nor cifar-10-binary.tar.gz; get that from https" in fault(
        tmp_path / "empty"
    )


def test_a_damaged_archive_is_told(tmp_path):
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"\x1f\x8b rubbish")
    assert "is damaged" in fault(tmp_path)
    with tarfile.open(tmp_path / "cifar-10-binary.tar.gz", "w:gz"):
        pass
    assert "lacks data_batch_1.bin" in fault(tmp_path)


def test_without_the_internet_the_file_and_its_place_are_named(tmp_path, monkeypatch):
    def fail(*args: object, **options: object) -> None:
        raise requests.ConnectionError("x")

    monkeypatch.setattr(requests, "get", fail)
    monkeypatch.setattr("convscope.engine.data.cifar10.cache_folder", lambda dataset: tmp_path / dataset)
    with pytest.raises(DataError) as caught:
        load_dataset("cifar-10")
    assert str(caught.value).startswith(
        "cifar-10-binary.tar.gz cannot be downloaded (www.cs.toronto.edu: no connection)"
    )
    assert f"put the file into {tmp_path / 'cifar-10'}" in str(caught.value)


def test_the_whole_set_is_read(shared, tmp_path):
    script = shared / "data" / "unpack_cifar10.py"
    if not script.is_file():
        pytest.skip("../shared/data/unpack_cifar10.py is absent")
    subprocess.run([sys.executable, script, tmp_path], check=True)
    data = load_dataset("cifar-10", tmp_path)
    assert data.class_counts == (5000,) * 10
    assert np.bincount(data.test_labels).tolist() == [1000] * 10
    assert data.classes == DATASETS["cifar-10"].classes
    found = measure(data.train_images)
    np.testing.assert_allclose(found.mean / 255, data.preprocessing.mean, atol=1e-4)
    np.testing.assert_allclose(found.std / 255, data.preprocessing.std, atol=1e-4)

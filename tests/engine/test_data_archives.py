"""Archives of pictures are unpacked once and trusted in nothing."""

import io
import os
import tarfile
import zipfile

import pytest

from convscope.engine.data import DataError, archives, load_dataset

from .picture_files import classes


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The user's cache, below the test's folder."""
    monkeypatch.setattr(archives, "cache_folder", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache"


def zipped(folder, path, below=""):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*.*")):
            archive.write(file, f"{below}{file.relative_to(folder)}")
    return path


def fault(path) -> str:
    with pytest.raises(DataError) as caught:
        load_dataset(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def nothing_left(cache) -> bool:
    return not cache.exists() or not [p for p in cache.rglob("*") if p.is_file()]


@pytest.mark.parametrize("below", ["", "flowers/", "flowers/train/"])
def test_a_zip_file_is_read_as_the_folder_in_it(tmp_path, below):
    pictures = classes(tmp_path / "p", "a", "b")
    data = load_dataset(zipped(pictures, tmp_path / "flowers.zip", below))
    assert (data.name, data.classes) == ("flowers", ("a", "b"))


@pytest.mark.parametrize("mode", ["", ":gz", ":xz"])
def test_a_tar_file_is_read_as_the_folder_in_it(tmp_path, mode):
    pictures = classes(tmp_path / "p", "a", "b")
    path = tmp_path / f"f.tar{mode.replace(':', '.')}"
    with tarfile.open(path, f"w{mode}") as archive:
        archive.add(pictures, "f")
    assert load_dataset(f"{path}:size=4").image_shape == (4, 4, 3)


def test_an_archive_is_unpacked_once_and_again_when_it_has_changed(tmp_path, cache):
    path = zipped(classes(tmp_path / "p", "a", "b"), tmp_path / "f.zip")
    load_dataset(path)
    [marker] = cache.glob("unpacked/*/f/a/0.png")
    marker.unlink()
    assert sum(load_dataset(path).class_counts) + 2 == 7
    zipped(classes(tmp_path / "p", "c"), path)
    os.utime(path, (1, 1))
    assert load_dataset(path).classes == ("a", "b", "c")


@pytest.mark.parametrize(
    "name", ["../evil.png", "a/../../evil.png", "/etc/evil.png", "C:\\evil.png", "a\\..\\evil.png"]
)
def test_names_that_lead_out_are_refused_in_zip_and_tar(tmp_path, cache, name):
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr(name, b"x")
    with tarfile.open(tmp_path / "e.tar", "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"x"))
    for path in (tmp_path / "e.zip", tmp_path / "e.tar"):
        assert "leads out of its folder" in fault(path)
    assert nothing_left(cache)


def test_links_and_devices_are_refused(tmp_path, cache):
    for number, kind in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE)):
        path = tmp_path / f"{number}.tar"
        with tarfile.open(path, "w") as archive:
            entry = tarfile.TarInfo("a/link.png")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        assert "is a link or a device" in fault(path)
    link = zipfile.ZipInfo("a/link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "is a link" in fault(tmp_path / "l.zip")
    assert nothing_left(cache)


def test_bombs_are_refused_before_they_are_unpacked(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(archives, "_SMALL", 1 << 20)
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/zeros.bmp", bytes(2 << 20))
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("a/zeros.bmp")
        entry.size = 2 << 20
        archive.addfile(entry, io.BytesIO(bytes(2 << 20)))
    for name in ("b.zip", "b.tar.gz"):
        assert "would unpack to 1 file of 2,097,152 bytes and more" in fault(tmp_path / name)
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    assert "would unpack to 4 files" in fault(zipped(classes(tmp_path / "p", "a", "b"), tmp_path / "many.zip"))
    assert nothing_left(cache)


@pytest.mark.parametrize("name", ["d.zip", "d.tar", "d.tar.gz"])
@pytest.mark.parametrize("content", [b"", b"rubbish" * 100])
def test_what_is_no_archive_is_told(tmp_path, cache, name, content):
    (tmp_path / name).write_bytes(content)
    assert "is damaged or no archive" in fault(tmp_path / name)
    assert nothing_left(cache)


def test_an_archive_cut_short_is_told_and_leaves_nothing(tmp_path, cache):
    path = tmp_path / "c.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(classes(tmp_path / "p", "a", "b", height=40, width=40), "f")
    path.write_bytes(path.read_bytes()[:-9000])
    assert "is damaged" in fault(path)
    assert nothing_left(cache)


def test_a_full_disk_is_told_beforehand(tmp_path, monkeypatch):
    path = zipped(classes(tmp_path / "p", "a", "b"), tmp_path / "f.zip")
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 10}))
    assert "bytes unpacked and 10 are free" in fault(path)

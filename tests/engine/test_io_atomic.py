"""Files are written whole or not at all."""

import errno
import os
import sys

import pytest

from convscope.engine.io import FileError, atomic_write
from convscope.engine.spec import ConvscopeError

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX file modes and links")


def fault(path, content=b"new") -> str:
    with pytest.raises(FileError) as caught:
        atomic_write(path, content)
    assert isinstance(caught.value, ConvscopeError)
    assert caught.value.path == str(path)
    return str(caught.value)


def names(folder) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize(
    ("content", "stored"), [(b"\x00\xff\r\n", b"\x00\xff\r\n"), ("×\n", b"\xc3\x97\n"), (b"", b"")]
)
def test_content_is_stored_byte_for_byte_and_nothing_else_is_left(tmp_path, content, stored):
    path = tmp_path / "file"
    for _ in range(2):
        atomic_write(path, content)
        assert path.read_bytes() == stored
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("number", [errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, number, step):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, step, full)
    said = fault(path)
    monkeypatch.undo()
    assert "was not written, the disk is full, and an older file is unchanged; free some space and save again." in said
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_an_interruption_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        atomic_write(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_the_new_file_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    order = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: order.append("fsync") or fsync(handle))
    monkeypatch.setattr(os, "replace", lambda a, b: order.append("replace") or replace(a, b))
    atomic_write(tmp_path / "file", b"new")
    assert order[:2] == ["fsync", "replace"]


@posix
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_device_is_not_replaced():
    assert "is not an ordinary file; name one to write to." in fault("/dev/full")
    with pytest.raises(OSError, match="No space left"), open("/dev/full", "wb", buffering=0) as device:
        device.write(b"x")


def test_a_folder_and_a_missing_folder_are_told(tmp_path):
    assert "is not an ordinary file" in fault(tmp_path)
    said = fault(tmp_path / "none" / "file")
    assert f"was not written, there is no folder {tmp_path / 'none'}; create it or choose another." in said


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    tmp_path.chmod(0o500)
    said = fault(tmp_path / "file")
    tmp_path.chmod(0o700)
    assert "was not written, permission denied; choose another folder or allow writing there." in said


def test_refused_permission_is_told(tmp_path, monkeypatch):
    def refuse(*args):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    assert "permission denied; choose another folder" in fault(tmp_path / "file")


@posix
def test_the_mode_of_an_older_file_is_kept_and_a_new_one_follows_the_umask(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"old")
    old.chmod(0o640)
    atomic_write(old, b"new")
    assert old.stat().st_mode & 0o777 == 0o640
    mask = os.umask(0o027)
    try:
        atomic_write(new, b"new")
    finally:
        os.umask(mask)
    assert new.stat().st_mode & 0o777 == 0o640


@posix
def test_a_link_stays_a_link_and_its_target_is_written(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    atomic_write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_long_names_and_names_in_other_scripts_are_written(tmp_path):
    for name in ("x" * 200 + ".json", "сеть.json", "网络" * 30):
        atomic_write(tmp_path / name, b"new")
        assert (tmp_path / name).read_bytes() == b"new"


@pytest.mark.skipif(sys.platform == "win32", reason="names may be longer there")
def test_a_name_that_is_too_long_is_told(tmp_path):
    assert "was not written" in fault(tmp_path / ("x" * 300))
    assert names(tmp_path) == []


def test_a_text_of_a_fault_shows_a_dozen_reasons_and_counts_the_rest():
    error = FileError("f", [f"r{i}" for i in range(20)])
    assert str(error) == "f: " + "; ".join(f"r{i}" for i in range(12)) + "; and 8 more faults."
    assert len(error.reasons) == 20
    assert str(FileError("f", ["one", "two"])) == "f: one; two."

"""IDX files: read exactly, and every kind of damage told."""

import gzip
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.engine.data import DataError
from convscope.engine.data.idx import MOST_ITEMS, read_idx

IMAGES = np.random.default_rng(1).integers(0, 256, (3, 4, 5), np.uint8)
LABELS = np.array([7, 0, 9], np.uint8)


def idx(array, magic=None, sizes=None) -> bytes:
    sizes = array.shape if sizes is None else sizes
    return struct.pack(f">{1 + len(sizes)}I", magic or 0x800 + len(sizes), *sizes) + array.tobytes()


@pytest.fixture
def write(tmp_path):
    def write(content: bytes, name="file"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def fault(path, shape=(4, 5)) -> str:
    with pytest.raises(DataError) as caught:
        read_idx(path, shape)
    assert str(caught.value).startswith(str(path)), "the file is named"
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(("array", "shape"), [(IMAGES, (4, 5)), (LABELS, ())], ids=["images", "labels"])
def test_arrays_are_read_exactly_packed_or_not_whatever_the_name(write, pack, array, shape):
    read = read_idx(write(pack(idx(array)), "no-suffix"), shape)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)


def test_several_gzip_members_are_one_stream(write):
    content = idx(IMAGES)
    np.testing.assert_array_equal(
        read_idx(write(gzip.compress(content[:20]) + gzip.compress(content[20:])), (4, 5)), IMAGES
    )


def test_a_file_that_stops_too_early_says_what_was_promised_and_what_came(write):
    said = fault(write(idx(IMAGES)[:-7]))
    assert "is truncated: its header promises 3 items of 20 bytes and 53 bytes follow; download it again." in said


@pytest.mark.parametrize("length", [0, 1, 3, 4, 15])
def test_a_file_without_a_whole_header_is_truncated(write, length):
    assert f"is truncated: it holds {length} bytes, less than an IDX header" in fault(write(idx(IMAGES)[:length]))


@pytest.mark.parametrize("cut", [1, 5, 9, 30])
def test_a_gzip_file_that_stops_too_early_is_truncated(write, cut):
    assert "is truncated: its compressed data stop too early; download it again." in fault(
        write(gzip.compress(idx(IMAGES))[:-cut])
    )


def test_a_gzip_file_with_a_wrong_check_value_is_damaged(write):
    content = bytearray(gzip.compress(idx(IMAGES)))
    content[-6] ^= 1
    assert "is damaged (CRC check failed" in fault(write(bytes(content)))


def test_a_gzip_file_with_damaged_contents_is_damaged(write):
    content = bytearray(gzip.compress(np.zeros(5000, np.uint8).tobytes() + idx(IMAGES)))
    content[10:14] = b"\xff\xff\xff\xff"
    assert "is damaged (" in fault(write(bytes(content)))


def test_labels_in_place_of_images_are_told_by_their_magic_number(write):
    said = fault(write(idx(LABELS) + bytes(100)))
    assert "starts with 0x00000801 instead of 0x00000803; name an IDX file of images." in said


@pytest.mark.parametrize("magic", [0, 0x803 << 16, 0x903, 0xD03, 0x802, 0xFFFFFFFF])
def test_another_magic_number_is_told(write, magic):
    content = bytearray(idx(IMAGES))
    content[:4] = struct.pack(">I", magic)
    assert f"starts with {magic:#010x} instead of 0x00000803" in fault(write(bytes(content)))


def test_images_of_another_size_are_told(write):
    assert "holds images of 4×5 instead of 28×28; name the right file." in fault(write(idx(IMAGES)), (28, 28))


@pytest.mark.parametrize("count", [0, MOST_ITEMS + 1, 2**32 - 1])
def test_an_impossible_count_is_refused_before_memory_is_taken(write, count):
    assert f"claims to hold {count:,} items; 1 to 1,000,000 are possible" in fault(
        write(idx(IMAGES, sizes=(count, 4, 5)))
    )


def test_bytes_after_the_last_item_are_told(write):
    assert "goes on after the 3 items its header promises" in fault(write(idx(IMAGES) + b"\0"))


def test_a_gzip_bomb_is_read_no_further_than_its_header_promises(write):
    assert "goes on after the 3 items" in fault(write(gzip.compress(idx(IMAGES) + bytes(1 << 26))))


def test_a_file_that_is_not_there_and_a_folder_are_told(tmp_path):
    assert "cannot be read" in fault(tmp_path / "nothing")
    assert "cannot be read" in fault(tmp_path)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_at_all_are_read_or_told(tmp_path_factory, content, packed):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(gzip.compress(content) if packed else content)
    with suppress(DataError):
        assert read_idx(path, (1, 1)).shape[1:] == (1, 1)


@given(st.integers(0, 99), st.integers(0, 255))
def test_one_wrong_byte_of_a_gzip_file_is_noticed_or_harmless(tmp_path_factory, place, value):
    content = bytearray(gzip.compress(idx(IMAGES), mtime=0))
    content[place % len(content)] = value
    path = tmp_path_factory.getbasetemp() / "one-byte"
    path.write_bytes(bytes(content))
    with suppress(DataError):
        np.testing.assert_array_equal(read_idx(path, (4, 5)), IMAGES)

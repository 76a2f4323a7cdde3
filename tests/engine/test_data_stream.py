"""Pictures read when wanted are those that would be in memory, whatever the threads do."""

import threading

import numpy as np
import pytest

from convscope.engine.data import DataError, Preprocessing, load_dataset
from convscope.engine.data.mean_image import MeanImage
from convscope.engine.data.stream import ImageStream
from convscope.engine.train.feed import Feed

from .picture_files import classes, cut


@pytest.fixture
def folder(tmp_path):
    return classes(tmp_path, "a", "b", "c", each=10, height=9, width=12)


def stream(folder, workers=3) -> ImageStream:
    paths = sorted(folder.glob("*/*.png"))
    return ImageStream(paths, np.arange(len(paths), dtype=np.int64) // 10, (6, 6, 3), "crop", workers)


def test_a_stream_holds_what_memory_would_hold(folder):
    kept, read = (load_dataset(f"{folder}:memory={memory}") for memory in (1, 0))
    assert isinstance(kept.train_images, np.ndarray)
    assert isinstance(read.train_images, ImageStream)
    np.testing.assert_array_equal(read.train_images[:], kept.train_images)
    np.testing.assert_array_equal(read.test_images[2:5], kept.test_images[2:5])
    np.testing.assert_array_equal(read.train_images[-1], kept.train_images[-1])
    assert read.preprocessing == kept.preprocessing
    assert read.name == kept.name


def test_the_number_of_threads_and_what_was_expected_change_nothing(folder):
    rows = np.random.default_rng(0).permutation(30)
    wanted = stream(folder, 1).read(rows)
    for workers in (1, 2, 7):
        ahead = stream(folder, workers)
        ahead.expect(rows)
        parts = [ahead.read(rows[start : start + 4]) for start in range(0, 30, 4)]
        np.testing.assert_array_equal(np.concatenate(parts), wanted)
        ahead.expect(rows)
        ahead.read(rows[:3])
        np.testing.assert_array_equal(ahead.read(rows[10:14]), wanted[10:14])  # not what was expected
        ahead.close()


def test_no_more_is_read_ahead_than_the_bound(folder, monkeypatch):
    monkeypatch.setattr("convscope.engine.data.stream.AHEAD_BYTES", 8 * 108)
    made = stream(folder, 2)
    made.expect(np.arange(30))
    assert len(made._ahead) == 8
    made.read(np.arange(5))
    assert len(made._ahead) == 8
    made.close()


def test_closing_ends_the_threads_and_reading_starts_them_again(folder):
    made = stream(folder)
    made.expect(np.arange(30))
    made.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("convscope-read")]
    assert made.read(np.array([3])).shape == (1, 6, 6, 3)
    made.close()


def test_the_next_readable_picture_of_the_class_stands_in_and_is_told_once(folder):
    cut(folder / "b" / "9.png")
    cut(folder / "b" / "0.png")
    made = stream(folder)
    np.testing.assert_array_equal(made[19], made[11])
    [said] = made.late_warnings()
    assert said.startswith("2 pictures could not be read, others of the class stood in: ")
    made.read(np.arange(30))
    assert made.late_warnings() == []
    made.close()


def test_a_class_that_cannot_be_read_at_all_is_an_error(folder):
    made = stream(folder)
    for path in (folder / "c").glob("*.png"):
        cut(path)
    with pytest.raises(DataError, match="No picture of the class of .* can be read"):
        made.read(np.array([25]))
    made.close()


def test_feeds_take_streams_as_they_take_arrays(folder):
    kept, read = (load_dataset(f"{folder}:memory={memory}") for memory in (1, 0))
    order = np.arange(len(kept.train_labels))[::-1].copy()
    batches = []
    for data in (kept, read):
        feed = Feed(data.train_images, data.train_labels, data.preprocessing, (8, 8, 3))
        feed.follow(0, order, 7)
        out = np.full((2, 7, 8, 8, 3), np.nan, np.float32)
        for number, target in enumerate(out):
            feed.fill(order[7 * number : 7 * number + 7], target)
        feed.close()
        batches.append(out)
    np.testing.assert_array_equal(*batches)
    read.close()


@pytest.mark.parametrize(
    "preprocessing",
    [
        Preprocessing(fit="crop", short_side=9),
        Preprocessing(fit="crop", short_side=5, mean=(0.1, 0.2, 0.3)),
        Preprocessing(mean_image=MeanImage.of(np.random.default_rng(1).random((5, 7, 3)))),
        Preprocessing(order="bgr", mean_image=MeanImage.of(np.random.default_rng(1).random((2, 3, 1)))),
    ],
)
@pytest.mark.parametrize("size", [(5, 5), (5, 4)])
def test_crops_and_mean_images_reach_the_batches(preprocessing, size):
    images = np.random.default_rng(0).integers(0, 256, (6, 5, 7, 3), dtype=np.uint8)
    rows, out = np.array([4, 0]), np.full((2, *size, 3), np.nan, np.float32)
    Feed(images, np.arange(6), preprocessing, (*size, 3)).fill(rows, out)
    np.testing.assert_array_equal(out, preprocessing.apply(images[rows], size))

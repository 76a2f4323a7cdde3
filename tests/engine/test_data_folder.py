"""Folders of one's own pictures: what is found, what is left out, and what is said about it."""

import numpy as np
import pytest
from PIL import Image

from convscope.engine.data import DataError, load_dataset
from convscope.engine.data.facts import describe, doubts

from .picture_files import classes, cut, picture

pytestmark = pytest.mark.filterwarnings("ignore:::PIL")  # about sizes


def fault(what, *more) -> str:
    with pytest.raises(DataError) as caught:
        load_dataset(what, *more)
    return str(caught.value)


def test_every_subfolder_is_a_class_in_natural_order(tmp_path):
    data = load_dataset(classes(tmp_path, "cat10", "cat2", "Ape"))
    assert data.classes == ("Ape", "cat2", "cat10")
    assert data.class_counts == (3, 3, 3)
    assert np.bincount(data.test_labels).tolist() == [1, 1, 1]
    assert data.name == tmp_path.name
    assert data.warnings == ()


def test_train_and_test_folders_are_the_two_sides(tmp_path):
    classes(tmp_path / "train", "a", "b", each=3)
    classes(tmp_path / "val", "b", each=2)
    data = load_dataset(tmp_path)
    assert (data.class_counts, data.test_labels.tolist()) == ((3, 3), [1, 1])


def test_pictures_of_one_size_keep_it_and_their_pixels(tmp_path):
    classes(tmp_path, "a", "b", height=5, width=7)
    data = load_dataset(f"{tmp_path}:test=0")
    assert data.image_shape == (5, 7, 3)
    np.testing.assert_array_equal(data.train_images[1], np.asarray(Image.open(tmp_path / "a" / "1.png")))
    assert data.notes == ()


def test_mixed_sizes_are_brought_to_the_median_short_side_by_scaling_and_cutting(tmp_path):
    for index, (height, width) in enumerate([(10, 40), (12, 12), (30, 14)]):
        picture(tmp_path / "a" / f"{index}.png", height, width)
        picture(tmp_path / "b" / f"{index}.png", height, width)
    data = load_dataset(f"{tmp_path}:test=0")
    assert data.image_shape == (12, 12, 3)
    image = Image.open(tmp_path / "a" / "0.png").resize((48, 12), Image.Resampling.BILINEAR).crop((18, 0, 30, 12))
    np.testing.assert_array_equal(data.train_images[0], np.asarray(image))
    assert data.notes == (
        "Pictures of 12×12 to 30×14 (height × width) are brought to 12×12: scaled by their short sides, "
        "their centres cut out.",
    )


def test_size_fit_and_channels_can_be_asked_for(tmp_path):
    classes(tmp_path, "a", "b", height=5, width=9)
    data = load_dataset(f"{tmp_path}:size=6,fit=stretch,channels=1")
    assert data.image_shape == (6, 6, 1)
    assert data.name == f"{tmp_path.name}:size=6,fit=stretch,channels=1"


def test_large_pictures_are_reduced_to_256(tmp_path):
    classes(tmp_path, "a", "b", each=1, height=300, width=400)
    assert load_dataset(tmp_path).image_shape == (256, 256, 3)


def test_all_kinds_of_pictures_become_the_same(tmp_path):
    grey = np.full((8, 8), 100, np.uint8)
    kinds = {
        "palette.gif": Image.fromarray(grey).convert("P"),
        "deep.png": Image.fromarray(grey.astype(np.uint16) * 257),
        "grey.png": Image.fromarray(grey),
        "alpha.png": Image.fromarray(np.dstack([grey] * 3 + [np.full((8, 8), 255, np.uint8)])),
        "print.tiff": Image.fromarray(np.dstack([grey * 0] * 3 + [255 - grey]), "CMYK"),
    }
    for side in ("a", "b"):
        (tmp_path / side).mkdir()
        for name, image in kinds.items():
            image.save(tmp_path / side / name)
    data = load_dataset(f"{tmp_path}:test=0")
    assert data.image_shape == (8, 8, 3)
    assert (data.train_images == 100).all()


def test_the_cameras_rotation_counts_for_size_and_pixels(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for side in ("a", "b"):
        picture(tmp_path / side / "0.jpg", 8, 24, exif=exif)
    assert load_dataset(tmp_path).image_shape == (24, 8, 3)


def test_grey_folders_stay_grey(tmp_path):
    for side in ("a", "b"):
        (tmp_path / side).mkdir()
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / side / "0.png")
    assert load_dataset(tmp_path).image_shape == (4, 4, 1)


@pytest.mark.parametrize("memory", ["1", "0"])
def test_unreadable_pictures_are_named_and_counted_in_memory_or_not(tmp_path, memory):
    classes(tmp_path, "a", "b", each=6)
    (tmp_path / "a" / "2.png").write_bytes(b"no picture")
    cut(tmp_path / "b" / "3.png")
    data = load_dataset(f"{tmp_path}:memory={memory},test=0")
    assert len(data.train_images[:]) == len(data.train_labels)
    said = " ".join([*data.warnings, *data.late_warnings()])
    assert "a/2.png is not a picture" in said
    assert "b/3.png is damaged" in said
    if memory == "1":
        assert data.warnings[0].startswith("2 pictures left out: ")
        assert data.class_counts == (5, 5)


def test_decompression_bombs_are_left_out_before_they_are_unpacked(tmp_path, monkeypatch):
    classes(tmp_path, "a", "b")
    picture(tmp_path / "a" / "bomb.png", 30, 30, value=0)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    [warning] = load_dataset(tmp_path).warnings
    assert warning.startswith("1 picture left out: ")
    assert "bomb.png has more than 500 pixels" in warning


def test_empty_classes_and_files_that_are_no_pictures_are_told(tmp_path):
    classes(tmp_path, "a", "b")
    (tmp_path / "none").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a" / ".DS_Store").write_bytes(b"")
    picture(tmp_path / "loose.png")
    data = load_dataset(tmp_path)
    assert data.classes == ("a", "b", "none")
    said = doubts(data)
    assert any("2 files" in text and "a/notes.txt" in text and "loose.png (in no class)" in text for text in said)
    assert "No training image shows none; the network cannot learn what it never sees." in said


def test_a_folder_without_classes_or_pictures_is_told(tmp_path):
    assert "holds no folders; put the pictures of each class into a folder of its own" in fault(tmp_path)
    (tmp_path / "a").mkdir()
    assert "holds no pictures" in fault(tmp_path)
    (tmp_path / "a" / "x.png").write_bytes(b"")
    assert f"No picture of {tmp_path.name} can be read" in fault(tmp_path)


def test_what_does_not_exist_and_what_is_no_data_set_are_told_apart(tmp_path):
    assert fault(tmp_path / "none").endswith("check the path.")
    (tmp_path / "x.txt").write_text("")
    assert "x.txt is no data set" in fault(tmp_path / "x.txt")
    assert "needs a folder" in fault("folder")
    assert "There is no dataset ''; use one of" in fault("")


def test_folder_stands_for_the_folder_given_beside_it(tmp_path):
    classes(tmp_path, "a", "b")
    assert load_dataset("folder:size=4", tmp_path).image_shape == (4, 4, 3)


def test_the_split_depends_on_the_seed_alone(tmp_path):
    classes(tmp_path, "a", "b", each=9)
    once, again, other = (load_dataset(f"{tmp_path}:seed={seed}") for seed in (1, 1, 2))
    np.testing.assert_array_equal(once.test_images, again.test_images)
    assert not np.array_equal(once.test_images, other.test_images)
    assert np.bincount(once.test_labels).tolist() == [2, 2]


def test_a_damaged_file_moves_no_other_to_the_other_side(tmp_path):
    classes(tmp_path, "a", "b", each=9)
    before = {image.tobytes() for image in load_dataset(tmp_path).test_images}
    cut(tmp_path / "a" / "4.png")
    assert {image.tobytes() for image in load_dataset(tmp_path).test_images} <= before


def test_uneven_classes_are_doubtful(tmp_path):
    classes(tmp_path, "rare", each=1)
    classes(tmp_path, "common", each=15)
    facts = describe(load_dataset(tmp_path))
    assert facts.balance == 12
    assert any("12 training images of common and 1 of rare" in text for text in facts.warnings)


def test_options_that_cannot_be_are_all_told(tmp_path):
    classes(tmp_path, "a", "b")
    said = fault(f"{tmp_path}:size=-1,fit=cut,sise=3")
    for part in (
        "size -1: use",
        "fit 'cut': use one of auto, crop, stretch",
        "no option 'sise', perhaps size is meant",
    ):
        assert part in said
    assert "cannot have 2 channels" in fault(f"{tmp_path}:channels=2")


def test_reading_can_be_given_up(tmp_path):
    class EnoughError(Exception):
        pass

    def stop(what: str, done: int, total: int) -> None:
        raise EnoughError

    classes(tmp_path, "a", "b")
    with pytest.raises(EnoughError):
        load_dataset(tmp_path, None, stop)

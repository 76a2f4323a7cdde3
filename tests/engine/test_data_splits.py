"""Parts of data sets are drawn by seed and class by class, and their figures are exact."""

import numpy as np
import pytest

from convscope.engine.data import DataError, Dataset, Preprocessing, load_dataset
from convscope.engine.data.facts import describe, measure
from convscope.engine.data.splits import held_out

RNG = np.random.default_rng(9)


def toy(counts=(10, 4, 1), channels=3) -> Dataset:
    labels = np.repeat(np.arange(len(counts)), counts)
    labels = labels[RNG.permutation(len(labels))].astype(np.int64)
    images = RNG.integers(0, 256, (len(labels), 5, 4, channels), np.uint8)
    return Dataset("toy", images, labels, images[:2], labels[:2], tuple("abc"))


def rows(part: Dataset, whole: Dataset) -> list[int]:
    """Which training images of the whole are in the part."""
    return [int(np.flatnonzero((whole.train_images == image).all((1, 2, 3)))[0]) for image in part.train_images]


def test_validation_is_held_out_of_every_class_and_nothing_is_lost():
    data = toy()
    part = data.split(0.25, seed=4)
    assert np.bincount(part.test_labels, minlength=3).tolist() == [2, 1, 0]
    assert part.class_counts == (8, 3, 1)
    held = Dataset("h", part.test_images, part.test_labels, data.test_images, data.test_labels, data.classes)
    assert sorted(rows(part, data) + rows(held, data)) == list(range(15))
    np.testing.assert_array_equal(data.train_labels[rows(held, data)], part.test_labels)


def test_a_split_depends_on_the_seed_alone():
    data = toy()
    assert rows(data.split(0.3, 1), data) == rows(data.split(0.3, 1), data)
    assert rows(data.split(0.3, 1), data) != rows(data.split(0.3, 2), data)


def test_at_least_one_image_of_a_class_of_two_is_held_out_and_one_stays():
    labels = np.array([0, 0, 1, 2, 2, 2])
    assert np.bincount(labels[held_out(labels, 0.01, 0)], minlength=3).tolist() == [1, 0, 1]
    assert np.bincount(labels[held_out(labels, 0.9, 0)], minlength=3).tolist() == [1, 0, 2]
    assert not held_out(labels, 0.0, 0).any()


@pytest.mark.parametrize("fraction", [0, 1, -0.5, 1.5])
def test_an_impossible_share_is_told(fraction):
    with pytest.raises(DataError, match="use a number between 0 and 1"):
        toy().split(fraction)


def test_a_few_images_of_each_class_are_drawn():
    data = toy()
    few = data.subset(per_class=3, seed=1)
    assert few.class_counts == (3, 3, 1)
    assert rows(few, data) == sorted(rows(few, data))
    assert len(few.test_images) == 2


def test_a_number_of_images_keeps_the_classes_in_proportion():
    assert toy((20, 10, 10)).subset(count=8).class_counts == (4, 2, 2)


def test_classes_are_chosen_and_counted_anew():
    data = toy()
    part = data.subset(classes=["c", "a"])
    assert part.classes == ("c", "a")
    assert part.class_counts == (1, 10)
    assert len(part.test_images) == np.isin(data.test_labels, [0, 2]).sum()


def test_rows_are_chosen_by_number():
    data = toy()
    np.testing.assert_array_equal(data.subset(rows=[4, 2]).train_images, data.train_images[[4, 2]])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"rows": [15]}, "0 to 14"),
        ({"rows": []}, "0 to 14"),
        ({"per_class": 0}, "use 1 or more"),
        ({"count": 16}, "use 1 to 15"),
        ({"classes": ["d"]}, "has no class d"),
    ],
)
def test_parts_that_cannot_be_are_told(asked, said):
    with pytest.raises(DataError, match=said):
        toy().subset(**asked)


def test_boxes_go_with_their_images():
    data = load_dataset("shapes:size=12,count=40,test=4")
    part = data.split(0.5, 3)
    kept = rows(part, data)
    np.testing.assert_array_equal(part.train_boxes, data.train_boxes[kept])
    assert [int(o.labels[0]) for o in part.test_objects] == part.test_labels.tolist()
    few = data.subset(per_class=2)
    assert len(few.train_boxes) == len(few.train_objects) == 12


def test_options_split_and_thin_any_set():
    data = load_dataset("digits:hold_out=0.1,per_class=5,seed=2")
    assert data.name == "digits:per_class=5,hold_out=0.1,seed=2"
    assert data.class_counts == (5,) * 10
    assert len(data.test_images) == 143


# ---- figures


@pytest.mark.parametrize("channels", [1, 3])
def test_mean_deviation_and_mean_image_are_exact(channels):
    data = toy((300, 200, 50), channels)
    found, values = measure(data.train_images), data.train_images.astype(np.float64)
    np.testing.assert_allclose(found.mean, values.mean((0, 1, 2)))
    np.testing.assert_allclose(found.std, values.std((0, 1, 2)))
    np.testing.assert_allclose(found.mean_image, values.mean(0))


def test_facts_hold_counts_balance_and_doubts():
    facts = describe(toy())
    assert facts.classes == (
        ("a", 10, facts.classes[0][2]),
        ("b", 4, facts.classes[1][2]),
        ("c", 1, facts.classes[2][2]),
    )
    assert facts.balance == 10
    assert facts.nbytes == 17 * 60
    assert facts.to_dict()["image_shape"] == [5, 4, 3]
    assert "uneven" in facts.warnings[0]


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_measured_preprocessing_gives_mean_0_and_variance_1(order):
    data = toy((300, 200, 50))
    values = Preprocessing.measured(data, order=order).apply(data.train_images, (5, 4)).astype(np.float64)
    np.testing.assert_allclose(values.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(values.std((0, 1, 2)), 1, atol=1e-5)


@pytest.mark.parametrize("order", ["rgb", "bgr"])
@pytest.mark.parametrize("size", [(5, 4), (3, 3)])
def test_the_mean_image_leaves_every_pixel_with_mean_0_at_any_size(order, size):
    data = toy((30, 20, 5))
    made = Preprocessing.measured(data, "image", order=order, fit="crop")
    values = made.apply(data.train_images, size).astype(np.float64)
    np.testing.assert_allclose(values.mean(0), 0, atol=1e-5)


def test_alexnets_rule_scales_the_short_side_and_cuts_out_the_centre():
    """Krizhevsky, Sutskever & Hinton 2012, section 2, with 8 for 256 and 6 for 224."""
    image = np.arange(16 * 24, dtype=np.uint8).reshape(1, 16, 24, 1)
    made = Preprocessing(scale=1.0, fit="crop", short_side=8, resize="nearest")
    np.testing.assert_array_equal(made.apply(image, (6, 6))[0, ..., 0], image[0, 1::2, 1::2, 0][1:7, 3:9])
    with pytest.raises(Exception, match="do not fill an input of 9×9; use a short side of 9 or more"):
        made.apply(image, (9, 9))


def test_pixels_come_back_from_input_with_a_mean_image():
    data = toy((30, 20, 5))
    made = Preprocessing.measured(data, "image", order="bgr")
    values = made.apply(data.train_images, (5, 4))
    np.testing.assert_allclose(made.undo(values), data.train_images, atol=1e-3)
    np.testing.assert_allclose(made.undo(values[0]), data.train_images[0], atol=1e-3)


def test_options_choose_the_mean_and_the_way_into_the_network():
    data = load_dataset("shapes:size=16,count=40,test=4,mean=image,input=centre")
    assert data.preprocessing == Preprocessing.measured(data, "image", fit="crop", short_side=16)
    data = load_dataset("shapes:size=16,count=40,test=4,mean=channel,input=crop")
    assert data.preprocessing == Preprocessing.measured(data, fit="crop")

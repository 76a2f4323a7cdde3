"""Generated shapes: the same bits for the same seed, boxes that fit, options that are checked."""

import hashlib

import numpy as np
import pytest

from convscope.engine.data import DataError, load_dataset
from convscope.engine.data.shapes import KINDS


def test_the_same_seed_gives_the_same_bits_on_every_machine():
    data = load_dataset("shapes:size=24,count=80,test=8,classes=8,seed=3")
    content = data.train_images.tobytes() + data.test_images.tobytes() + data.train_boxes.tobytes()
    assert hashlib.sha256(content).hexdigest()[:16] == "e4aa02f9234ac010"


def test_another_seed_gives_other_images_and_no_test_image_is_a_training_image():
    one, other = (load_dataset(f"shapes:size=16,count=60,test=60,seed={seed}") for seed in (0, 1))
    assert not (one.train_images == other.train_images).all((1, 2, 3)).any()
    assert not (one.train_images == one.test_images).all((1, 2, 3)).any()


def test_the_first_images_of_a_larger_set_are_those_of_a_smaller_one():
    few, many = (load_dataset(f"shapes:size=16,count={count},test=0") for count in (70, 150))
    np.testing.assert_array_equal(few.train_images, many.train_images[:70])
    np.testing.assert_array_equal(few.train_boxes, many.train_boxes[:70])


def test_classes_take_turns_and_are_the_first_of_the_kinds():
    data = load_dataset("shapes:size=12,count=40,classes=4,test=8")
    assert data.classes == tuple(KINDS)[:4]
    assert data.class_counts == (10, 10, 10, 10)
    assert data.name == "shapes:size=12,count=40,test=8,classes=4"


def test_boxes_touch_the_shape_on_all_sides_and_lie_in_the_image():
    data = load_dataset("shapes:size=48,count=64,classes=8,noise=0,test=0")
    for image, box in zip(data.train_images.astype(int), data.train_boxes.astype(int)):
        assert 0 <= box[0] < box[2] <= 48
        assert 0 <= box[1] < box[3] <= 48
        outside = np.ones((48, 48), bool)
        outside[max(box[1] - 3, 0) : box[3] + 3, max(box[0] - 3, 0) : box[2] + 3] = False  # points fade out
        ground = np.median(image[outside], 0)
        assert (abs(image[outside] - ground) <= 1).all()
        inside = image[box[1] : box[3], box[0] : box[2]]
        differs = (abs(inside - ground) > 2).any(-1)
        assert all(side.any() for side in (differs[0], differs[-1], differs[:, 0], differs[:, -1]))


def test_ground_and_shape_differ_enough_to_be_seen():
    data = load_dataset("shapes:size=32,count=64,noise=0,test=0")
    spread = data.train_images.reshape(64, -1, 3).astype(int)
    assert ((spread.max(1) - spread.min(1)).max(1) > 40).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("size=4", "size 4: use a whole number from 12 to 1,024"),
        ("classes=9", "classes 9: use a whole number from 2 to 8"),
        ("noise=2", "noise 2: use a number from 0 to 1"),
        ("count=x", "count 'x': use a whole number"),
        ("size", "size has no value, write size=32"),
        ("colour=red", "there is no option 'colour', use per_class, hold_out"),
        ("size=1000,count=1000000", "So many shapes take"),
    ],
)
def test_options_that_cannot_be_are_told(options, said):
    with pytest.raises(DataError) as caught:
        load_dataset(f"shapes:{options}")
    assert said in str(caught.value)

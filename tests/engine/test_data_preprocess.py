"""From pixels to network input and back."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.engine.data import Preprocessing
from convscope.engine.data.preprocess import resized
from convscope.engine.spec import ConvscopeError

PIXELS = np.random.default_rng(3).integers(0, 256, (4, 5, 6, 3), np.uint8)
CIFAR = Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


def test_input_is_scaled_shifted_and_divided_channel_by_channel():
    values = CIFAR.apply(PIXELS, (5, 6))
    expected = (PIXELS.astype(np.float64) / 255 - CIFAR.mean) / CIFAR.std
    assert values.dtype == np.float32
    assert values.flags.c_contiguous
    np.testing.assert_allclose(values, expected, atol=1e-6)


def test_bgr_networks_get_their_channels_in_that_order():
    caffe = Preprocessing(scale=1.0, mean=(104, 117, 123), order="bgr")
    values = caffe.apply(PIXELS, (5, 6))
    assert values.flags.c_contiguous
    np.testing.assert_array_equal(values, PIXELS[..., ::-1].astype(np.float32) - [104, 117, 123])


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_undo_gives_the_pixels_back(order):
    preprocessing = Preprocessing(mean=CIFAR.mean, std=CIFAR.std, order=order)
    np.testing.assert_allclose(preprocessing.undo(preprocessing.apply(PIXELS, (5, 6))), PIXELS, atol=1e-3)


def test_pixels_are_left_as_they_were():
    before = PIXELS.astype(np.float32)
    kept = before.copy()
    CIFAR.apply(before, (5, 6))
    np.testing.assert_array_equal(before, kept)


def test_images_of_the_right_size_are_not_resized():
    assert resized(PIXELS, (5, 6), "bilinear") is PIXELS


def test_bilinear_resizing_keeps_flat_areas_and_ramps():
    flat = np.full((1, 8, 8, 1), 77, np.uint8)
    np.testing.assert_allclose(resized(flat, (28, 28), "bilinear"), 77)
    ramp = np.tile(np.arange(8, dtype=np.float32), (8, 1))[None, ..., None]
    larger = resized(ramp, (16, 16), "bilinear")[0, :, :, 0]
    np.testing.assert_allclose(larger[:, 1:-1], np.tile(np.arange(16)[1:-1] / 2 - 0.25, (16, 1)), atol=1e-5)


def test_nearest_resizing_repeats_pixels():
    np.testing.assert_array_equal(resized(PIXELS, (10, 12), "nearest"), PIXELS.repeat(2, 1).repeat(2, 2))


def test_resizing_treats_rows_and_columns_and_images_apart():
    larger = resized(PIXELS, (7, 11), "bilinear")
    assert larger.shape == (4, 7, 11, 3)
    np.testing.assert_array_equal(larger[2:3], resized(PIXELS[2:3], (7, 11), "bilinear"))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_pixels_that_are_not_numbers_are_refused(value):
    images = PIXELS.astype(np.float32)
    images[1, 2, 3, 0] = value
    with pytest.raises(ConvscopeError, match="Some pixels are NaN or infinite; use values from 0 to 255"):
        CIFAR.apply(images, (5, 6))


@pytest.mark.parametrize("shape", [(5, 6, 3), (2, 5, 6, 1), (2, 5, 6, 4), (5, 6)])
def test_images_of_another_form_are_refused(shape):
    with pytest.raises(ConvscopeError, match=r"use \(N, height, width, 3\)"):
        CIFAR.apply(np.zeros(shape, np.uint8), (5, 6))


numbers = st.floats(-1e6, 1e6)
positive = st.floats(1e-6, 1e6)
anything = st.builds(
    Preprocessing,
    positive,
    st.lists(numbers, min_size=1, max_size=3).map(tuple),
    st.lists(positive, min_size=1, max_size=3).map(tuple),
    st.sampled_from(["rgb", "bgr"]),
    st.sampled_from(["bilinear", "nearest"]),
)


@given(anything)
def test_the_json_form_gives_it_back_exactly(preprocessing):
    assert Preprocessing.from_dict(json.loads(json.dumps(preprocessing.to_dict()))) == preprocessing


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {"mean": "12"},
        {"mean": None},
        {"mean": [True]},
        {"mean": []},
        {"std": []},
        {"std": [0]},
        {"std": [-1]},
        {"mean": [10**400]},
        {"scale": "x"},
        {"scale": 0},
        {"scale": math.nan},
        {"order": "gbr"},
        {"order": [1]},
        {"resize": None},
        {"unknown": 1},
    ],
)
def test_a_damaged_json_form_is_told(values):
    with pytest.raises(ConvscopeError):
        Preprocessing.from_dict(values)

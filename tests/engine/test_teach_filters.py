"""The filter playground: declared filters, applied by the convolution kernel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.engine import ConvscopeError, ParameterError, teach
from convscope.engine import layers as L
from convscope.engine.teach import FILTERS
from convscope.engine.teach.playground import EXAMPLE
from tests.engine.teach_cases import one_layer
from tests.oracles.differences import relative_error
from tests.oracles.layers import conv2d

ROW = ("3", "0", "0", "1", "10/3", "4", "4", "16/3")


def test_the_lectures_row_shrinks_or_keeps_its_length() -> None:
    shrunk, padded = (teach.apply(FILTERS["Box1D"](), EXAMPLE, border) for border in teach.BORDERS)
    assert tuple(shrunk.label(i) for i in range(8)) == ROW
    assert tuple(padded.label(i) for i in range(10)) == ("7/3", *ROW, "11/3")
    assert np.allclose(shrunk.output, [3, 0, 0, 1, 10 / 3, 4, 4, 16 / 3], rtol=0, atol=1e-6)
    assert shrunk.offset == (0, 1)
    assert padded.offset == (0, 0)
    assert shrunk.weight_labels() == (("1/3", "1/3", "1/3"),)


def test_the_lectures_filters_are_the_defaults() -> None:
    expected = {
        "Edge": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
        "Sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        "Mean": np.ones((3, 3)) / 9,
        "Gaussian": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16,
        "Sobel": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
        "Identity": [[1]],
    }
    for name, weights in expected.items():
        assert np.allclose(FILTERS[name]().weights(), weights, rtol=0, atol=1e-15), name


@pytest.mark.parametrize("border", teach.BORDERS)
@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_equals_the_float64_reference_on_every_channel(name: str, border: str) -> None:
    image = np.random.default_rng(2).uniform(0, 255, (6, 9, 3))
    filter = FILTERS[name]()
    weights = filter.weights()
    layer = L.Conv2D(3, weights.shape, padding="valid" if border == "shrink" else "same", groups=3, bias=False)
    expected = conv2d(layer, [image[None]], {"weight": np.repeat(weights[..., None, None], 3, -1)}, False)[0]
    got = teach.apply(filter, image, border)
    assert got.output.shape == expected.shape
    assert relative_error(got.output, expected) <= 1e-5


@settings(max_examples=30)
@given(st.tuples(st.integers(1, 9), st.integers(1, 9)), st.sampled_from([1, 3, 5]), st.sampled_from(teach.BORDERS))
def test_grey_images_and_images_of_one_channel_give_what_a_depthwise_layer_gives(shape, size: int, border: str) -> None:
    image = np.random.default_rng(3).standard_normal(shape)
    filter = FILTERS["Gaussian"](size=size, sigma=1.5)
    if border == "shrink" and min(shape) < size:
        with pytest.raises(ConvscopeError, match="use a smaller filter"):
            teach.apply(filter, image, border)
        return
    layer = L.Conv2D(2, size, padding="valid" if border == "shrink" else "same", groups=2, bias=False)
    model = one_layer(layer, (*shape, 2), np.repeat(filter.weights()[..., None, None], 2, -1))
    expected = model.forward(np.stack([image, image], -1)[None])[0, ..., 0]
    for given_image in (image, image[..., None]):
        got = teach.apply(filter, given_image, border)
        assert got.output.ndim == given_image.ndim
        assert relative_error(got.output.reshape(expected.shape), expected) <= 1e-5


def test_two_blurs_of_one_direction_are_the_blur_of_both() -> None:
    image = np.random.default_rng(4).standard_normal((8, 7))
    options = {"size": 5, "sigma": 1.2}
    rows = teach.apply(FILTERS["Gaussian1D"](**options), image)
    both = teach.apply(FILTERS["Gaussian1D"](direction="columns", **options), rows.output)
    assert relative_error(both.output, teach.apply(FILTERS["Gaussian"](**options), image).output) <= 1e-5


@pytest.mark.parametrize("name", FILTERS)
def test_filters_keep_even_areas_or_blank_them(name: str) -> None:
    even = teach.apply(FILTERS[name](), np.full((5, 5), 8.0)).output
    assert np.allclose(even, 0 if name in {"Edge", "Sobel"} else 8, atol=1e-5)


def test_edges_are_signed_as_brightness_grows() -> None:
    step = np.repeat([[0.0, 0, 1, 1]], 4, 0)
    assert teach.apply(FILTERS["Sobel"](), step).output.tolist() == [[4, 4], [4, 4]]
    assert teach.apply(FILTERS["Sobel"](edges="horizontal", smooth=False), step.T).output.tolist() == [[3, 3], [3, 3]]
    assert teach.apply(FILTERS["Edge"](neighbours="4"), step).output.tolist() == [[-1, 1], [-1, 1]]


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_says_what_a_form_needs(name: str) -> None:
    kind = FILTERS[name]
    assert kind.title
    assert kind.help.endswith(".")
    assert kind(**kind().values()) == kind()
    for param in kind.params().values():
        assert param.label
        assert param.help.endswith(".")
    assert all(side % 2 for side in kind().weights().shape)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FILTERS["Mean"](size=4), "size 4 has no middle: use 3 or 5"),
        (lambda: FILTERS["Gaussian"](sigma=0), "sigma 0: use a number from 0.05 to 50"),
        (lambda: FILTERS["Sobel"](edges="red"), "use one of vertical, horizontal"),
        (lambda: FILTERS["Sharpen"]().replace(size=3), "unknown parameter 'size'"),
    ],
)
def test_illegal_parameters_are_named(call, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()


@pytest.mark.parametrize(
    ("image", "border", "message"),
    [
        (np.zeros((2, 5)), "shrink", "3×3 pixels and the image 2×5"),
        (EXAMPLE, "shrink", "3×3 pixels and the image 1×10"),
        (np.zeros((3, 3)), "mirror", "use one of shrink, zeros"),
        (np.zeros((0, 3)), "zeros", "none of them empty"),
        (np.zeros((1, 3, 3, 1)), "zeros", "use 1 or 2 or 3 axes"),
    ],
)
def test_images_that_cannot_be_filtered_are_refused(image, border: str, message: str) -> None:
    with pytest.raises(ConvscopeError, match=message):
        teach.apply(FILTERS["Mean"](), image, border)


def test_numbers_of_ones_own_are_a_filter_if_they_have_a_middle():
    image = np.random.default_rng(5).normal(size=(6, 7))
    declared = FILTERS["Sobel"]()
    own = teach.apply(declared.weights(), image)
    assert own.filter is None
    assert np.array_equal(own.output, teach.apply(declared, image).output)
    with pytest.raises(ConvscopeError, match="2×3 numbers and so no middle"):
        teach.apply(np.ones((2, 3)), image)

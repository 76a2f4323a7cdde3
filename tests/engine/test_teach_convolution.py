"""Convolution as a Toeplitz matrix, as im2col product and term by term: each equal to the kernels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.engine import ConvscopeError, ShapeError, teach
from convscope.engine.teach.case import from_planes, planes
from tests.engine.teach_cases import convolution, convolutions
from tests.oracles.differences import relative_error

few = settings(max_examples=40)
IMAGE = np.arange(9.0).reshape(3, 3)
FILTER = [[1, 2], [3, 4]]


@few
@given(convolutions())
def test_all_three_pictures_equal_the_forward_kernel(case) -> None:
    image, weights, geometry = case
    expected = convolution(image, weights, geometry).forward(image[None])[0]
    matrix, product = teach.toeplitz(image, weights, **geometry), teach.im2col(image, weights, **geometry)
    assert matrix.output.shape == product.output.shape == expected.shape
    assert relative_error(matrix.output, expected) <= 1e-5
    assert relative_error(product.output, expected) <= 1e-5
    terms = np.empty(expected.shape)
    for row, column, k in np.ndindex(*expected.shape):
        terms[row, column, k] = teach.weighted_sum(image, weights, row, column, k, **geometry).total
    assert relative_error(terms, expected) <= 1e-5


@few
@given(convolutions())
def test_the_transposed_matrix_equals_the_backward_kernel(case) -> None:
    image, weights, geometry = case
    model, picture = convolution(image, weights, geometry), teach.toeplitz(image, weights, **geometry)
    s = model.forward(image[None])
    assert relative_error(picture.transposed(), model.backward(s)[0]) <= 1e-5
    dy = np.random.default_rng(1).standard_normal(s.shape)
    model.forward(image[None])
    assert relative_error(picture.transposed(dy[0]), model.backward(dy)[0]) <= 1e-5


@few
@given(convolutions())
def test_every_entry_of_the_toeplitz_matrix_names_its_tap_and_pixel(case) -> None:
    image, weights, geometry = case
    picture = teach.toeplitz(image, weights, **geometry)
    for row, column in np.ndindex(*picture.matrix.shape):
        entry = picture.entry(row, column)
        assert picture.matrix[row, column] == (0 if entry.tap is None else weights[entry.tap])
        assert picture.x[column] == image[entry.pixel]
        assert picture.s[row] == picture.output[entry.output]
        if entry.tap is not None:
            assert [row, column] in picture.places(entry.tap).tolist()
            terms = teach.weighted_sum(image, weights, *entry.output, **geometry).terms
            assert [term.pixel for term in terms if term.tap == entry.tap] == [entry.pixel]


@few
@given(convolutions())
def test_every_column_of_im2col_is_its_window(case) -> None:
    image, weights, geometry = case
    picture = teach.im2col(image, weights, **geometry)
    (down, across), margin = geometry["dilation"], 9
    padded = np.pad(image, ((margin, margin), (margin, margin), (0, 0)))
    for column in range(picture.columns.shape[1]):
        top, bottom, left, right = (edge + margin for edge in picture.window(column))
        window = padded[top:bottom:down, left:right:across]
        assert picture.columns[:, column].tolist() == planes(window).tolist()
        row, place = picture.places[column]
        assert picture.output[row, place].tolist() == picture.product[:, column].tolist()
        for at, value in enumerate(picture.columns[:, column]):
            pixel = picture.pixel(at, column)
            assert value == (0 if pixel is None else image[pixel])
    assert picture.copies.sum() == (picture.read >= 0).sum()


@given(st.tuples(*[st.integers(1, 4)] * 3))
def test_plane_by_plane_and_back_is_the_same_image(shape) -> None:
    image = np.random.default_rng(0).standard_normal(shape)
    assert np.array_equal(from_planes(planes(image), shape), image)


def test_a_small_matrix_is_doubly_blocked_toeplitz() -> None:
    """Equal blocks along the diagonal of blocks, equal entries along the diagonals of each."""
    picture = teach.toeplitz(IMAGE, FILTER)
    assert picture.matrix.tolist() == [
        [1, 2, 0, 3, 4, 0, 0, 0, 0],
        [0, 1, 2, 0, 3, 4, 0, 0, 0],
        [0, 0, 0, 1, 2, 0, 3, 4, 0],
        [0, 0, 0, 0, 1, 2, 0, 3, 4],
    ]
    assert picture.s.tolist() == [27, 37, 57, 67]
    assert picture.row_labels() == ("s₁₁", "s₁₂", "s₂₁", "s₂₂")
    assert picture.column_labels()[3:6] == ("x₂₁", "x₂₂", "x₂₃")
    assert [picture.entry(1, column).label for column in range(4)] == ["0", "w₁₁", "w₁₂", "0"]
    assert picture.places((1, 0, 0, 0)).tolist() == [[0, 3], [1, 4], [2, 6], [3, 7]]


def test_im2col_writes_inner_pixels_several_times() -> None:
    picture = teach.im2col(IMAGE, FILTER)
    assert picture.columns.T.tolist() == [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]
    assert picture.filters.tolist() == [[1, 2, 3, 4]]
    assert picture.copies[..., 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert [picture.label(row, 3) for row in range(4)] == ["x₂₂", "x₂₃", "x₃₂", "x₃₃"]


def test_channels_of_other_groups_stand_as_zeros_in_the_filter_matrix() -> None:
    picture = teach.im2col(np.ones((1, 1, 4)), np.arange(1.0, 5).reshape(1, 1, 2, 2), groups=2)
    assert picture.filters.tolist() == [[1, 3, 0, 0], [0, 0, 2, 4]]
    assert (picture.taps == teach.OUTSIDE).tolist() == [[False, False, True, True], [True, True, False, False]]


def test_names_of_channels_and_long_axes_can_be_read() -> None:
    picture = teach.toeplitz(np.zeros((1, 12, 2)), np.zeros((1, 2, 2, 3)))
    assert picture.column_labels()[0] == "x₁,₁,₁"
    assert picture.column_labels()[-1] == "x₁,₁₂,₂"
    assert picture.entry(0, 1).label == "w₁₂₁₁"


def test_a_sum_shows_every_product() -> None:
    row, third = [[4, 3, 2, -5, 3, 5, 2, 5, 5, 6]], [[1 / 3] * 3]
    assert str(teach.weighted_sum(row, third, 0, 7)) == "5 · 1/3 + 5 · 1/3 + 6 · 1/3 = 16/3"
    assert str(teach.weighted_sum(row, third, 0, 1, bias=-2)) == "3 · 1/3 + 2 · 1/3 + (−5) · 1/3 + (−2) = −2"
    edge = teach.weighted_sum(row, third, 0, 0, padding="same")
    assert [term.pixel for term in edge.terms] == [None, (0, 0, 0), (0, 1, 0)]
    assert [round(term.running * 3) for term in edge.terms] == [0, 4, 7]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: teach.toeplitz(np.zeros((28, 28)), np.zeros((3, 3, 1, 6))), r"262,144 can be shown; use a smaller"),
        (lambda: teach.im2col(np.zeros((224, 224)), np.zeros((3, 3))), r"im2col matrix would have 9 rows and 49,284"),
        (lambda: teach.toeplitz(IMAGE, FILTER, padding=10**9), r"can be shown"),
        (lambda: teach.im2col(np.zeros((1, 1, 300)), np.zeros((1, 1, 300, 900))), r"filter matrix"),
        (lambda: teach.toeplitz(np.zeros((4, 4, 3)), FILTER), r"give filters \(2, 2, 3, 1\)"),
        (lambda: teach.toeplitz([[1, 2], [3]], FILTER), r"cannot be read as numbers"),
        (lambda: teach.toeplitz(IMAGE[0], FILTER), r"shape \(3,\); use 2 or 3 axes"),
        (lambda: teach.im2col([[np.nan]], [[1]]), r"not finite"),
        (lambda: teach.weighted_sum(IMAGE, FILTER, 2, 0), r"no output value at \(2, 0, 0\); the output is 2×2×1"),
        (lambda: teach.weighted_sum(IMAGE, FILTER, 0.5, 0), r"no output value at"),
        (lambda: teach.toeplitz(IMAGE, FILTER).transposed(IMAGE[..., None]), r"the output is 2×2×1"),
        (lambda: teach.toeplitz(IMAGE, FILTER).transposed("sharp"), r"cannot be read as numbers"),
        (lambda: teach.toeplitz(IMAGE, FILTER, stride=0), r"stride 0: use a whole number"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_the_remedy(call, message: str) -> None:
    with pytest.raises(ConvscopeError, match=message):
        call()


def test_a_filter_that_does_not_fit_is_told_what_would() -> None:
    with pytest.raises(ShapeError, match="use kernel ≤ 3 or padding ≥ 1"):
        teach.im2col(IMAGE, np.ones((4, 4)))


@pytest.mark.parametrize("geometry", [{}, {"stride": 2, "padding": 1}, {"dilation": 2}])
def test_the_kernels_give_what_the_matrix_gives_both_ways(geometry):
    rng = np.random.default_rng(3)
    picture = teach.toeplitz(rng.normal(size=(6, 7, 2)), rng.normal(size=(3, 2, 2, 3)), **geometry)
    by_kernels = teach.by_kernels(picture.case)
    assert by_kernels.distance(picture.output, picture.transposed()) <= 1e-5
    assert by_kernels.distance(picture.output, picture.transposed() + 1) > 1e-3

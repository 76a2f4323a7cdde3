"""Backpropagation, transposed convolution and activation functions as pictures: each equal to the kernels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from convscope.engine import ConvscopeError, teach
from convscope.engine import layers as L
from convscope.engine.teach.backpropagation import told
from tests.engine.teach_cases import convolution


@pytest.mark.parametrize(
    "geometry",
    [
        {},
        {"stride": 2, "padding": (1, 0, 2, 1), "groups": 2},
        {"dilation": (1, 2), "padding": "same"},
        {"stride": (3, 1), "padding": "valid"},
    ],
)
def test_every_gradient_is_the_sum_of_its_terms_and_equals_the_kernels(geometry) -> None:
    random = np.random.default_rng(0)
    image = random.standard_normal((6, 5, 2))
    weights = random.standard_normal((3, 2, 2 // geometry.get("groups", 1), 2))
    ds = np.random.default_rng(1).standard_normal(convolution(image, weights, geometry).forward(image[None]).shape[1:])
    data = teach.backpropagation(image, weights, ds, **geometry)
    assert teach.gradients_by_kernels(data).distance(data) <= 1e-5
    for place in np.ndindex(*data.dx.shape):
        shares = data.of_pixel(*place)
        assert math.isclose(sum(s.gradient * s.other for s in shares), data.dx[place], abs_tol=1e-9)
        assert all(s.pixel == place and s.other == weights[s.tap] for s in shares)
    for place in np.ndindex(*data.dw.shape):
        shares = data.of_weight(*place)
        assert math.isclose(sum(s.gradient * s.other for s in shares), data.dw[place], abs_tol=1e-9)
        assert all(s.tap == place and s.other == image[s.pixel] for s in shares)
    assert np.allclose(data.db, ds.sum((0, 1)))


def test_a_gradient_reads_as_its_terms() -> None:
    data = teach.backpropagation([[1, 2, 3], [4, 5, 6]], [[1, -1]])
    assert told(data.of_pixel(0, 1)) == "1 · (−1) + 1 · 1 = 0"
    assert told(data.of_weight(0, 0)) == "1 · 1 + 1 · 2 + 1 · 4 + 1 · 5 = 12"
    assert told(teach.backpropagation(np.ones((3, 3)), [[1]], stride=2).of_pixel(1, 1)) == "0"


def test_a_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(ConvscopeError, match=r"has shape \(2, 2, 1\) and the output is 1×2×1"):
        teach.backpropagation([[1, 2, 3]], [[1, 1]], np.ones((2, 2, 1)))


@pytest.mark.parametrize(
    "options", [{}, {"stride": 1}, {"stride": 3}, {"padding": "same"}, {"output_padding": 1}, {"dilation": 2}]
)
def test_what_is_laid_down_adds_up_to_the_kernels_transposed_convolution(options) -> None:
    random = np.random.default_rng(0)
    data = teach.transposed(random.integers(-3, 4, (2, 3)), random.integers(-3, 4, (3, 3)), **options)
    assert np.array_equal(teach.transposed_by_kernels(data), data.output)
    assert np.array_equal(data.until(5), data.output)
    for row, column in np.ndindex(*data.output.shape):
        sources = [i for i in range(6) if (data.read[:, i] == row * data.output.shape[1] + column).any()]
        assert data.sources(row, column) == sources


def test_an_enlarged_value_reads_as_all_that_was_laid_down_there() -> None:
    assert teach.transposed().label(2, 2) == "1 · 1 + 2 · 1 + 3 · 1 + 4 · 1 = 10"


def test_every_activation_function_has_values_and_their_slopes() -> None:
    x = np.array([-2.5, -0.75, 0.5, 1.25])
    for kind in (L.Tanh, L.Sigmoid, L.Swish):  # the others are of the same kind
        curve = teach.activation(kind(), x)
        near = teach.activation(kind(), np.concatenate([x - 1e-2, x + 1e-2])).values
        assert np.allclose((near[4:] - near[:4]) / 2e-2, curve.slopes, atol=2e-4)
    assert np.allclose(teach.activation(L.Tanh(), x).values, np.tanh(x), atol=1e-6)
    assert teach.activation(L.LeakyReLU(0.1), x).slopes.tolist() == [pytest.approx(0.1)] * 2 + [1, 1]
    assert teach.activation(L.ReLU(), x).at(1.2) == 3


def test_what_takes_all_numbers_together_is_no_activation_function() -> None:
    assert "Softmax" not in teach.ACTIVATIONS
    with pytest.raises(ConvscopeError, match="Softmax is no activation function"):
        teach.activation(L.Softmax(), [1.0, 2.0])


def test_a_batch_is_normalised_as_the_layer_does_it_in_training() -> None:
    values = np.random.default_rng(0).standard_normal(7) * 3 + 1
    data = teach.batch_norm(values, scale=1.5, shift=-0.5, momentum=0.3)
    kernels = teach.normalised_by_kernels(data)
    assert np.allclose(kernels.output, data.output, atol=1e-5)
    assert kernels.running == pytest.approx(data.running, rel=1e-5)
    assert teach.batch_norm([1, 3, 5, 7]).mean == 4
    with pytest.raises(ConvscopeError, match="single value has no variance"):
        teach.batch_norm([1.0])

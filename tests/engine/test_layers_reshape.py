"""Padding and enlarging images: what an output depends on, and what is refused."""

import numpy as np
import pytest

from convscope.engine import Model, Network, ParameterError
from convscope.engine import layers as L
from convscope.engine.cost import receptive_fields

LAYERS = [
    *(L.Upsample(factor, mode) for mode in ("nearest", "bilinear") for factor in (1, 2, 3, 4, 5)),
    L.Upsample((3, 2), "bilinear"),
    L.ZeroPad((1, 0, 2, 3)),
]


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_an_output_depends_on_just_the_pixels_of_its_receptive_field(layer):
    net = Network((6, 5, 1))
    net.add(layer, "layer")
    field, model = receptive_fields(net)["layer"], Model(net)
    y = model.forward(np.ones((1, 6, 5, 1), np.float32))
    for row, column in np.ndindex(y.shape[1:3]):
        seed = np.zeros_like(y)
        seed[0, row, column] = 1
        seen = model.backward(seed)[0, :, :, 0] != 0
        top, bottom, left, right = field.box(row, column)
        expected = np.zeros_like(seen)
        expected[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
        assert np.array_equal(seen, expected), (row, column)


def test_a_bilinear_image_stays_between_its_smallest_and_largest_value():
    net = Network((7, 6, 3))
    net.add(L.Upsample((2, 3), "bilinear"))
    x = np.random.default_rng(0).standard_normal((2, 7, 6, 3)).astype(np.float32)
    y = Model(net).forward(x)
    assert x.min() <= y.min() < y.max() <= x.max()
    flat = Model(net).forward(np.full_like(x, 0.3))
    assert np.allclose(flat, 0.3, rtol=1e-6)


@pytest.mark.parametrize(
    ("padding", "sides"), [(2, (2, 2, 2, 2)), ((1, 3), (1, 1, 3, 3)), ((1, 2, 3, 4), (1, 2, 3, 4))]
)
def test_zeros_are_given_as_one_two_or_four_numbers(padding, sides):
    assert L.ZeroPad(padding).padding == sides
    net = Network((5, 6, 2))
    net.add(L.ZeroPad(padding), "pad")
    assert net.shapes()["pad"] == (5 + sides[0] + sides[1], 6 + sides[2] + sides[3], 2)


@pytest.mark.parametrize("padding", ["same", -1, (1, 2, 3), None])
def test_other_paddings_are_refused_with_what_is_allowed(padding):
    with pytest.raises(ParameterError, match=r"use a whole number of at least 0, two or four of such \(top, bottom"):
        L.ZeroPad(padding)


@pytest.mark.parametrize("layer", [L.ZeroPad(), L.Upsample()])
def test_vectors_have_no_rows_to_add_or_repeat(layer):
    net = Network((4, 4, 1))
    net.add(L.Flatten())
    net.add(layer, "late")
    [problem] = net.errors()
    assert f"put {layer.type_name()} before Flatten" in str(problem)

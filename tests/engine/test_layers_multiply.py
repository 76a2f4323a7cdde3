"""Products of two values: gates of every shape, on either input, forward and backward."""

import numpy as np
import pytest

from convscope.engine import Model, Network
from convscope.engine import layers as L
from convscope.engine.cost import receptive_fields
from convscope.engine.spec import NetworkError
from tests.oracles.differences import gradient, relative_error
from tests.oracles.layers import run


def gated(*parts: str) -> Network:
    """A 5×4 image of 3 channels times what squeeze-and-excitation makes of it, in this order of inputs."""
    net = Network((5, 4, 3))
    net.add(L.Conv2D(3, 3, padding="same"), "map")
    net.add(L.GlobalAvgPool(), "mean")
    net.add(L.Dense(3), "scores")
    net.add(L.Sigmoid(), "gate")
    net.add(L.Multiply(), "layer", inputs=list(parts))
    return net


@pytest.mark.parametrize("parts", [("map", "gate"), ("gate", "map")])
@pytest.mark.parametrize("batch", [1, 3])
def test_vector_scales_the_channels_of_an_image_on_either_input(parts: tuple[str, str], batch: int) -> None:
    net = gated(*parts)
    model = Model(net, seed=1)
    x = np.random.default_rng(2).standard_normal((batch, *net.input)).astype(np.float32)
    weights = {name: array.astype(np.float64) for name, array in model.weights.items()}
    x64 = x.astype(np.float64)
    y = model.forward(x, training=True)
    seed = np.random.default_rng(3).standard_normal(y.shape)
    model.backward(seed)

    assert relative_error(y, run(net, weights, x64, True)["layer"]) <= 1e-5
    for name, found in model.gradients.items():
        expected = gradient(lambda: float((run(net, weights, x64, True)["layer"] * seed).sum()), weights[name])
        assert relative_error(found, expected) <= 1e-5, name


def test_value_times_itself_is_its_square() -> None:
    net = Network((2, 3, 2))
    net.add(L.Multiply(), "layer", inputs=["input", "input"])
    x = np.random.default_rng(0).standard_normal((2, 2, 3, 2)).astype(np.float32)
    model = Model(net)
    y = model.forward(x, keep=["layer"])
    np.testing.assert_array_equal(y, x * x)
    np.testing.assert_allclose(model.backward(np.ones_like(y)), 2 * x, rtol=1e-6)


def test_every_unit_behind_a_gate_of_the_whole_image_sees_that_image() -> None:
    field = receptive_fields(gated("map", "gate"))["layer"]
    for row in range(5):
        for column in range(4):
            top, bottom, left, right = field.box(row, column)
            assert top <= 0
            assert bottom >= 5
            assert left <= 0
            assert right >= 4


def test_a_gate_of_positions_keeps_the_receptive_field() -> None:
    net = Network((6, 6, 2))
    net.add(L.Conv2D(4, 3, padding="same"), "map")
    net.add(L.Conv2D(1, 1), "gate", inputs=["map"])
    net.add(L.Multiply(), "layer", inputs=["map", "gate"])
    assert receptive_fields(net)["layer"] == receptive_fields(net)["map"]


def test_inputs_that_do_not_fit_are_named_with_what_would() -> None:
    net = Network((6, 6, 2))
    net.add(L.Conv2D(4, 3), "small")
    net.add(L.Multiply(), "layer", inputs=["small", "input"])
    (problem,) = net.problems()
    assert "inputs 4×4×4 and 6×6×2 cannot be multiplied" in str(problem)
    with pytest.raises(NetworkError, match="cannot be multiplied"):
        Model(net)

"""Activations far from zero and close to it, where examples drawn at random do not reach."""

import math

import numpy as np
import pytest

from convscope.engine import Model, Network
from convscope.engine import layers as L
from tests.oracles.layers import ORACLES

ELEMENTWISE = [
    *(L.Step(), L.ReLU(), L.ClippedReLU(), L.LeakyReLU(), L.ELU(), L.ELU(0.0), L.Tanh(), L.Sigmoid(), L.HardSigmoid()),
    *(L.Swish(), L.Swish(0.0), L.Swish(20.0), L.HardSwish(), L.GELU(), L.GELU("tanh")),
]
each = pytest.mark.parametrize("layer", ELEMENTWISE, ids=str)


def through(layer, values) -> tuple[np.ndarray, np.ndarray]:
    """The layer's outputs and its derivatives at these values."""
    x = np.array(values, np.float32).reshape(1, 1, -1, 1)
    net = Network(x.shape[1:])
    net.add(layer)
    model = Model(net)
    y = model.forward(x).ravel()
    return y, model.backward(np.ones(x.shape, np.float32)).ravel()


def expected(layer, x: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return ORACLES[layer.type_name()](layer, [x], {}, False)


@each
def test_outputs_are_right_from_the_smallest_to_the_largest_values(layer):
    sizes = np.concatenate([np.logspace(-30, 4, 3001), np.linspace(0, 12, 3001)])
    x = np.concatenate([-sizes, sizes]).astype(np.float32).astype(np.float64)
    y, right = through(layer, x)[0], expected(layer, x)
    assert np.all(np.abs(y - right) <= 3e-7 * (np.abs(x) + np.abs(right)))


@each
def test_derivatives_are_right_on_both_sides_of_zero(layer):
    x = np.linspace(-11.03, 11.07, 3000).astype(np.float32).astype(np.float64)  # no value is a kink
    _, derivative = through(layer, x)
    slopes = (expected(layer, x + 1e-6) - expected(layer, x - 1e-6)) / 2e-6
    assert np.all(np.abs(derivative - slopes) <= 2e-6)


@pytest.mark.parametrize("layer", [*ELEMENTWISE, L.PReLU()], ids=str)
def test_nan_stays_nan_so_that_a_broken_run_is_noticed(layer):
    assert np.isnan(through(layer, [math.nan, 1.0])[0]).tolist() == [True, False]


def test_a_step_warns_that_nothing_before_it_learns():
    net = Network((4, 4, 1))
    net.add(L.Step(), "fires")
    [problem] = net.problems()
    assert (problem.layer, problem.kind, problem.severity) == ("fires", "no-gradient", "warning")


def test_a_linear_activation_takes_no_step_and_no_memory():
    net = Network((4, 4, 1))
    net.add(L.ReLU(), "relu")
    net.add(L.Linear(), "linear")
    plan = Model(net).plan(2, "training")
    assert [step.name for step in plan.schedule.steps] == ["relu"]
    assert plan.schedule.value_of["linear"] == "relu"


def test_every_channel_learns_a_slope_of_its_own_that_starts_at_a_quarter():
    net = Network((1, 2, 3))
    net.add(L.PReLU(), "bend")
    model = Model(net)
    assert model.weights["bend.weight"].tolist() == [0.25] * 3
    model.forward(np.array([-1, -2, 3, -10, 20, 30], np.float32).reshape(1, 1, 2, 3))
    model.backward(np.ones((1, 1, 2, 3), np.float32))
    assert model.gradients["bend.weight"].tolist() == [-11, -2, 0]


def test_infinite_values_pass_a_prelu_as_they_are():
    assert through(L.PReLU(), [-math.inf, math.inf, math.nan])[0][:2].tolist() == [-math.inf, math.inf]

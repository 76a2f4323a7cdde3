"""Local response normalisation: whose alpha it is, where windows end, what is refused."""

import numpy as np
import pytest

from convscope.engine import Model, Network, ParameterError
from convscope.engine import layers as L
from tests.oracles.differences import relative_error
from tests.oracles.layers import ORACLES


def normalised(layer: L.LocalResponseNorm, values: list[float]) -> np.ndarray:
    net = Network((1, 1, len(values)))
    net.add(layer)
    return Model(net).forward(np.array(values, np.float32).reshape(1, 1, 1, -1)).ravel()


def test_the_sum_runs_over_neighbours_on_both_sides_and_ends_at_the_first_and_last_channel():
    y = normalised(L.LocalResponseNorm(3, alpha=1.0, beta=1.0, k=1.0), [1, 2, 3, 4])
    assert np.allclose(y, [1 / 6, 2 / 15, 3 / 30, 4 / 26], rtol=1e-6)


def test_alpha_multiplies_the_sum_as_in_the_paper_or_the_average_as_in_pytorch():
    numbers = {"alpha": 1.0, "beta": 1.0, "k": 1.0}
    assert normalised(L.LocalResponseNorm(5, **numbers), [2])[0] == pytest.approx(2 / (1 + 4))
    assert normalised(L.LocalResponseNorm(5, **numbers, average=True), [2])[0] == pytest.approx(2 / (1 + 4 / 5))


@pytest.mark.parametrize(("channels", "size"), [(41, 1), (41, 3), (41, 99), (1300, 2599)])
@pytest.mark.parametrize("beta", [0.0, 0.5, 2.0])
def test_any_window_and_power_over_many_magnitudes(channels: int, size: int, beta: float):
    x = np.random.default_rng(1).standard_normal(channels) * np.logspace(-4, 4, channels)
    y = normalised(L.LocalResponseNorm(size, alpha=0.3, beta=beta, k=0.01), list(x))
    near = np.abs(np.subtract.outer(np.arange(channels), np.arange(channels))) <= size // 2
    expected = x / (0.01 + 0.3 * near @ x**2) ** beta
    assert np.allclose(y, expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize("channels", [3, 16, 1030])
def test_every_position_of_every_image_is_normalised_by_itself(channels: int):
    layer = L.LocalResponseNorm(5, alpha=1.0)
    net = Network((19, 7, channels))
    net.add(layer, "norm")
    x = np.random.default_rng(2).standard_normal((3, 19, 7, channels)).astype(np.float32)
    model = Model(net)
    y = model.forward(x)
    assert relative_error(y, ORACLES["LocalResponseNorm"](layer, [x.astype(np.float64)], {}, False)) < 1e-6
    seed = np.zeros_like(y)
    seed[1, 4, 5] = y[1, 4, 5]
    dx = model.backward(seed)
    assert dx[1, 4, 5].all()
    assert np.count_nonzero(dx) == channels


def test_a_window_without_a_middle_is_refused():
    with pytest.raises(ParameterError, match="size 4 has no middle: use an odd number such as 5"):
        L.LocalResponseNorm(4)


def test_nan_reaches_just_the_channels_that_look_at_it():
    y = normalised(L.LocalResponseNorm(3), [1, 1, np.nan, 1, 1])
    assert np.isnan(y).tolist() == [False, True, True, True, False]

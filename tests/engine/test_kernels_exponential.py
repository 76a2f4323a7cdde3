"""The vector versions of e^x and its kin against float64, over all float32 they are made for."""

import numba
import numpy as np
import pytest

from convscope.engine.kernels import exponential


def computed(name: str, x: np.ndarray) -> np.ndarray:
    function = getattr(exponential, name)

    @numba.njit
    def run(x, y):
        for i in range(x.size):
            y[i] = function(x[i])

    y = np.full_like(x, np.nan)
    run(x, y)
    return y


def spread(first: float, last: float) -> np.ndarray:
    """Evenly spaced values, and others close to 0 on both sides, within these bounds."""
    tiny = np.logspace(-35, 0, 20_001)
    values = np.concatenate([np.linspace(first, last, 200_001), tiny, -tiny])
    return values[(values >= first) & (values <= last)].astype(np.float32)


@pytest.mark.parametrize(
    ("name", "first", "last", "tolerance"),
    [("exp", -87.3, 88.3, 1e-7), ("expm1", -100, 88, 2e-7), ("log", 1e-35, 1e3, 2e-7), ("log", 1e3, 3e38, 2e-7)],
)
def test_values_are_within_the_promised_relative_error(name: str, first: float, last: float, tolerance: float) -> None:
    x = spread(first, last)
    expected = getattr(np, name)(x.astype(np.float64))
    error = np.abs(computed(name, x) - expected)
    assert np.all(error <= tolerance * np.abs(expected))


def test_beyond_the_range_of_floats_e_to_the_x_is_nothing_or_infinite() -> None:
    x = np.array([-np.inf, -1e30, -88, 88.5, 1e30, np.inf], np.float32)
    assert computed("exp", x).tolist() == [0, 0, 0, np.inf, np.inf, np.inf]


@pytest.mark.parametrize("name", ["exp", "expm1", "log"])
def test_nan_stays_nan(name: str) -> None:
    assert np.isnan(computed(name, np.array([np.nan, -np.nan], np.float32))).all()

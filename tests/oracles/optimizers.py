"""The optimisers' published updates, one step of a flat array in float64, as written in the papers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def step(name: str, w: Array, g: Array, state: dict[str, Array], t: int, p: dict[str, Any]) -> Array:
    """The weights after step t (the first is 1), for gradient g; `state` holds what is carried on, empty at first."""
    rate = p["learning_rate"]
    if name == "adamw":
        w = w * (1 - rate * p["weight_decay"])
    else:
        g = g + p["weight_decay"] * w
    return w - rate * _RULES[name](g, state, t, p)


def _kept(state: dict[str, Array], name: str, g: Array) -> Array:
    return state.setdefault(name, np.zeros_like(g))


def _average(state: dict[str, Array], name: str, g: Array, share: float) -> Array:
    state[name] = share * _kept(state, name, g) + (1 - share) * g
    return state[name]


def _sgd(g: Array, state: dict[str, Array], t: int, p: dict[str, Any]) -> Array:
    state["v"] = p["momentum"] * _kept(state, "v", g) + g
    return state["v"]


def _nesterov(g: Array, state: dict[str, Array], t: int, p: dict[str, Any]) -> Array:
    return g + p["momentum"] * _sgd(g, state, t, p)


def _adagrad(g: Array, state: dict[str, Array], t: int, p: dict[str, Any]) -> Array:
    state["s"] = _kept(state, "s", g) + g**2
    return g / (np.sqrt(state["s"]) + p["epsilon"])


def _rmsprop(g: Array, state: dict[str, Array], t: int, p: dict[str, Any]) -> Array:
    scaled = g / (np.sqrt(_average(state, "s", g**2, p["alpha"])) + p["epsilon"])
    return _sgd(scaled, state, t, p)


def _adadelta(g: Array, state: dict[str, Array], t: int, p: dict[str, Any]) -> Array:
    squares = _average(state, "s", g**2, p["rho"])
    delta = np.sqrt(_kept(state, "u", g) + p["epsilon"]) / np.sqrt(squares + p["epsilon"]) * g
    _average(state, "u", delta**2, p["rho"])
    return delta


def _adam(g: Array, state: dict[str, Array], t: int, p: dict[str, Any]) -> Array:
    mean = _average(state, "m", g, p["beta1"]) / (1 - p["beta1"] ** t)
    squares = _average(state, "s", g**2, p["beta2"]) / (1 - p["beta2"] ** t)
    return mean / (np.sqrt(squares) + p["epsilon"])


_RULES = {
    "sgd": _sgd,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adadelta": _adadelta,
    "adam": _adam,
    "adamw": _adam,
}

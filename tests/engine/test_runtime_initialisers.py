"""How weights start: by their layers' declarations, by one rule, by a rule for each layer."""

import math

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network
from convscope.engine import layers as L
from convscope.engine.runtime.initialisers import INITIALISERS, Gaussian, He, Xavier, initialiser


def network() -> Network:
    net = Network((8, 8, 3))
    net.add(L.Conv2D(64, 5), "conv")
    net.add(L.BatchNorm(), "norm")
    net.add(L.Flatten())
    net.add(L.Dense(50), "dense")
    return net


FANS = {"conv": (5 * 5 * 3, 5 * 5 * 64), "dense": (4 * 4 * 64, 50)}


def deviation(model: Model, layer: str) -> float:
    return float(model.weights[f"{layer}.weight"].astype(np.float64).std())


@pytest.mark.parametrize("layer", FANS)
@pytest.mark.parametrize(
    ("init", "variance"),
    [
        (He(), lambda fan_in, fan_out: 2 / fan_in),
        ("he:fan=out", lambda fan_in, fan_out: 2 / fan_out),
        (Xavier(), lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        ("gaussian:sigma=0.3", lambda fan_in, fan_out: 0.09),
    ],
    ids=["he in", "he out", "xavier", "gaussian"],
)
def test_weights_have_the_deviation_of_their_rule(init, variance, layer: str) -> None:
    found = deviation(Model(network(), init=init), layer)
    assert found == pytest.approx(math.sqrt(variance(*FANS[layer])), rel=0.05)


def test_biases_and_normalisation_start_as_declared() -> None:
    weights = Model(network(), init=Gaussian(1.0)).weights
    assert not weights["conv.bias"].any()
    assert (weights["norm.weight"] == 1).all()


def test_each_layer_may_have_a_rule_of_its_own() -> None:
    plain, mixed = Model(network()), Model(network(), init={"conv": "gaussian:sigma=0.5"})
    assert deviation(mixed, "conv") == pytest.approx(0.5, rel=0.05)
    assert (mixed.weights["dense.weight"] == plain.weights["dense.weight"]).all()
    with pytest.raises(ConvscopeError, match="no layer 'conv9' to initialise"):
        Model(network(), init={"conv9": "he"})


@pytest.mark.parametrize("name", INITIALISERS)
def test_an_initialiser_survives_its_text_and_its_json(name: str) -> None:
    declared = INITIALISERS[name]()
    assert initialiser(str(declared)) == initialiser(declared.to_dict()) == declared
    with pytest.raises(ConvscopeError, match="no initialiser 'hee', did you mean 'he'"):
        initialiser("hee")

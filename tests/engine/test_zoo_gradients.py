"""Every architecture runs forward and backward, with finite gradients that agree with central differences."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine import Model, Network, zoo
from tests.oracles.differences import relative_error
from tests.oracles.layers import run

Arrays = dict[str, np.ndarray]

COMPACT = [name for name, entry in zoo.ARCHITECTURES.items() if entry.compact]
PHOTO = [name for name, entry in zoo.ARCHITECTURES.items() if not entry.compact]
SMALL = {"lenet5": (14, 14, 1), "vintage1990": (28, 28, 1), "nin_cifar": (8, 8, 3), **dict.fromkeys(PHOTO, (32, 32, 3))}
SMALL |= {"alexnet": (67, 67, 3), "alexnet_grouped": (67, 67, 3), "zfnet": (64, 64, 3)}
SMALL |= {"inception_v3": (75, 75, 3), "xception": (35, 35, 3)}


def lively_model(net: Network, x: np.ndarray) -> Model:
    """A model whose running statistics are near those of x, so that batch norm is not the identity."""
    for node in list(net.nodes.values()):
        if node.layer.type_name() == "BatchNorm":
            net.set(node.name, momentum=1.0)
    model = Model(net, seed=1)
    model.forward(x, training=True)
    for name, array in model.weights.items():
        if name.endswith("running_var"):
            model.weights[name] = np.maximum(array, 0.1)
    return model


def images(net: Network) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((2, *net.input)).astype(np.float32)


@pytest.mark.parametrize("name", COMPACT)
def test_gradients_of_compact_architectures_are_those_of_the_oracle(name: str) -> None:
    net, random = zoo.build(name, input=SMALL.get(name, (16, 16, 3)), classes=5), np.random.default_rng(2)
    x = images(net)
    model = lively_model(net, x)
    scores = model.forward(x)
    seed = random.standard_normal(scores.shape)
    gradients = {"input": model.backward(seed), **model.gradients}
    arrays = {"input": x, **model.weights}
    arrays = {key: array.astype(np.float64) for key, array in arrays.items()}
    assert relative_error(scores, run(net, arrays, arrays["input"])[net.output]) < 1e-5

    def slope(direction: Arrays, step: float = 1e-6) -> float:
        """The derivative of the scores' weighted sum along a direction through image and weights."""
        ends = []
        for side in (step, -step):
            at = {key: array + side * direction.get(key, 0) for key, array in arrays.items()}
            ends.append(float((run(net, at, at["input"])[net.output] * seed).sum()))
        return (ends[0] - ends[1]) / (2 * step)

    chance = {key: random.standard_normal(g.shape) * arrays[key].std() for key, g in gradients.items()}
    terms = np.concatenate([(gradients[key] * along).ravel() for key, along in chance.items()])
    assert slope(chance) == pytest.approx(terms.sum(), abs=1e-2 * np.linalg.norm(terms))
    # Along its own gradient each array counts as much as any other.
    own = {key: g.astype(np.float64) / np.square(g, dtype=np.float64).sum() for key, g in gradients.items() if g.any()}
    assert slope(own) == pytest.approx(len(own), rel=1e-3)


def check_slope(model: Model, x: np.ndarray) -> None:
    """Along a random mixture of the arrays' own gradients, in which each counts about as much as any other.

    The engine's 32-bit numbers give a difference to a few hundredths, with a step that is neither lost in rounding nor
    so long that many units switch on or off.
    """
    random = np.random.default_rng(3)
    scores = model.forward(x)
    seed = random.standard_normal(scores.shape)
    dx = model.backward(seed)
    assert np.isfinite(dx).all()
    assert dx.any()
    assert np.isfinite(model.flat_gradients).all()
    living = {key: g for key, g in model.gradients.items() if g.any()}
    factors = {key: random.uniform(0.5, 1.5) / float(np.vdot(g, g)) for key, g in living.items()}
    expected = sum(factor * float(np.vdot(living[key], living[key])) for key, factor in factors.items())
    step = 0.02 * float(np.linalg.norm(scores * seed)) / expected
    ends = []
    for side in (step, -2 * step):
        for key, factor in factors.items():
            model.weights[key][...] += np.float32(side * factor) * living[key]
        model.weights_changed()
        ends.append(float((model.forward(x) * seed).sum()))
    assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("name", PHOTO)
def test_gradients_of_full_size_architectures_are_those_of_differences(name: str) -> None:
    """At full width, on images as small as the layers take."""
    net = zoo.build(name, input=SMALL[name], classes=5)
    check_slope(Model(net, seed=1), images(net))


@pytest.mark.parametrize("name", ["squeezenet1_0", "squeezenet1_1", "mobilenet_v1", "googlenet"])
def test_gradients_at_the_published_size_are_those_of_differences(name: str) -> None:
    net = zoo.build(name)
    check_slope(Model(net, seed=1), images(net)[:1])

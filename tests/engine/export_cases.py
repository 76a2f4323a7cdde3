"""Small networks around each layer's own examples, for what writes networks for other programs."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from convscope.engine import INPUT, Model, Network
from convscope.engine import layers as L
from convscope.engine.spec import Example, Layer


def networks() -> Iterator[Network]:
    """Every example of every layer type, the layer named `layer`."""
    for kind in L.TYPES.values():
        for example in kind.examples():
            yield around(example)


@dataclass(frozen=True)
class Solved:
    """A network with weights, network inputs, and what it makes of them."""

    model: Model
    x: np.ndarray
    expected: np.ndarray

    @property
    def layer(self) -> Layer:
        return self.model.network["layer"]


@functools.cache
def solved() -> tuple[Solved, ...]:
    """Our answers for `networks`."""
    models = [lively(network) for network in networks()]
    inputs = [images(model.network) for model in models]
    return tuple(Solved(model, x, model.predict(x)) for model, x in zip(models, inputs))


def around(example: Example) -> Network:
    """The layer with inputs of its shapes: the image or convolutions on it, or dense layers on a flattened image."""
    shapes, layer = example.inputs, example.layer
    if isinstance(layer, L.MaxUnpool2D):
        net = Network(shapes[1], "MaxUnpool2D")
        net.add(L.MaxPool2D(**layer.values()), "pooled")
        net.add(layer, "layer", inputs=["pooled", INPUT])
        return net
    on_image = len(shapes[0]) == 3
    net = Network(shapes[0] if on_image else (3, 2, 5), layer.type_name())
    source = INPUT if on_image else net.add(L.Flatten(), "flat")
    inputs = []
    for number, shape in enumerate(shapes):
        if on_image and shape == shapes[0]:
            inputs.append(INPUT)
        else:
            sides = [have - wanted + 1 for have, wanted in zip(shapes[0], shape)]
            made = L.Conv2D(shape[2], sides[:2]) if on_image else L.Dense(shape[0])
            inputs.append(net.add(made, f"made{number}", inputs=[source]))
    net.add(layer, "layer", inputs=inputs)
    return net


def lively(network: Network) -> Model:
    """A model none of whose weights, biases and running figures are as they start."""
    model, random = Model(network), np.random.default_rng(1)
    for name, array in model.weights.items():
        moved = array + 0.2 * random.standard_normal(array.shape)
        array[...] = random.uniform(0.5, 1.5, array.shape) if name.endswith("running_var") else moved
    model.weights_changed()
    return model


def images(network: Network, count: int = 2) -> np.ndarray:
    return np.random.default_rng(2).standard_normal((count, *network.input), np.float32)


def difference(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference as a share of the largest value."""
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / np.abs(expected).max())

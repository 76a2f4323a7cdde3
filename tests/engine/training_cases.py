"""Small data sets and networks that training tests share."""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.engine import Dataset, Model, Network, Preprocessing
from convscope.engine import layers as L


def blobs(
    train: int = 70, test: int = 20, classes: int = 3, size: int = 6, channels: int = 1, seed: int = 0
) -> Dataset:
    """Noisy images, each with a bright square whose place tells its class: learned in a few epochs."""
    random = np.random.default_rng(seed)

    def split(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.arange(count, dtype=np.int64) % classes
        images = random.integers(0, 90, (count, size, size, channels), dtype=np.uint8)
        for image, label in zip(images, labels):
            image[label : label + 3, label : label + 3] += 140
        return images, labels

    names = tuple(f"c{i}" for i in range(classes))
    return Dataset("blobs", *split(train), *split(test), names, Preprocessing(mean=(0.3,), std=(0.25,)))


def everything(size: int = 6, channels: int = 1, classes: int = 3) -> Network:
    """A small network with what makes training stateful: batch norm's running figures and dropout's random masks."""
    net = Network((size, size, channels), "everything")
    net.add(L.Conv2D(8, 3, padding="same"))
    net.add(L.BatchNorm())
    net.add(L.ReLU())
    net.add(L.MaxPool2D(2))
    net.add(L.Flatten())
    net.add(L.Dropout(0.3))
    net.add(L.Dense(classes), "scores")
    return net


def model_for(dataset: Dataset, network: Network | None = None, seed: int = 0) -> Model:
    height, _, channels = dataset.image_shape
    network = network or everything(height, channels, len(dataset.classes))
    return Model(network, seed=seed, preprocessing=dataset.preprocessing, classes=dataset.classes)


def bits(model: Model) -> dict[str, bytes]:
    """All weights, running figures of batch norm included, as bytes."""
    return {name: array.tobytes() for name, array in model.weights.items()}


def without_times(events: list[Any]) -> list[dict[str, Any]]:
    """Events as dicts less what the clock decides."""
    return [{k: v for k, v in e.to_dict().items() if k not in {"images_per_second", "seconds"}} for e in events]

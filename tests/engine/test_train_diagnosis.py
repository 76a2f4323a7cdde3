"""A run that diverges names the layer and the images that it went wrong with."""

from typing import Any

import numpy as np
import pytest

from convscope.engine import Network
from convscope.engine import layers as L
from convscope.engine.train import Batch, Ended, Epoch, TrainRun, fit

from .training_cases import bits, blobs, model_for


def begin(network: Network | None = None, **settings: Any) -> TrainRun:
    dataset = blobs()
    run = fit(model_for(dataset, network), dataset, **{"epochs": 3, "batch_size": 16, **settings})
    next(e for e in run if isinstance(e, Batch))
    return run


def deep() -> Network:
    net = Network((6, 6, 1), "deep")
    for name in ("first", "second", "third"):
        net.add(L.Conv2D(4, 3, padding="same"), name)
        net.add(L.ReLU())
    net.add(L.Flatten())
    net.add(L.Dense(3), "scores")
    return net


def end(run: TrainRun) -> Ended:
    *_, ended = run
    assert isinstance(ended, Ended)
    assert ended.reason == "error"
    return ended


@pytest.mark.parametrize("layer", ["first", "second", "third", "scores"])
def test_the_first_layer_whose_output_overflows_is_named(layer: str) -> None:
    run = begin(deep())
    run.model.weights[f"{layer}.weight"][...] = np.sign(run.model.weights[f"{layer}.weight"]) * 3e38
    run.model.weights_changed()
    ended = end(run)
    assert ended.layer == layer
    assert "epoch 1, batch 2" in ended.message
    assert f"{layer} ({'Dense' if layer == 'scores' else 'Conv2D'}) is the first layer whose output" in ended.message
    assert bits(run.model) == bits(model_for(run.dataset, deep()))


def test_weights_that_are_no_numbers_are_named_where_they_are() -> None:
    run = begin(deep())
    run.model.weights["second.bias"] = np.full(4, np.nan, np.float32)
    assert end(run).layer == "second"


def test_a_rate_that_is_too_high_names_a_layer_too() -> None:
    run = begin(deep(), learning_rate=900.0, weight_decay=1.0, schedule="constant", epochs=30)
    ended = end(run)
    assert ended.layer in run.model.network.nodes
    assert f"{ended.layer} (" in ended.message
    assert "use a lower learning rate than 900" in ended.message


def test_a_run_that_ends_well_names_no_layer() -> None:
    *_, ended = begin(deep())
    assert (ended.reason, ended.layer) == ("completed", None)


def test_a_network_with_running_statistics_gets_those_of_the_last_epoch_back() -> None:
    run = begin()
    next(e for e in run if isinstance(e, Epoch))
    good = bits(run.model)
    run.model.weights["scores.weight"][...] = np.inf
    run.model.weights_changed()
    assert end(run).layer == "scores"
    assert bits(run.model) == good

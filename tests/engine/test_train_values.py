"""Networks that learn values instead of classes."""

import json
import math

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Dataset, Model, Network
from convscope.engine import layers as L
from convscope.engine.train import Batch, Epoch, Targets, fit

from .training_cases import bits, blobs, without_times

LOSSES = ["l2", "smooth-l1:beta=0.5"]


def network(width: int) -> Network:
    net = Network((6, 6, 1))
    net.add(L.Flatten())
    net.add(L.Dense(16))
    net.add(L.ReLU())
    net.add(L.Dense(width), "values")
    return net


def places(dataset: Dataset) -> Targets:
    """How far each image's bright square lies from the middle: right and below, in pixels."""

    def centres(labels: np.ndarray) -> np.ndarray:
        return np.stack([labels - 1.5, 1.5 - labels], 1)

    return Targets(centres(dataset.train_labels), centres(dataset.test_labels))


@pytest.mark.parametrize("loss", LOSSES)
def test_where_a_square_lies_is_learned_as_values(loss: str) -> None:
    dataset = blobs(train=400)
    targets = places(dataset)
    model = Model(network(2), preprocessing=dataset.preprocessing)
    settings = {
        "loss": loss,
        "targets": targets,
        "epochs": 40,
        "batch_size": 16,
        "optimizer": "adam",
        "learning_rate": 0.01,
    }
    events = list(fit(model, dataset, **settings))
    epochs = [event for event in events if isinstance(event, Epoch)]
    given = model.predict(model.prepare(dataset.test_images))
    distance = np.abs(given - targets.test)
    assert distance.mean() < 0.15
    expected = distance**2 if loss == "l2" else np.where(distance < 0.5, distance**2, distance - 0.25)
    assert epochs[-1].test_loss == pytest.approx(expected.mean(), rel=1e-4)
    assert epochs[-1].train_loss < epochs[0].train_loss / 5


def test_figures_of_values_have_no_accuracy_and_are_json() -> None:
    dataset = blobs()
    run = fit(
        Model(network(2)),
        dataset,
        loss="l2",
        targets=places(dataset),
        epochs=1,
        early_stopping="monitor=test_accuracy",
    )
    events = list(run)
    batch = next(event for event in events if isinstance(event, Batch))
    assert math.isnan(batch.accuracy)
    assert batch.to_dict()["accuracy"] is None
    epoch = next(event for event in events if isinstance(event, Epoch))
    assert (epoch.train_accuracy, epoch.test_accuracy) == (None, None)
    json.dumps(run.state()["meta"], allow_nan=False)


def test_a_run_with_values_resumes_bit_for_bit_and_mixes_them() -> None:
    dataset = blobs()
    targets = places(dataset)
    settings = {"loss": "l2", "targets": targets, "epochs": 3, "batch_size": 16, "mixup": 0.4}
    whole, first = (fit(Model(network(2)), dataset, **settings) for _ in range(2))
    expected = without_times(list(whole))
    next(event for event in first if isinstance(event, Epoch))
    second = fit(first.model, dataset, resume=first.state(), targets=targets)
    assert without_times(list(second))[1:] == expected[-len(expected) // 3 * 2 :][-2 * 7 - 1 :]
    assert bits(second.model) == bits(whole.model)


def test_targets_that_do_not_fit_are_all_named() -> None:
    dataset = blobs()
    short = Targets(np.zeros((3, 2)), np.full((20, 2), np.nan))
    with pytest.raises(ConvscopeError) as caught:
        fit(Model(network(4)), dataset, loss="l2", targets=short)
    for part in ("training targets are (3, 2), use (70, 2)", "test targets hold NaN", "values (Dense) gives 4"):
        assert part in str(caught.value)
    with pytest.raises(ConvscopeError, match="loss l2 is for values, give `targets`"):
        fit(Model(network(3)), dataset, loss="l2")
    with pytest.raises(ConvscopeError, match="loss cross-entropy is for classes, use l2"):
        fit(Model(network(2)), dataset, targets=places(dataset))

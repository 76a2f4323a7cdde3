"""New heads on trained networks, features of any layer, and classifiers on them."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network, Preprocessing
from convscope.engine import layers as L
from convscope.engine.train.features import features, stages
from convscope.engine.train.features_classifier import fit_classifier
from convscope.engine.train.transfer import ADVICE, MUCH, advice, before_scores, transfer, trunk

from .training_cases import bits, blobs, model_for


def branching() -> Network:
    """Two branches, batch norm, and a softmax behind the scores."""
    net = Network((6, 6, 1), "branching")
    net.add(L.Conv2D(4, 3, padding=1), "conv1")
    net.add(L.BatchNorm(), "norm1")
    net.add(L.ReLU(), "relu1")
    net.add(L.Conv2D(3, 1), "left")
    net.add(L.Conv2D(2, 1), "right", ["relu1"])
    net.add(L.Concat(), "join", ["left", "right"])
    net.add(L.MaxPool2D(2), "pool")
    net.add(L.Flatten(), "flat")
    net.add(L.Dense(7), "hidden")
    net.add(L.ReLU(), "relu2")
    net.add(L.Dense(5), "scores")
    net.add(L.Softmax(), "softmax")
    return net


def trained() -> Model:
    """With weights and running statistics that are no initial ones."""
    model = Model(branching(), seed=4, preprocessing=Preprocessing(mean=(0.2,)), classes="abcde")
    random = np.random.default_rng(1)
    for name in model.weights:
        model.weights[name] = random.uniform(0.1, 1, model.weights[name].shape)
    return model


def test_the_layers_up_to_the_cut_keep_their_weights_and_the_head_is_new() -> None:
    old = trained()
    new = transfer(old, ("x", "y", "z"), cut="pool", hidden=6, seed=9)
    assert list(new.network.nodes) == [
        "conv1", "norm1", "relu1", "left", "right", "join", "pool", "head", "hidden", "hidden_relu", "scores",
    ]  # fmt: skip
    before = bits(old)
    assert {name for name, array in bits(new).items() if before.get(name) == array} == {
        name for name in before if name.split(".")[0] in {"conv1", "norm1", "left", "right"}
    }
    assert new.network.shapes()["scores"] == (3,)
    assert new.classes == ("x", "y", "z")
    assert new.preprocessing == old.preprocessing
    assert bits(transfer(old, ("x", "y", "z"), cut="pool", hidden=6, seed=9)) == bits(new)


def test_without_a_cut_what_the_scores_are_made_of_stays() -> None:
    assert before_scores(branching()) == "relu2"
    new = transfer(trained(), ("x", "y"))
    assert list(new.network.nodes)[-2:] == ["relu2", "scores"]
    assert new.network.shapes()["scores"] == (2,)


def test_the_trunk_holds_what_the_cut_depends_on_alone() -> None:
    assert list(trunk(branching(), "left").nodes) == ["conv1", "norm1", "relu1", "left"]


def test_freezing_is_of_the_old_layers_by_word_number_or_name() -> None:
    old = trained()
    everything = ("conv1", "norm1", "left", "right", "hidden")
    assert transfer(old, "xy").frozen == everything
    assert transfer(old, "xy", freeze="none").frozen == ()
    assert transfer(old, "xy", freeze=2).frozen == ("conv1", "norm1", "left")
    assert transfer(old, "xy", freeze=["norm1"]).frozen == ("norm1",)


def test_maps_are_averaged_or_flattened_before_the_head() -> None:
    old = trained()
    assert transfer(old, "xy", cut="pool", average=True).network["head"] == L.GlobalAvgPool()
    assert transfer(old, "xy", cut="pool").network["head"] == L.Flatten()
    with pytest.raises(ConvscopeError, match="no maps to average"):
        transfer(old, "xy", average=True)


def test_what_cannot_be_transferred_is_told() -> None:
    old = trained()
    with pytest.raises(ConvscopeError, match="no layer 'gone'"):
        transfer(old, "xy", cut="gone")
    with pytest.raises(ConvscopeError, match="two or more"):
        transfer(old, "x")
    with pytest.raises(ConvscopeError, match="relu1 .ReLU. has no weights"):
        transfer(old, "xy", freeze=["relu1"])
    alone = Network((1, 1, 4), "alone")
    alone.add(L.Flatten(), "flat")
    alone.add(L.Dense(2), "scores")
    assert before_scores(alone) == "flat"


def test_a_transferred_model_trains_its_head_and_nothing_else() -> None:
    dataset = blobs()
    old = model_for(dataset)
    new = transfer(old, dataset.classes)
    before = bits(new)
    list(new.fit(dataset, epochs=1))
    assert {name.split(".")[0] for name, array in bits(new).items() if array != before[name]} == {"scores"}


def test_advice_covers_both_amounts_and_both_kinds_once() -> None:
    assert {(case.amount, case.similarity) for case in ADVICE} == {
        (amount, similarity) for amount in ("little", "much") for similarity in ("similar", "different")
    }
    assert advice(10 * MUCH - 1, 10, "similar").what == "train a linear classifier on the top layer"
    assert advice(10 * MUCH, 10, "different").what == "fine-tune a larger number of layers"
    for case in ADVICE:
        transfer(trained(), "xy", freeze=case.freeze)


# ---- features


@pytest.mark.parametrize(("layer", "kept"), [("norm1", "norm1"), ("join", "join"), (None, "relu2")])
def test_features_are_what_the_whole_network_computes_there(layer: str | None, kept: str) -> None:
    model = trained()
    images = np.random.default_rng(0).integers(0, 255, (7, 6, 6, 1), np.uint8)
    told: list[tuple[int, int]] = []
    found = features(model, images, layer, batch=3, progress=lambda done, total: told.append((done, total)))
    model.forward(model.prepare(images), keep=[kept])
    np.testing.assert_allclose(found, model.activations[kept], rtol=2e-5, atol=1e-5)
    assert told == [(3, 7), (6, 7), (7, 7)]


def test_pooled_features_are_means_over_positions() -> None:
    model = trained()
    images = np.random.default_rng(0).integers(0, 255, (4, 6, 6, 1), np.uint8)
    whole, pooled = (features(model, images, "join", pooled=p) for p in (False, True))
    assert pooled.shape == (4, 5)
    np.testing.assert_allclose(pooled, whole.mean((1, 2)), rtol=1e-5)
    assert features(model, images, "hidden", pooled=True).shape == (4, 7)


def test_stages_are_the_last_layers_of_each_size() -> None:
    assert stages(branching()) == ("join", "pool", "relu2")


@pytest.mark.parametrize("classifier", ["linear", "svm"])
def test_a_classifier_on_features_of_a_random_network_learns_the_set(classifier: str) -> None:
    dataset = blobs(train=90, test=40)
    found = fit_classifier(model_for(dataset), dataset, "relu1", classifier)
    assert found.train_accuracy == 1
    assert found.test_accuracy is not None
    assert found.test_accuracy > 0.9
    assert found.features == 6 * 6 * 8
    assert found.arrays["train_features"].shape == (90, 6 * 6 * 8)
    assert found.to_dict()["classifier"] == classifier


def test_a_classifier_that_cannot_be_trained_says_why() -> None:
    dataset = blobs()
    with pytest.raises(ConvscopeError) as caught:
        fit_classifier(model_for(dataset), dataset, "relu1", "forest", strength=0.0)
    for part in ("no classifier 'forest'", "strength is 0.0"):
        assert part in str(caught.value)

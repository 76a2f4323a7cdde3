"""Outcomes of an evaluation against figures made by hand and by loops."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model
from convscope.engine.train import evaluate
from convscope.engine.train.metrics import Outcomes, averaged, log_softmax

from .training_cases import blobs, everything, model_for


def outcomes(count: int = 200, classes: int = 6, seed: int = 0) -> tuple[Outcomes, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    scores, labels = random.standard_normal((count, classes)) * 2, random.integers(0, classes, count)
    chances = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    return Outcomes.of(log_softmax(scores), labels), chances, labels


def test_top_n_counts_the_classes_before_the_right_one() -> None:
    found, chances, labels = outcomes()
    for count in range(1, 7):
        best = np.argsort(-chances, 1, kind="stable")[:, :count]
        assert found.top(count) == (best == labels[:, None]).any(1).mean()


def test_equal_scores_rank_in_class_order_even_where_their_probability_is_zero() -> None:
    found = Outcomes.of(log_softmax(np.array([[0.0, -2000.0, -1000.0, -1000.0]] * 3)), np.array([1, 2, 3]))
    assert found.ranks.tolist() == [3, 1, 2]


def test_figures_of_classes_equal_those_counted_by_hand() -> None:
    labels, given = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 1])
    found = Outcomes(labels, given, np.zeros(6, int), np.zeros(6), np.ones(6)).per_class(("a", "b", "c", "d"))
    assert [(row.name, row.images) for row in found] == [("a", 3), ("b", 2), ("c", 1), ("d", 0)]
    assert found[0].recall == pytest.approx(2 / 3)
    assert found[0].precision == pytest.approx(2 / 3)
    assert found[1].f1 == pytest.approx(2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))
    assert found[2].recall == 0
    assert found[2].precision is None
    assert (found[3].recall, found[3].precision, found[3].f1) == (None, None, None)


def test_the_hardest_images_are_those_with_the_least_probability_for_their_class() -> None:
    found, chances, labels = outcomes()
    own = chances[np.arange(len(labels)), labels]
    hardest = found.hardest(5)
    assert [sample.index for sample in hardest] == np.argsort(own)[:5].tolist()
    worst = hardest[0]
    assert worst.own == pytest.approx(own.min())
    assert worst.loss == pytest.approx(-math.log(own.min()))
    assert worst.label == labels[worst.index]
    assert worst.given == chances[worst.index].argmax()
    assert worst.confidence == pytest.approx(chances[worst.index].max())
    assert len(found.hardest(1000)) == 200


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    found, chances, labels = outcomes()
    sure, right = chances.max(1), chances.argmax(1) == labels
    error, worst, calibration = 0.0, 0.0, found.calibration(bins=10)
    for i, row in enumerate(calibration.bins):
        inside = (sure > i / 10) & (sure <= (i + 1) / 10)
        assert row.images == inside.sum()
        if not row.images:
            assert row.confidence is row.accuracy is None
            continue
        assert row.confidence == pytest.approx(sure[inside].mean())
        assert row.accuracy == pytest.approx(right[inside].mean())
        gap = abs(sure[inside].mean() - right[inside].mean())
        error, worst = error + gap * inside.mean(), max(worst, gap)
    assert calibration.error == pytest.approx(error)
    assert calibration.worst == pytest.approx(worst)


def test_a_model_as_sure_as_it_is_right_has_no_calibration_error() -> None:
    chances = np.log(np.tile([0.8, 0.2], (10, 1)))
    labels = np.array([0] * 8 + [1] * 2)
    assert Outcomes.of(chances, labels).calibration().error == pytest.approx(0, abs=1e-12)


def test_an_ensemble_gives_the_mean_of_the_probabilities() -> None:
    dataset = blobs()
    models = [model_for(dataset, seed=seed) for seed in range(3)]
    found = evaluate(models, dataset, batch=8)
    mean = np.mean([model.probabilities(dataset.test_images).astype(np.float64) for model in models], 0)
    own = mean[np.arange(len(mean)), dataset.test_labels]
    assert found.top1 == (mean.argmax(1) == dataset.test_labels).mean()
    assert found.loss == pytest.approx(-np.log(own).mean(), rel=1e-5)
    assert found.network == "everything + everything + everything"
    alone = evaluate(models[:1], dataset)
    assert alone.loss == evaluate(models[0], dataset).loss


def test_models_of_an_ensemble_may_differ_in_input_and_each_misfit_is_named() -> None:
    dataset = blobs()
    small, large = model_for(dataset), Model(everything(size=9), preprocessing=dataset.preprocessing)
    both = evaluate([small, large], dataset)
    assert both.images == 20
    with pytest.raises(ConvscopeError, match=r"4 scores.*3 channels|3 channels.*4 scores"):
        evaluate([Model(everything(classes=4)), Model(everything(channels=3))], dataset)
    with pytest.raises(ConvscopeError, match="no model"):
        evaluate([], dataset)


def test_probabilities_that_vanish_are_averaged_without_loss() -> None:
    mean = averaged([np.array([[0.0, -2000.0]]), np.array([[0.0, -2001.0]])])
    assert mean[0, 1] == pytest.approx(-2000 + math.log((1 + math.exp(-1)) / 2))


def test_the_json_form_holds_the_hardest_images_asked_for() -> None:
    dataset = blobs()
    document = json.loads(json.dumps(evaluate(model_for(dataset), dataset).to_dict(hardest=3), allow_nan=False))
    assert len(document["hardest"]) == 3
    assert document["calibration"]["bins"][-1]["high"] == 1
    assert {"class", "images", "recall", "precision", "f1"} == set(document["per_class"][0])

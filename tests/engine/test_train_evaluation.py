"""Evaluation against NumPy on the model's own probabilities."""

import dataclasses
import json

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model
from convscope.engine import layers as L
from convscope.engine.train import Epoch, evaluate
from convscope.engine.train.judged import Judged, JudgedEpochs
from convscope.engine.train.metrics import Outcomes

from .training_cases import blobs, everything, model_for


@pytest.mark.parametrize("batch", [7, 64, 1000])
@pytest.mark.parametrize("split", ["train", "test"])
def test_figures_equal_those_of_numpy(batch: int, split: str) -> None:
    dataset = blobs(train=90, test=40, classes=7, size=10)
    model = model_for(dataset)
    images, labels = getattr(dataset, f"{split}_images"), getattr(dataset, f"{split}_labels")
    scores = model.predict(model.prepare(images)).astype(np.float64)
    found = evaluate(model, dataset, split=split, batch=batch)
    chances = np.exp(scores - scores.max(1, keepdims=True))
    chances /= chances.sum(1, keepdims=True)
    assert found.images == len(labels)
    assert found.top1 == (scores.argmax(1) == labels).mean()
    assert found.top5 == (np.argsort(-scores, 1)[:, :5] == labels[:, None]).any(1).mean()
    assert found.loss == pytest.approx(-np.log(chances[np.arange(len(labels)), labels]).mean(), rel=1e-5)
    matrix = np.zeros((7, 7), int)
    for true, given in zip(labels, scores.argmax(1)):
        matrix[true, given] += 1
    np.testing.assert_array_equal(found.confusion, matrix)
    assert found.recall[2] == pytest.approx(matrix[2, 2] / matrix[2].sum())


def test_a_class_without_images_or_never_given_has_no_share() -> None:
    dataset = blobs(classes=3)
    model = model_for(dataset)
    model.weights["scores.weight"] = np.zeros(model.weights["scores.weight"].shape)
    model.weights["scores.bias"] = np.array([0.0, 1.0, 0.0])
    lacking = dataclasses.replace(dataset, test_labels=np.minimum(dataset.test_labels, 1))
    document = json.loads(json.dumps(evaluate(model, lacking).to_dict(), allow_nan=False))
    assert [c["recall"] for c in document["per_class"]] == [0.0, 1.0, None]
    assert document["per_class"][0]["precision"] is None
    assert document["top5"] == 1.0


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    evaluate(model_for(blobs()), blobs(), batch=8, progress=lambda done, total: told.append((done, total)))
    assert told == [(8, 20), (16, 20), (20, 20)]


def test_a_final_softmax_changes_nothing() -> None:
    dataset, net = blobs(), everything()
    plain = evaluate(model_for(dataset, net), dataset)
    net.add(L.Softmax())
    assert evaluate(model_for(dataset, net), dataset).loss == plain.loss


def test_a_misfit_is_refused_with_all_reasons() -> None:
    dataset = blobs()
    bare = dataclasses.replace(dataset, test_images=dataset.test_images[:0], test_labels=dataset.test_labels[:0])
    with pytest.raises(ConvscopeError) as caught:
        evaluate(Model(everything(channels=3, classes=4)), bare)
    for part in ("3 channels", "4 scores", "no test images"):
        assert part in str(caught.value)


def test_a_run_keeps_what_became_of_every_test_image_of_its_last_epoch() -> None:
    data = blobs()
    model = model_for(data)
    run = model.fit(data, epochs=2, batch_size=16, seed=0)
    epochs = []
    for event in run:
        if isinstance(event, Epoch):
            found = evaluate(model, data)
            assert run.judged.epoch == event.epoch
            assert run.judged.boxes is None
            assert np.array_equal(run.judged.outcomes.given, found.outcomes.given)
            assert np.allclose(run.judged.outcomes.own, found.outcomes.own, atol=1e-6)
            assert run.judged.outcomes.top(1) == event.test_accuracy
            epochs.append(run.judged)
    assert len(epochs) == 2


def test_judged_epochs_keep_to_their_memory_and_forget_what_was_undone() -> None:
    labels = np.arange(200) % 3
    chances = np.log(np.random.default_rng(0).dirichlet(np.ones(3), 200))
    one = Judged(1, Outcomes.of(chances, labels))
    kept = JudgedEpochs(most_bytes=4 * one.compact().nbytes)
    for epoch in range(1, 12):
        kept.add(Judged(epoch, one.outcomes))
    assert len(kept) <= 4
    assert kept.epochs[-1] == 11
    assert np.array_equal(kept[0].outcomes.confusion(3), one.outcomes.confusion(3))
    assert np.allclose(kept[-1].outcomes.own, one.outcomes.own, rtol=1e-6)
    kept.add(Judged(5, one.outcomes))
    assert kept.epochs[-1] == 5
    few = JudgedEpochs(most_epochs=8)
    for epoch in range(1, 100):
        few.add(Judged(epoch, one.outcomes))
    assert 4 <= len(few) <= 8
    assert few.epochs[-1] == 99

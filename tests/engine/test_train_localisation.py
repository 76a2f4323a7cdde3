"""Boxes beside classes: geometry, the second loss against its formula, training alone and jointly, figures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Dataset, Model, Network, Preprocessing, load, load_dataset, save
from convscope.engine import layers as L
from convscope.engine.graph.scores import score_node
from convscope.engine.train import SGD, Epoch, evaluate
from convscope.engine.train.feed import Feed
from convscope.engine.train.localisation import (
    box_node,
    decoded,
    encoded,
    from_input,
    into_input,
    iou,
    last_map,
    localise,
    of_class,
    with_box,
)
from convscope.engine.train.localisation_figures import evaluate_boxes, locate
from convscope.engine.train.localisation_step import BoxGoal

from .training_cases import bits, blobs, everything, model_for


def boxed(train: int = 40, test: int = 16, **options: int) -> Dataset:
    """Blobs with the boxes of their bright squares."""
    dataset = blobs(train, test, **options)

    def boxes(labels: np.ndarray) -> np.ndarray:
        return np.stack([labels, labels, labels + 3, labels + 3], 1).astype(np.float32)

    return dataclasses.replace(dataset, train_boxes=boxes(dataset.train_labels), test_boxes=boxes(dataset.test_labels))


def both_heads(per_class: bool = False, loss: str = "l2", weight: float = 2.0, hidden: int = 6) -> Network:
    return with_box(everything(), per_class=per_class, hidden=hidden, loss=loss, weight=weight)


# ---- geometry


def test_intersection_over_union_of_known_boxes() -> None:
    one = np.array([[0, 0, 4, 4], [0, 0, 4, 4], [0, 0, 4, 4], [1, 1, 2, 3], [2, 2, 2, 2]], np.float32)
    other = np.array([[0, 0, 4, 4], [2, 2, 6, 6], [4, 0, 8, 4], [0, 0, 4, 4], [2, 2, 2, 2]], np.float32)
    np.testing.assert_allclose(iou(one, other), [1, 4 / 28, 0, 2 / 16, 0])


def test_encoding_boxes_can_be_undone() -> None:
    boxes = np.array([[1, 2, 5, 4], [0, 0, 10, 8]], np.float32)
    values = encoded(boxes, height=8, width=10)
    np.testing.assert_allclose(0.5 + values / 5, [[0.3, 0.375, 0.4, 0.25], [0.5, 0.5, 1, 1]], rtol=1e-6)
    np.testing.assert_allclose(decoded(values, 8, 10), boxes, atol=1e-6)


def test_decoded_boxes_lie_within_the_image_whatever_the_numbers() -> None:
    shares = np.array([[0.1, 0.9, 0.6, 0.6], [0.5, 0.5, -1, 2]], np.float32)
    found = decoded(5 * (shares - np.float32(0.5)), 10, 10)
    np.testing.assert_allclose(found, [[0, 6, 4, 10], [5, 0, 5, 10]], atol=1e-5)


def test_boxes_follow_the_images_into_the_network_and_back() -> None:
    boxes = np.array([[2, 4, 10, 12]], np.float32)
    stretched = into_input(boxes, (16, 32), (8, 8), Preprocessing())
    np.testing.assert_allclose(stretched, [[0.5, 2, 2.5, 6]])
    cut = Preprocessing(fit="crop")
    inside = np.array([[10, 4, 14, 12]], np.float32)
    np.testing.assert_allclose(into_input(inside, (16, 32), (8, 8), cut), [[1, 2, 3, 6]])
    for how, given in ((Preprocessing(), boxes), (cut, inside)):
        np.testing.assert_allclose(from_input(into_input(given, (16, 32), (8, 8), how), (16, 32), (8, 8), how), given)


def test_the_four_numbers_of_a_class_are_picked() -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 12)
    np.testing.assert_array_equal(of_class(values, np.array([2, 0])), [[8, 9, 10, 11], [12, 13, 14, 15]])
    np.testing.assert_array_equal(of_class(values[:, :4], np.array([2, 0])), values[:, :4])


# ---- networks


def test_the_box_is_attached_to_the_last_map_or_to_a_dense_layer() -> None:
    net = everything()
    assert last_map(net) == "maxpool1"
    found = with_box(net, hidden=6)
    assert box_node(found) == "box"
    assert found.nodes["box_flat"].inputs == ("maxpool1",)
    assert score_node(found) == "scores"
    assert found.shapes()[found.output] == (3,)
    dense = with_box(net, "scores", hidden=0, per_class=True)
    assert dense.nodes["box"].inputs == ("scores",)
    assert dense.shapes()["box"] == (12,)


def test_a_box_that_cannot_be_attached_says_why() -> None:
    with pytest.raises(ConvscopeError, match="has a box already"):
        with_box(both_heads())
    with pytest.raises(ConvscopeError, match="no layer 'gone'"):
        with_box(everything(), "gone")
    maps = Network((6, 6, 1), "maps")
    maps.add(L.Conv2D(3, 3), "conv")
    with pytest.raises(ConvscopeError, match="gives 4×4×3 and no class scores"):
        with_box(maps)
    wrong = everything()
    wrong.add(L.Dense(5), "five", ["flatten1"])
    wrong.add(L.WithBox(), "both", ["scores", "five"])
    assert "4 or 12 numbers" in str(wrong.errors()[0])


# ---- learning


@pytest.mark.parametrize("per_class", [False, True])
@pytest.mark.parametrize("loss", ["l2", "smooth-l1"])
def test_the_gradient_of_the_box_is_that_of_its_loss(loss: str, per_class: bool) -> None:
    dataset, net = boxed(), both_heads(per_class, loss)
    model = model_for(dataset, net)
    feed = Feed(dataset.train_images, dataset.train_labels, model.preprocessing, net.input)
    goal, rows = BoxGoal(net, feed, dataset.train_boxes), np.array([3, 0, 11, 25])
    plan = model.plan(4, "training", ("scores", "box"))
    feed.fill(rows, plan.input)
    plan.forward()
    labels, values = dataset.train_labels[rows], plan.value("box").astype(np.float64)
    wanted = encoded(dataset.train_boxes[rows], 6, 6)

    def expected(values: np.ndarray) -> float:
        off = of_class(values, labels) - wanted
        small, beta = np.abs(off) < 1 / 9, 1 / 9
        smooth = np.where(small, off**2 / (2 * beta), np.abs(off) - beta / 2)
        return 2.0 * float((off**2 if loss == "l2" else smooth).mean())

    plan.seed("box")[...] = np.nan
    assert goal.seed(plan, rows) == pytest.approx(expected(values), rel=1e-5)
    slopes = np.zeros_like(values)
    for place in np.ndindex(values.shape):
        moved = values.copy()
        moved[place] += 1e-6
        above = expected(moved)
        moved[place] -= 2e-6
        slopes[place] = (above - expected(moved)) / 2e-6
    np.testing.assert_allclose(plan.seed("box"), slopes, rtol=1e-4, atol=1e-6)


def test_both_heads_learn_together() -> None:
    dataset = boxed(train=90)
    model = model_for(dataset, both_heads(weight=1.0, hidden=24))
    epochs = [event for event in model.fit(dataset, epochs=25, batch_size=16) if isinstance(event, Epoch)]
    found = evaluate_boxes(model, dataset)
    assert found.located > 0.9
    assert found.iou == pytest.approx(epochs[-1].test_iou)
    assert found.located == epochs[-1].test_located
    assert found.top1 == evaluate(model, dataset).top1
    assert epochs[-1].train_loss < epochs[0].train_loss / 4


@pytest.mark.parametrize("per_class", [False, True])
def test_a_box_learns_alone_behind_a_frozen_trunk(per_class: bool) -> None:
    dataset = boxed(train=90)
    trunk = model_for(dataset)
    list(trunk.fit(dataset, epochs=8))
    model = localise(trunk, per_class=per_class, hidden=24, alone=True)
    before = bits(model)
    scores = model.predict(model.prepare(dataset.test_images))
    list(model.fit(dataset, epochs=25, batch_size=16, learning_rate=0.02))
    changed = {name.split(".")[0] for name, array in bits(model).items() if array != before[name]}
    assert changed == {"box_hidden", "box"}
    np.testing.assert_array_equal(model.predict(model.prepare(dataset.test_images)), scores)
    assert evaluate_boxes(model, dataset).found > 0.9


def test_boxes_that_an_augmentation_moves_are_learned_where_they_are_seen() -> None:
    dataset = boxed()
    model = model_for(dataset, both_heads())
    feed = Feed(dataset.train_images, dataset.train_labels, model.preprocessing, (6, 6, 1), _flips(), seed=3)
    feed.follow(0, np.arange(40), 40)
    moved, seen = feed.boxes(np.arange(40), dataset.train_boxes)
    mirrored = dataset.train_boxes[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1]) + np.array([6, 0, 6, 0])
    same, flipped = (np.isclose(moved, boxes, atol=1e-4).all(1) for boxes in (dataset.train_boxes, mirrored))
    assert (same | flipped).all()
    assert 5 < flipped.sum() < 35
    assert seen.all()
    [ended] = [e for e in model.fit(dataset, epochs=1, augment=_flips()) if type(e).__name__ == "Ended"]
    assert ended.reason == "completed"


def _flips() -> list:
    from convscope.engine.data.augment import Flip  # noqa: PLC0415

    return [Flip()]


def test_a_run_with_a_box_goes_on_bit_for_bit() -> None:
    dataset = boxed()
    whole, halves = (model_for(dataset, both_heads()) for _ in range(2))
    list(whole.fit(dataset, epochs=2, optimizer=SGD(0.05)))
    run = halves.fit(dataset, epochs=2, optimizer=SGD(0.05))
    for event in run:
        if isinstance(event, Epoch):
            break
    list(halves.fit(dataset, resume=run.state()))
    assert bits(whole) == bits(halves)


def test_what_cannot_be_learned_or_measured_is_told() -> None:
    model = model_for(blobs(), both_heads())
    with pytest.raises(ConvscopeError, match="blobs has no boxes, remove scores_and_box"):
        model.fit(blobs())
    with pytest.raises(ConvscopeError, match="boxes cannot be mixed"):
        model.fit(boxed(), mixup=0.2)
    with pytest.raises(ConvscopeError, match=r"has no box.*has no test boxes"):
        evaluate_boxes(model_for(blobs()), blobs())
    with pytest.raises(ConvscopeError, match="has no box"):
        locate(model_for(blobs()), blobs().test_images)


def test_locating_gives_what_evaluation_measured(tmp_path) -> None:
    dataset = boxed()
    model = model_for(dataset, both_heads(per_class=True))
    save(model, tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert again.network[again.network.output] == L.WithBox("l2", 2.0)
    chances, boxes = locate(again, dataset.test_images, batch=7)
    found = evaluate_boxes(model, dataset, batch=5)
    np.testing.assert_allclose(boxes, found.boxes, atol=1e-4)
    np.testing.assert_allclose(chances, model.probabilities(dataset.test_images), atol=1e-6)
    assert set(found.to_dict()) == {"images", "iou", "found", "top1", "located"}
    beside = evaluate(model, dataset, batch=5)
    np.testing.assert_array_equal(beside.boxes.boxes, found.boxes)
    assert evaluate(model, dataset, crops=10).boxes is None


@pytest.mark.slow
def test_nine_of_ten_shapes_are_named_and_boxed() -> None:
    dataset = load_dataset("shapes:count=6000")
    net = Network((32, 32, 3), "shapes")
    for filters in (16, 32, 64):
        net.add(L.Conv2D(filters, 3, padding=1))
        net.add(L.BatchNorm())
        net.add(L.ReLU())
        net.add(L.MaxPool2D(2))
    net.add(L.Flatten())
    net.add(L.Dense(len(dataset.classes)), "scores")
    model = Model(with_box(net), preprocessing=dataset.preprocessing, classes=dataset.classes)
    list(model.fit(dataset, epochs=7))
    assert evaluate_boxes(model, dataset).located >= 0.9

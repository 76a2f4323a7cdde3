"""Fooling a small trained network: boxes kept, classes reached, bits repeated."""

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network, explain, load_dataset, trained
from convscope.engine import layers as L


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


@pytest.fixture(scope="module")
def model(digits):
    net = Network((8, 8, 1), "tiny")
    net.add(L.Conv2D(8, 3, padding=1), "conv")
    net.add(L.ReLU(), "relu")
    net.add(L.Flatten(), "flatten")
    net.add(L.Dense(10), "scores")
    trained = Model(net, seed=0, preprocessing=digits.preprocessing)
    list(trained.fit(digits, epochs=4, seed=0))
    return trained


@pytest.fixture(scope="module")
def images(digits):
    return digits.test_images[:6].astype(np.float32)


@pytest.mark.parametrize("method", ["fgsm", "pgd"])
@pytest.mark.parametrize("target", [None, 7])
def test_no_pixel_leaves_its_box(model, images, method, target):
    found = getattr(explain, method)(model, images, target, epsilon=20.0)
    assert max(found.scores["linf"]) <= 20.0 + 1e-4
    assert 0 <= found.array.min() <= found.array.max() <= 255
    assert np.allclose(found.array - images, found.extras["perturbation"], atol=1e-5)
    before, after = found.scores["probability before"], found.scores["probability after"]
    towards = [a >= b for a, b in zip(after, before)] if target is not None else [a <= b for a, b in zip(after, before)]
    assert all(towards)


def test_many_small_steps_fool_where_they_may_go_far_enough(model, images):
    away = explain.pgd(model, images, epsilon=60.0, step=5.0, count=30)
    assert all(away.scores["success"])
    to = explain.pgd(model, images, 3, epsilon=120.0, step=8.0, count=40)
    assert to.scores["class after"] == [3] * len(images)


def test_the_nearest_fooling_image_is_nearer_than_that_of_the_sign(model, images):
    near = explain.closest_fooling(model, images[0], bisections=4, iterations=15)
    far = explain.pgd(model, images[0], epsilon=60.0, step=5.0, count=30)
    assert near.scores["success"] == [True]
    assert near.scores["l2"][0] < far.scores["l2"][0]
    assert 0 <= near.array.min() <= near.array.max() <= 255


@pytest.mark.parametrize("target", [0, 4, 9])
def test_images_of_nothing_are_taken_for_any_digit(model, target):
    climbed = explain.gradient_fooling(model, None, target)
    assert climbed.scores["probability after"][0] > 0.9999
    bred = explain.evolved_fooling(model, None, target, population=60)
    assert bred.scores["probability after"][0] > 0.995
    assert bred.history[-1]["probability"] >= bred.history[0]["probability"]


def test_lenet5_is_sure_of_every_digit_in_images_of_nothing():
    lenet = trained.load("lenet5_digits")
    for target in range(10):
        climbed = explain.gradient_fooling(lenet, None, target)
        bred = explain.evolved_fooling(lenet, None, target, population=100)
        for found in (climbed, bred):
            assert found.scores["class after"] == [target]
        assert climbed.scores["probability after"][0] > 0.9999
        assert bred.scores["probability after"][0] > 0.995


@pytest.mark.parametrize(
    ("method", "options"), [("pgd", {}), ("gradient_fooling", {}), ("evolved_fooling", {"most": 5})]
)
def test_the_same_seed_gives_the_same_bits_and_another_one_others(model, method, options):
    ask = getattr(explain, method)
    first, again, other = (ask(model, np.full((8, 8), 90.0), 2, seed=seed, **options).array for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_attack_can_be_stopped_at_any_step(model, images):
    for method, options in (("pgd", {}), ("closest_fooling", {"iterations": 3}), ("evolved_fooling", {"target": 1})):
        steps = getattr(explain, method).steps(model, images[:2], **options)
        assert next(steps).partial.shape == (2, 8, 8, 1)
        steps.close()
    assert np.isfinite(model.predict(model.prepare(images))).all()


def test_what_needs_a_target_says_so(model):
    with pytest.raises(ConvscopeError, match="needs a target"):
        explain.gradient_fooling(model)
    with pytest.raises(ConvscopeError, match="use 0 to 9"):
        explain.fgsm(model, np.zeros((8, 8)), 10)

"""Dropout's random pattern: reproducible, of the right share, the same in both directions."""

import json
from itertools import pairwise

import numpy as np

from convscope.engine import Model, Network
from convscope.engine import layers as L


def model_of(rate: float, scaling: str = "training", seed: int = 0) -> Model:
    net = Network((40, 50, 3))
    net.add(L.ReLU(), "relu")
    net.add(L.Dropout(rate, scaling), "drop")
    return Model(net, seed=seed)


def pattern(model: Model, step: int) -> np.ndarray:
    plan = model.plan(2, "training")
    plan.input[...] = 1
    return plan.forward(step).copy()


def test_values_kept_are_scaled_up_and_their_share_is_one_minus_the_rate() -> None:
    y = pattern(model_of(0.3), 0)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.7)}
    assert abs((y > 0).mean() - 0.7) < 0.01


def test_values_are_scaled_either_in_training_or_at_inference() -> None:
    model = model_of(0.3, "inference")
    assert set(np.unique(pattern(model, 0))) == {np.float32(0), np.float32(1)}
    assert set(np.unique(model.forward(np.ones((2, 40, 50, 3), np.float32)))) == {np.float32(0.7)}


def test_both_scalings_draw_the_same_pattern() -> None:
    one, other = (pattern(model_of(0.3, scaling), 5) > 0 for scaling in ("training", "inference"))
    assert np.array_equal(one, other)


def test_the_gradient_at_inference_is_scaled_as_the_values_are() -> None:
    model = model_of(0.25, "inference")
    y = model.forward(np.ones((1, 40, 50, 3), np.float32))
    assert set(np.unique(model.backward(np.ones_like(y)))) == {np.float32(0.75)}


def test_a_file_from_before_there_was_a_choice_scales_in_training() -> None:
    network = Network((2, 2, 1))
    network.add(L.Dropout(0.4, "inference"), "drop")
    document = json.loads(network.to_json())
    del document["layers"][0]["params"]["scaling"]
    assert Network.from_json(json.dumps(document))["drop"] == L.Dropout(0.4, "training")


def test_the_pattern_depends_on_seed_and_step_and_on_nothing_else() -> None:
    first = pattern(model_of(0.5, seed=1), step=4)
    assert np.array_equal(first, pattern(model_of(0.5, seed=1), step=4))
    assert not np.array_equal(first, pattern(model_of(0.5, seed=1), step=5))
    assert not np.array_equal(first, pattern(model_of(0.5, seed=2), step=4))


def test_neighbouring_steps_have_unrelated_patterns() -> None:
    model = model_of(0.5)
    kept = [pattern(model, step) > 0 for step in range(6)]
    agreement = [(a == b).mean() for a, b in pairwise(kept)]
    assert all(abs(share - 0.5) < 0.02 for share in agreement)


def test_gradient_passes_exactly_where_values_were_kept() -> None:
    model = model_of(0.4)
    y = pattern(model, 9)
    plan = model.plan(2, "training")
    plan.seed("drop")[...] = 1
    plan.backward("drop")
    assert np.array_equal(plan.seed("relu"), y)


def test_dropout_does_nothing_outside_training() -> None:
    model = model_of(0.9)
    x = np.random.default_rng(0).uniform(0.1, 1, (2, 40, 50, 3)).astype(np.float32)
    assert np.array_equal(model.forward(x), x)

"""The learning-rate range test: what it finds, and that it leaves nothing behind."""

import json

import numpy as np
import pytest

from convscope.engine import ConvscopeError
from convscope.engine.train import SGD, RangeTest, fit, range_test
from convscope.engine.train.rate_range import smoothed, suggestion

from .training_cases import bits, blobs, model_for


def test_the_suggestion_lies_where_a_made_up_loss_falls_fastest() -> None:
    rates = tuple(np.geomspace(1e-5, 10, 60).tolist())
    losses = [3 - 2 / (1 + (0.01 / rate) ** 2) + rate**2 for rate in rates]  # falls fastest near 0.01
    assert suggestion(rates, losses) == pytest.approx(0.01, rel=0.3)
    assert suggestion(rates, [1.0] * 60) is None
    assert suggestion(rates[:5], losses[:5]) is None
    assert suggestion((), []) is None


def test_smoothing_starts_at_the_first_loss() -> None:
    assert smoothed([2.0]) == [pytest.approx(2.0)]
    assert smoothed([5.0] * 20) == pytest.approx([5.0] * 20)


def test_weights_and_running_figures_are_as_before_even_when_it_diverges() -> None:
    dataset = blobs()
    model = model_for(dataset)
    before = bits(model)
    found = range_test(model, dataset, steps=30, highest=1000.0, optimizer="adam", batch_size=16)
    assert bits(model) == before
    assert 8 <= len(found.rates) <= 30
    assert len(found.rates) == len(found.losses) == len(found.smoothed)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["optimizer"] == "adam"


def test_training_at_the_rate_that_is_suggested_learns() -> None:
    dataset = blobs()
    model = model_for(dataset)
    found = range_test(model, dataset, batch_size=16, seed=3)
    assert isinstance(found, RangeTest)
    assert found.suggestion is not None
    assert 1e-4 < found.suggestion < 1.0
    *_, ended = fit(model, dataset, epochs=6, batch_size=16, learning_rate=found.suggestion)
    assert ended.test_accuracy >= 0.9


def test_the_same_seed_gives_the_same_losses_and_progress_can_stop_it() -> None:
    dataset = blobs()
    model = model_for(dataset)
    before = bits(model)
    one, other = (range_test(model, dataset, steps=10, batch_size=16, optimizer=SGD()) for _ in range(2))
    assert one == other

    def stop(done: int, total: int) -> None:
        assert total == 10
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        range_test(model, dataset, steps=10, batch_size=16, progress=stop)
    assert bits(model) == before


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(ConvscopeError) as caught:
        range_test(model_for(blobs()), blobs(channels=3), lowest=1.0, highest=0.1, steps=2, optimizer="sdg")
    for part in ("images of blobs have 3", "rates go from 1 to 0.1", "2 steps", "no optimiser 'sdg'"):
        assert part in str(caught.value)

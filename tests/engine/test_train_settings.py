"""A run's recipe: defaults that suit the data, bounds, JSON."""

import json

import pytest

from convscope.engine import ConvscopeError
from convscope.engine.train.optimizer import SGD, Adam
from convscope.engine.train.schedule import Step
from convscope.engine.train.settings import Settings, suggested
from convscope.engine.train.stopping import EarlyStopping


@pytest.mark.parametrize(
    ("images", "expected"),
    [(60_000, (5, 64)), (1_438, (23, 32)), (100, (30, 8)), (1, (30, 8)), (10**6, (5, 64))],
)
def test_small_sets_get_smaller_batches_and_more_epochs(images: int, expected: tuple[int, int]) -> None:
    assert suggested(images) == expected


def test_epochs_follow_a_batch_size_that_is_given() -> None:
    assert suggested(1_438, batch_size=4) == (5, 4)


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "3", None, 10**9])
@pytest.mark.parametrize("name", ["epochs", "batch_size"])
def test_counts_are_whole_numbers_within_bounds(name: str, value: object) -> None:
    with pytest.raises(ConvscopeError, match=f"{name.replace('_', ' ')} is {value!r}"):
        Settings(**{"epochs": 1, "batch_size": 1, name: value})


def test_settings_survive_json() -> None:
    settings = Settings(3, 16, Adam(0.1, 0.5), "step:every=2", 2**40, "cross-entropy:smoothing=0.1", 0.4, "patience=3")
    assert json.loads(json.dumps(settings.to_dict())) == settings.to_dict()
    assert Settings.from_dict(settings.to_dict()) == settings


def test_settings_of_older_files_are_read() -> None:
    """They named the schedule alone, and knew neither losses nor early stopping."""
    values = {"name": "sgd", "learning_rate": 0.07, "momentum": 0.8, "weight_decay": 0.001}
    old = {"epochs": 3, "batch_size": 48, "optimizer": values, "schedule": "step", "seed": 4}
    assert Settings.from_dict(old) == Settings(3, 48, SGD(0.07, 0.8, 0.001), Step(), 4)


def test_everything_illegal_is_named_at_once() -> None:
    with pytest.raises(ConvscopeError) as caught:
        Settings(0, 16, "adamm", "step:factor=2", -1, "l3", -0.1, "patience=0,monitor=luck")
    parts = ("epochs is 0", "'adamm', did you mean 'adam'", "factor 2", "seed is -1", "no loss 'l3'", "mixup is -0.1")
    for part in (*parts, "patience 0", "monitor 'luck'"):
        assert part in str(caught.value)


def test_early_stopping_is_told_in_many_ways() -> None:
    for given in (3, "3", "patience=3", "stop:patience=3", {"name": "stop", "patience": 3}):
        assert Settings(1, early_stopping=given).early_stopping == EarlyStopping(3)
    assert Settings(1, early_stopping=None).early_stopping is None

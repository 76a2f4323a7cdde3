"""A run's recipe: defaults that suit the data, bounds, warm-up."""

import pytest

from convscope.engine import ConvscopeError
from convscope.engine.train import SGD, Settings, schedule, suggested


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
    settings = Settings(3, 16, SGD(0.1, 0.5, 0.0), "step", 2**40)
    assert Settings.from_dict(settings.to_dict()) == settings


def test_the_rate_warms_up_over_a_hundred_steps_of_a_long_run() -> None:
    factors = [schedule.factor("step", step, 5000) for step in range(200)]
    assert factors[:3] == pytest.approx([0.01, 0.02, 0.03])
    assert factors[98] < 1.0
    assert factors[99:] == [1.0] * 101


def test_a_short_run_warms_up_over_a_tenth_of_it() -> None:
    assert [schedule.factor("step", step, 40) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert schedule.factor("step", 0, 9) == 1.0


def test_a_constant_rate_is_constant_from_the_first_step() -> None:
    assert {schedule.factor("constant", step, 1000) for step in range(1000)} == {1.0}

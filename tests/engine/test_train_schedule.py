"""Schedules against their published shapes and PyTorch's; what is watched from epoch to epoch."""

import math
from typing import Any

import pytest

from convscope.engine import ConvscopeError, ParameterError
from convscope.engine.train.events import Epoch
from convscope.engine.train.schedule import SCHEDULES, Constant, Cosine, Moment, OneCycle, Plateau, Step, schedule
from convscope.engine.train.watch import Watched, watched_value


def figures(epoch: int = 1, test_loss: float | None = 1.0, **values: Any) -> Epoch:
    given = {"train_loss": 2.0, "train_accuracy": 0.5, "test_accuracy": 0.6, **values}
    return Epoch(epoch, test_loss=test_loss, images_per_second=1.0, seconds=1.0, learning_rate=0.1, **given)


def scales(declared: Any, steps: int, batches: int = 1) -> list[float]:
    return [declared.scale(Moment(step, steps, batches)) for step in range(steps)]


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_never_exceeds_the_rate_and_never_ends_it(name: str) -> None:
    factors = scales(SCHEDULES[name](warm_up=0), 400)
    assert max(factors) == pytest.approx(1.0)
    assert min(factors) > 0


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_survives_its_text_and_its_json(name: str) -> None:
    declared = SCHEDULES[name](warm_up=7)
    assert schedule(str(declared)) == schedule(declared.to_dict()) == declared


def test_steps_fall_after_half_and_three_quarters_unless_epochs_are_given() -> None:
    shape = Step().shape
    assert [shape(Moment(s, 100)) for s in (49, 50, 74, 75)] == pytest.approx([1.0, 0.1, 0.1, 0.01])
    drops = schedule("step:every=30,factor=0.5,warm_up=0")
    assert [drops.scale(Moment(30 * 7 * k + s, 5000, 7)) for k in (0, 1, 2) for s in (0, 209)] == pytest.approx(
        [1, 1, 0.5, 0.5, 0.25, 0.25]
    )


def test_a_cosine_goes_down_to_its_floor() -> None:
    assert Cosine().shape(Moment(50, 100)) == pytest.approx(0.5)
    assert Cosine().shape(Moment(100, 100)) == pytest.approx(0.0)
    assert Cosine(floor=0.2).shape(Moment(50, 100)) == pytest.approx(0.6)
    assert Cosine(floor=0.2).shape(Moment(100, 100)) == pytest.approx(0.2)


def test_one_cycle_and_cosine_equal_pytorchs() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")

    def theirs(make: Any) -> list[float]:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        peer, rates = make(optimizer), []
        for _ in range(60):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            peer.step() if len(rates) < 60 else None
        return rates

    cycle = theirs(lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, 60, pct_start=0.25, cycle_momentum=False))
    assert scales(OneCycle(rise=0.25), 60) == pytest.approx(cycle, rel=1e-6)
    cosine = theirs(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 60, eta_min=0.1))
    assert scales(Cosine(floor=0.1, warm_up=0), 60) == pytest.approx(cosine, rel=1e-6)


def test_a_plateau_divides_the_rate_as_pytorchs_does() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    losses = [3, 2, 2.1, 1.99999, 2, 1.5, 1.6, 1.6, 1.6, 1.6, 1.4, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    peer = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)  # reduces one epoch later than it says
    ours, watched = Plateau(patience=3, warm_up=0), Watched()
    for epoch, loss in enumerate(losses, start=1):
        watched = ours.after(figures(epoch, loss), watched)
        peer.step(loss)
        rate = ours.scale(Moment(epoch, 100, 1, watched.reductions))
        assert rate == pytest.approx(optimizer.param_groups[0]["lr"])
    assert watched.reductions == 4


def test_watching_takes_the_training_figure_where_there_are_no_test_images() -> None:
    bare = figures(test_loss=None, test_accuracy=None)
    assert [watched_value(bare, name) for name in ("test_loss", "test_accuracy")] == [2.0, 0.5]
    both = [watched_value(figures(), name) for name in ("test_loss", "test_accuracy", "train_loss", "train_accuracy")]
    assert both == pytest.approx([1.0, 0.4, 2.0, 0.5])


def test_any_schedule_begins_with_the_warm_up_asked_for() -> None:
    assert scales(Constant(warm_up=4), 10)[:6] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    assert scales(OneCycle(warm_up=2), 10)[0] == pytest.approx(0.5 * scales(OneCycle(), 10)[0])
    assert scales(Plateau(warm_up=0), 10) == [1.0] * 10


def test_the_rate_warms_up_over_a_hundred_steps_of_a_long_run() -> None:
    factors = scales(Step(), 5000)
    assert factors[:3] == pytest.approx([0.01, 0.02, 0.03])
    assert factors[98] < 1.0
    assert factors[99:200] == [1.0] * 101


def test_a_short_run_warms_up_over_a_tenth_of_it() -> None:
    assert scales(Step(), 40)[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert scales(Step(), 9)[0] == 1.0


def test_a_constant_rate_is_constant_from_the_first_step() -> None:
    assert set(scales(Constant(), 1000)) == {1.0}


def test_illegal_schedules_are_refused() -> None:
    with pytest.raises(ConvscopeError, match="no schedule 'cosinus', did you mean 'cosine'. Use one of: cosine, step"):
        schedule("cosinus")
    with pytest.raises(ParameterError, match="unknown parameter 'period': use one of every, factor, warm_up"):
        schedule("step:period=3")
    with pytest.raises(ParameterError, match="factor 1.0: use a number from 0 to 1 .ends excluded."):
        schedule("plateau:factor=1")
    assert math.isfinite(Step(factor=0.01).shape(Moment(99, 100)))

"""Settings changed while a run goes on: when they count, and that a resumed run changes them again at the same step."""

import json
import math
from typing import Any

import pytest

from convscope.engine import ConvscopeError
from convscope.engine.train import Batch, Changed, Epoch, Event, TrainRun, Warned, fit

from .training_cases import bits, blobs, model_for

BATCHES = 5  # 70 images in batches of 16


def begin(**settings: Any) -> TrainRun:
    dataset = blobs()
    return fit(model_for(dataset), dataset, **{"epochs": 4, "batch_size": 16, "learning_rate": 0.05, **settings})


def advance(run: TrainRun, batches: int) -> None:
    for _ in range(batches):
        next(e for e in run if isinstance(e, Batch))


def resumed(run: TrainRun) -> TrainRun:
    """The run as it goes on from a file written now."""
    state = run.state()
    model = model_for(run.dataset)
    for name, array in run.model.weights.items():
        model.weights[name] = array
    return fit(model, run.dataset, resume={**state, "meta": json.loads(json.dumps(state["meta"]))})


def test_a_batch_size_counts_from_the_next_epoch() -> None:
    run = begin()
    advance(run, 2)
    run.batch_size = 35
    assert run.batch_size == 35
    assert next(run) == Changed(BATCHES, "batch_size", 35)
    batches = [(e.epoch, e.batch, e.batches, e.step) for e in run if isinstance(e, Batch)]
    assert batches[:5] == [(1, 3, 5, 3), (1, 4, 5, 4), (1, 5, 5, 5), (2, 1, 2, 6), (2, 2, 2, 7)]
    assert batches[-1] == (4, 2, 2, BATCHES + 3 * 2)
    assert run.settings.batch_size == 35


@pytest.mark.parametrize("done", [0, 2, 5, 6, 8])
def test_a_run_resumed_before_or_after_a_change_of_batch_size_has_the_same_bits(done: int) -> None:
    whole, first = begin(), begin()
    for run in (whole, first):
        next(run)
        run.batch_size = 24
    advance(first, done)
    second = resumed(first)
    events: list[list[Event]] = [list(whole), list(second)]
    assert bits(second.model) == bits(whole.model)
    losses = [[(e.step, e.loss) for e in run if isinstance(e, Batch)] for run in events]
    assert losses[1] == losses[0][done:]


def test_a_schedule_keeps_its_place_when_the_batch_size_changes() -> None:
    run = begin(schedule="cosine", epochs=20)
    advance(run, 50)
    run.batch_size = 35
    rates = [e.learning_rate for e in run if isinstance(e, Batch)]
    share = [epoch / 20 + batch / 40 for epoch in range(10, 20) for batch in range(2)]
    assert rates == pytest.approx([0.05 * 0.5 * (1 + math.cos(math.pi * x)) for x in share])


def test_a_rate_that_was_set_keeps_its_place_too() -> None:
    run = begin(schedule="cosine", epochs=20)
    advance(run, 50)
    run.learning_rate = 0.2
    advance(run, 1)
    run.batch_size = 35
    after = [e for e in run if isinstance(e, Batch) and e.epoch == 12]
    cosine = [0.5 * (1 + math.cos(math.pi * x)) for x in (0.5, 11 / 20)]
    assert after[0].learning_rate == pytest.approx(0.2 * cosine[1] / cosine[0])


def test_a_change_during_the_test_of_an_epoch_counts_from_the_next() -> None:
    run = begin()
    advance(run, BATCHES)
    run.batch_size, run.momentum = 35, 0.5
    changes = {(e.setting, e.step) for e in (next(run), next(run)) if isinstance(e, Changed)}
    assert changes == {("batch_size", BATCHES), ("momentum", BATCHES)}
    assert next(e for e in run if isinstance(e, Batch)).batches == 2


def test_a_batch_size_that_does_not_fit_is_told_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(epochs=2)
    advance(run, 1)

    def refuse(_: object) -> None:
        raise ConvscopeError("There is no memory.")

    monkeypatch.setattr(run._controls, "_adopt", refuse)
    run.batch_size = 64
    events = list(run)
    assert any("batch size stays as it was: There is no memory" in e.message for e in events if isinstance(e, Warned))
    assert [e.value for e in events if isinstance(e, Changed)] == [64, 16]
    assert events[-1].reason == "completed"


@pytest.mark.parametrize("done", [1, 3, 7])
def test_freezing_and_augmenting_on_the_way_are_replayed(done: int) -> None:
    whole, first = begin(), begin()
    for run in (whole, first):
        next(run)
        run.change("augment", "flip")
        advance(run, 1)
        run.change("frozen", ["conv1"])
    advance(first, done - 1)
    second = resumed(first)
    list(whole), list(second)
    assert bits(second.model) == bits(whole.model)
    assert second.model.frozen == ("conv1",)
    assert [one.name for one in second.settings.augment] == ["flip"]


def test_a_layer_that_is_frozen_on_the_way_stays_as_it_is() -> None:
    run = begin()
    advance(run, 2)
    run.change("frozen", ["conv1"])
    assert next(run) == Changed(2, "frozen", ["conv1"])
    before = run.model.weights["conv1.weight"].tobytes()
    scores = run.model.weights["scores.weight"].tobytes()
    list(run)
    assert run.model.weights["conv1.weight"].tobytes() == before
    assert run.model.weights["scores.weight"].tobytes() != scores


def test_settings_change_by_name_and_illegal_ones_are_refused() -> None:
    run = begin()
    run.change("momentum", 0.1)
    assert run.momentum == 0.1
    with pytest.raises(ConvscopeError, match="batch size is 0"):
        run.change("batch_size", 0)
    for setting, value in (("sharpness", 1), ("frozen", ["nobody"]), ("augment", "turn-to-stone")):
        with pytest.raises(ConvscopeError):
            run.change(setting, value)


def test_values_given_on_resuming_overrule_changes_to_come() -> None:
    first = begin()
    next(first)
    first.batch_size = 24
    state = first.state()
    state["meta"]["changes"] += [[3, "learning_rate", 0.5], [3, "momentum", 0.2]]
    second = fit(first.model, first.dataset, resume=state, learning_rate=0.01)
    changes = [(e.step, e.setting) for e in second if isinstance(e, Changed)]
    assert changes == [(0, "batch_size"), (3, "momentum")]


def test_the_learning_rate_of_an_epoch_is_that_of_its_last_batch() -> None:
    run = begin(schedule="cosine")
    events = list(run)
    last = [e for e in events if isinstance(e, Batch)][BATCHES - 1]
    assert next(e for e in events if isinstance(e, Epoch)).learning_rate == last.learning_rate

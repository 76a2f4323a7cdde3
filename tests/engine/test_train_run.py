"""A training run as a stream of events: what it reports, reproducibility, resuming, changing, cancelling, diverging."""

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from convscope.engine import ConvscopeError, Model, Network, ParameterError
from convscope.engine import layers as L
from convscope.engine.train import SGD, Batch, Changed, Ended, Epoch, Evaluated, Started, TrainRun, Warned, fit

from .training_cases import bits, blobs, everything, model_for, without_times

SETTINGS: dict[str, Any] = {"epochs": 3, "batch_size": 16, "learning_rate": 0.05}
BATCHES = 5  # 70 images: four batches of 16 and one of 6


def begin(dataset=None, seed: int = 0, **settings: Any) -> TrainRun:
    dataset = dataset or blobs()
    return fit(model_for(dataset, seed=seed), dataset, **{**SETTINGS, **settings})


def advance(run: TrainRun, batches: int) -> Batch:
    """The event of the batch that many steps on."""
    return [next(e for e in run if isinstance(e, Batch)) for _ in range(batches)][-1]


# ---- events


def test_events_come_in_order_and_ended_is_the_last() -> None:
    events = list(begin(epochs=2))
    epoch = ["Batch"] * BATCHES + ["Evaluated", "Epoch"]
    assert [type(e).__name__ for e in events] == ["Started", *epoch, *epoch, "Ended"]
    assert events[-1].reason == "completed"


def test_events_count_from_one_and_say_how_many_are_done() -> None:
    events = list(begin(epochs=2))
    started, ended = events[0], events[-1]
    assert (started.epoch, started.batch, started.batches, started.train_images) == (0, 0, BATCHES, 70)
    batches = [e for e in events if isinstance(e, Batch)]
    assert [(b.epoch, b.batch) for b in batches] == [(e, b) for e in (1, 2) for b in range(1, BATCHES + 1)]
    assert [b.step for b in batches] == list(range(1, 2 * BATCHES + 1))
    assert [e.epoch for e in events if isinstance(e, Epoch)] == [1, 2]
    assert (ended.epoch, ended.step) == (2, 2 * BATCHES)


def test_a_small_task_is_learned() -> None:
    *_, ended = begin(epochs=10)
    assert ended.test_accuracy >= 0.95
    assert ended.train_loss < 0.2


def test_ended_repeats_the_figures_of_the_last_epoch() -> None:
    events = list(begin())
    last = [e for e in events if isinstance(e, Epoch)][-1]
    for name in ("epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "images_per_second"):
        assert getattr(events[-1], name) == getattr(last, name)


def test_epoch_figures_are_means_over_its_batches() -> None:
    events = list(begin(epochs=1))
    batches = [e for e in events if isinstance(e, Batch)]
    sizes = [16, 16, 16, 16, 6]
    epoch = next(e for e in events if isinstance(e, Epoch))
    assert epoch.train_loss == pytest.approx(np.average([b.loss for b in batches], weights=sizes))
    assert epoch.train_accuracy == pytest.approx(np.average([b.accuracy for b in batches], weights=sizes))


def test_test_figures_equal_what_the_model_says_afterwards() -> None:
    dataset = blobs(test=150)  # more than one batch of evaluation, the last not full
    run = begin(dataset)
    *_, ended = run
    chances = run.model.probabilities(dataset.test_images).astype(np.float64)
    assert ended.test_accuracy == (chances.argmax(1) == dataset.test_labels).mean()
    assert ended.test_loss == pytest.approx(-np.log(chances[np.arange(150), dataset.test_labels]).mean(), rel=1e-4)


def test_events_are_json() -> None:
    for event in begin(epochs=1):
        document = json.loads(json.dumps(event.to_dict(), allow_nan=False))
        assert document["event"] == type(event).__name__.lower()


def test_every_image_is_trained_on_once_an_epoch() -> None:
    """With a rate so small that nothing moves, the epoch's loss is that of all images, each once."""
    dataset = blobs()
    net = Network(dataset.image_shape)
    net.add(L.Flatten())
    net.add(L.Dense(3))
    model = model_for(dataset, net)
    chances = model.probabilities(dataset.train_images).astype(np.float64)
    expected = -np.log(chances[np.arange(70), dataset.train_labels]).mean()
    epoch = next(e for e in fit(model, dataset, epochs=1, batch_size=16, learning_rate=1e-12) if isinstance(e, Epoch))
    assert epoch.train_loss == pytest.approx(expected, rel=1e-5)


def test_a_final_softmax_trains_like_the_scores_before_it() -> None:
    dataset = blobs()
    ended = []
    for softmax in (False, True):
        net = everything()
        if softmax:
            net.add(L.Softmax())
        model = model_for(dataset, net)
        *_, end = fit(model, dataset, **SETTINGS)
        ended.append((bits(model), end.test_loss))
    assert ended[0] == ended[1]


def test_batches_larger_than_the_data_set_are_the_whole_set() -> None:
    events = list(begin(epochs=1, batch_size=1000))
    assert sum(isinstance(e, Batch) for e in events) == 1


def test_without_test_images_the_figures_are_none_and_a_warning_says_so() -> None:
    dataset = blobs()
    bare = dataclasses.replace(dataset, test_images=dataset.test_images[:0], test_labels=dataset.test_labels[:0])
    events = list(begin(bare, epochs=1))
    assert any("no test images" in e.message for e in events if isinstance(e, Warned))
    assert (events[-1].test_loss, events[-1].test_accuracy) == (None, None)
    assert not any(isinstance(e, Evaluated) for e in events)


def test_a_class_without_training_images_is_warned_of() -> None:
    dataset = blobs()
    lacking = dataclasses.replace(dataset, train_labels=dataset.train_labels % 2)
    assert any("shows c2" in e.message for e in begin(lacking, epochs=1) if isinstance(e, Warned))


@pytest.mark.parametrize("before", [(), ("cat", "dog", "cow")])
def test_a_model_takes_the_class_names_of_what_it_is_trained_on(before: tuple[str, ...]) -> None:
    dataset = blobs()
    model = Model(everything(), classes=before)
    fit(model, dataset, **SETTINGS)
    assert model.classes == dataset.classes


def test_model_fit_is_the_same_run() -> None:
    dataset = blobs()
    one, other = model_for(dataset), model_for(dataset)
    assert without_times(list(one.fit(dataset, **SETTINGS))) == without_times(list(fit(other, dataset, **SETTINGS)))
    assert bits(one) == bits(other)


# ---- same seed, same bits; resuming


def test_same_seed_same_bits_twice() -> None:
    runs = [begin(seed=1) for _ in range(2)]
    events = [without_times(list(run)) for run in runs]
    assert events[0] == events[1]
    assert bits(runs[0].model) == bits(runs[1].model)


def test_another_seed_is_another_order() -> None:
    dataset = blobs()
    runs = [fit(model_for(dataset), dataset, **SETTINGS, seed=seed) for seed in (0, 1)]
    for run, seed in zip(runs, (0, 1)):
        assert run.settings.seed == seed
        list(run)
    assert bits(runs[0].model) != bits(runs[1].model)


@pytest.mark.parametrize("done", [0, 1, BATCHES - 1, BATCHES, BATCHES + 2, 3 * BATCHES])
def test_a_run_resumed_at_any_batch_ends_with_the_same_bits(done: int) -> None:
    dataset = blobs()
    whole = begin(dataset)
    expected = without_times(list(whole))

    first = begin(dataset)
    next(first)
    if done:
        advance(first, done)
    state = json_round_trip(first.state())
    model = model_for(dataset)
    for name, array in first.model.weights.items():
        model.weights[name] = array
    first.close()

    second = fit(model, dataset, resume=state)
    events = without_times(list(second))
    assert bits(model) == bits(whole.model)
    assert (events[0]["epoch"], events[0]["batch"]) == divmod(done, BATCHES) or events[0]["batch"] == BATCHES
    assert events[1:] == expected[-len(events[1:]) :]


def json_round_trip(state: dict[str, Any]) -> dict[str, Any]:
    """The state as a file would give it back."""
    return {"meta": json.loads(json.dumps(state["meta"])), "arrays": {k: v.copy() for k, v in state["arrays"].items()}}


def test_a_state_taken_after_an_epoch_goes_on_with_the_next() -> None:
    dataset = blobs()
    whole = begin(dataset)
    list(whole)
    first = begin(dataset)
    next(e for e in first if isinstance(e, Epoch))
    second = fit(first.model, dataset, resume=first.state())
    assert next(second).epoch == 1
    list(second)
    assert bits(first.model) == bits(whole.model)


def test_a_state_shares_nothing_with_its_run() -> None:
    run = begin()
    advance(run, 2)
    state = run.state()
    before = state["arrays"]["velocity"].tobytes()
    advance(run, 2)
    assert state["arrays"]["velocity"].tobytes() == before


def test_a_cancelled_run_can_be_resumed_even_if_it_never_began() -> None:
    dataset = blobs()
    run = begin(dataset)
    run.cancel()
    assert [type(e) for e in run] == [Ended]
    *_, ended = fit(run.model, dataset, resume=run.state())
    assert ended.reason == "completed"


def test_a_finished_run_is_lengthened() -> None:
    dataset = blobs()
    run = begin(dataset, epochs=1)
    list(run)
    longer = fit(run.model, dataset, resume=run.state(), epochs=2)
    assert [e.epoch for e in longer if isinstance(e, Epoch)] == [2]


def test_naming_the_same_optimiser_keeps_what_was_set() -> None:
    dataset = blobs()
    run = begin(dataset, momentum=0.7)
    advance(run, 2)
    again = fit(run.model, dataset, resume=run.state(), optimizer="sgd")
    assert again.momentum == 0.7
    assert again.learning_rate == run.learning_rate


def test_resuming_refuses_what_does_not_go_on() -> None:
    dataset = blobs()
    run = begin(dataset)
    advance(run, 2)
    state = run.state()
    with pytest.raises(ConvscopeError) as caught:
        fit(model_for(blobs(train=60), seed=4), blobs(train=60), resume=state, batch_size=8, seed=9)
    text = str(caught.value)
    for part in ("blobs (70 images)", "batch size is 8", "seed is 9", "seed 4"):
        assert part in text
    net = everything()
    net.set("scores", bias=False)
    with pytest.raises(ConvscopeError, match="velocity does not fit"):
        fit(model_for(dataset, net), dataset, resume=state)


@pytest.mark.parametrize(
    "damage",
    [
        lambda s: s.pop("arrays"),
        lambda s: s["meta"].pop("progress"),
        lambda s: s["meta"].update(version=99),
        lambda s: s["meta"]["progress"].update(batch=-1),
        lambda s: s["meta"]["progress"].update(step=77),
        lambda s: s["meta"]["settings"].update(schedule="sawtooth"),
        lambda s: s["meta"]["settings"]["optimizer"].update(momentum=7),
        lambda s: s["meta"].update(settings=[]),
        lambda s: s["arrays"]["velocity"].__setitem__(0, np.nan),
        lambda s: s["arrays"].update(velocity=np.zeros(3)),
    ],
)
def test_a_damaged_state_is_refused(damage) -> None:
    dataset = blobs()
    run = begin(dataset)
    advance(run, 1)
    state = run.state()
    damage(state)
    with pytest.raises(ConvscopeError, match="saved"):
        fit(run.model, dataset, resume=state)


# ---- changing settings


def test_a_learning_rate_set_between_events_counts_from_the_next_batch() -> None:
    run = begin(schedule="constant")
    assert advance(run, 2).learning_rate == 0.05
    run.learning_rate = 0.01
    assert run.learning_rate == 0.01
    event = next(run)
    assert event == Changed(2, "learning_rate", 0.01)
    assert advance(run, 1).learning_rate == 0.01


def test_a_schedule_goes_on_from_a_rate_that_was_set() -> None:
    run = begin(schedule="cosine")
    advance(run, 5)
    run.learning_rate = 0.2
    rates = [e.learning_rate for e in run if isinstance(e, Batch)]
    assert rates[0] == 0.2

    def cosine(step: int) -> float:
        return 0.5 * (1 + math.cos(math.pi * step / 15))

    assert rates == pytest.approx([0.2 * cosine(step) / cosine(5) for step in range(5, 15)])


def test_momentum_and_decay_change_and_each_change_is_told() -> None:
    run = begin()
    advance(run, 1)
    run.momentum, run.weight_decay = 0.5, 0.0
    assert (run.momentum, run.weight_decay) == (0.5, 0.0)
    changed = {(e.setting, e.value) for e in (next(run), next(run))}
    assert changed == {("momentum", 0.5), ("weight_decay", 0.0)}


def test_changes_survive_resuming_even_when_not_yet_in_force() -> None:
    dataset = blobs()
    whole, first = begin(dataset), begin(dataset)
    for run in (whole, first):
        advance(run, 3)
        run.learning_rate, run.momentum = 0.01, 0.5
    second = fit(first.model, dataset, resume=json_round_trip(first.state()))
    list(second)
    list(whole)
    assert bits(first.model) == bits(whole.model)


def test_an_illegal_value_is_refused_and_nothing_changes() -> None:
    run = begin()
    with pytest.raises(ParameterError, match="learning rate"):
        run.learning_rate = -1.0
    with pytest.raises(ParameterError, match="momentum"):
        run.momentum = 1.0
    assert not any(isinstance(e, Changed) for e in run)


# ---- ends


def test_cancelling_ends_before_the_next_batch() -> None:
    run = begin()
    advance(run, 2)
    run.cancel()
    rest = list(run)
    assert [type(e) for e in rest] == [Ended]
    assert (rest[0].reason, rest[0].step, rest[0].epoch) == ("cancelled", 2, 0)
    assert "2 of 5 batches of epoch 1" in rest[0].message
    assert run.finished


def test_cancelling_works_during_evaluation() -> None:
    run = begin(blobs(test=300))
    next(e for e in run if isinstance(e, Evaluated))
    run.cancel()
    (ended,) = run
    assert (ended.reason, ended.epoch) == ("cancelled", 0)


def test_a_cancelled_run_keeps_the_figures_of_its_last_epoch() -> None:
    run = begin()
    epoch = next(e for e in run if isinstance(e, Epoch))
    run.cancel()
    (ended,) = run
    assert (ended.epoch, ended.test_accuracy) == (1, epoch.test_accuracy)


def test_a_run_that_diverges_goes_back_to_its_last_epoch_and_can_go_on_gently() -> None:
    dataset = blobs()
    net = Network(dataset.image_shape)
    net.add(L.Flatten())
    net.add(L.Dense(16))
    net.add(L.ReLU())
    net.add(L.Dense(3))
    run = fit(model_for(dataset, net), dataset, epochs=20, batch_size=2, learning_rate=0.01)
    next(e for e in run if isinstance(e, Epoch))
    good = bits(run.model)
    run.learning_rate, run.weight_decay = 900.0, 1.0
    *_, ended = run
    assert (ended.reason, ended.epoch, ended.step) == ("error", 1, 35)
    assert "in epoch 2, batch" in ended.message
    assert "weights of epoch 1 are back; use a lower learning rate" in ended.message
    assert bits(run.model) == good
    *_, again = fit(run.model, dataset, resume=run.state(), learning_rate=0.01, weight_decay=0.0)
    assert again.reason == "completed"


def test_a_loss_that_is_not_a_number_ends_the_run_at_once() -> None:
    run = begin()
    advance(run, 1)
    run.model.weights["scores.bias"] = np.array([np.nan, 0, 0])
    (ended,) = run
    assert ended.reason == "error"
    assert "epoch 1, batch 2" in ended.message
    assert "weights from before training are back" in ended.message
    assert bits(run.model) == bits(model_for(blobs()))


def test_infinity_hidden_behind_a_relu_ends_the_run_too() -> None:
    run = begin()
    advance(run, 1)
    run.model.weights["conv1.weight"][...] = np.nan
    run.model.weights_changed()
    *_, ended = run
    assert ended.reason == "error"
    assert ended.step == 0


def test_an_unforeseen_failure_is_told_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin()
    advance(run, 1)

    def fail(*_: object) -> None:
        raise RuntimeError("cosmic ray")

    monkeypatch.setattr(run._stepper, "begin", fail)
    (ended,) = run
    assert ended.reason == "error"
    assert "cosmic ray" in ended.message
    assert isinstance(run.error, RuntimeError)


def test_closing_a_run_leaves_its_model_usable() -> None:
    dataset = blobs()
    run = begin(dataset)
    advance(run, 1)
    run.close()
    assert list(run) == []
    assert np.isfinite(run.model.probabilities(dataset.test_images)).all()


# ---- refusals


def test_everything_wrong_is_named_at_once() -> None:
    net = Network((6, 6, 3))
    net.add(L.Conv2D(4, 3), "last")
    with pytest.raises(ConvscopeError) as caught:
        fit(Model(net), blobs(), epochs=0, batch_size=-1, seed=-5, schedule="zigzag", learning_rate=math.nan)
    text = str(caught.value)
    parts = (
        "3 channels",
        "last (Conv2D) gives 4×4×4",
        "epochs is 0",
        "batch size is -1",
        "seed is -5",
        "zigzag",
        "learning rate",
    )
    for part in parts:
        assert part in text


def test_a_wrong_number_of_classes_names_the_layer_and_the_fix() -> None:
    with pytest.raises(
        ConvscopeError, match=r"scores \(Dense\) gives 10 scores and blobs has 3 classes, set its units to 3"
    ):
        fit(Model(everything(classes=10)), blobs())


def test_labels_overwritten_after_loading_are_refused() -> None:
    dataset = blobs()
    dataset.train_labels[0] = 3
    with pytest.raises(ConvscopeError, match="training labels lie between 0 and 3, use 0 to 2"):
        fit(model_for(dataset), dataset)


def test_a_network_without_weights_is_refused() -> None:
    net = Network((2, 2, 3))
    net.add(L.GlobalAvgPool())
    with pytest.raises(ConvscopeError, match="no weights to learn"):
        fit(Model(net), blobs(size=6, channels=3))


@pytest.mark.parametrize("given", ["sgd", SGD(0.05)])
def test_the_optimiser_is_given_by_name_or_instance(given: Any) -> None:
    run = fit(model_for(blobs()), blobs(), optimizer=given, momentum=0.8, epochs=1)
    assert run.momentum == 0.8
    assert isinstance(next(run), Started)

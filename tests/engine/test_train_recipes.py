"""Recipes, early stopping and what a run of any of them keeps when it is resumed."""

import json
from typing import Any

import numpy as np
import pytest

from convscope.engine import ConvscopeError
from convscope.engine.data.augment import augmentations
from convscope.engine.runtime.initialisers import He
from convscope.engine.train import RECIPES, Batch, Ended, Epoch, TrainRun, fit
from convscope.engine.train.optimizer import SGD, AdamW
from convscope.engine.train.recipes import Recipe
from convscope.engine.train.schedule import Moment

from .training_cases import bits, blobs, model_for, without_times

BATCHES = 5  # 70 images: four batches of 16 and one of 6
SETTINGS: dict[str, Any] = {"epochs": 6, "batch_size": 16}


def resumed(run: TrainRun, dataset: Any, **changes: Any) -> TrainRun:
    """Another run, with a model of its own, that goes on from a state as a file would give it back."""
    state = run.state()
    kept = {"meta": json.loads(json.dumps(state["meta"], allow_nan=False)), "arrays": state["arrays"]}
    model = model_for(dataset)
    for name, array in run.model.weights.items():
        model.weights[name] = array
    return fit(model, dataset, resume=kept, **changes)


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": "adam:clip_norm=0.5", "schedule": "plateau:patience=1,improvement=0.5"},
        {"optimizer": "nesterov", "loss": "cross-entropy:smoothing=0.1", "mixup": 0.4},
        {"optimizer": "rmsprop", "early_stopping": "patience=2,improvement=0.9", "schedule": "one-cycle"},
    ],
    ids=lambda settings: settings["optimizer"],
)
@pytest.mark.parametrize("done", [3, 2 * BATCHES + 2])
def test_a_run_of_any_kind_resumed_ends_with_the_same_bits(settings: dict[str, Any], done: int) -> None:
    dataset = blobs()
    whole, first = (fit(model_for(dataset), dataset, **SETTINGS, **settings) for _ in range(2))
    expected = without_times(list(whole))
    for _ in range(done):
        next(event for event in first if isinstance(event, Batch))
    second = resumed(first, dataset)
    events = without_times(list(second))
    assert events[1:] == expected[-len(events[1:]) :]
    assert bits(second.model) == bits(whole.model)


def test_a_plateau_divides_the_rate_of_a_run() -> None:
    run = fit(model_for(blobs()), blobs(), **SETTINGS, schedule="plateau:patience=1,improvement=0.9999,warm_up=0")
    rates = [event.learning_rate for event in run if isinstance(event, Epoch)]
    assert rates == pytest.approx([0.03, 0.03, 0.003, 3e-4, 3e-5, 3e-6])


def test_a_run_that_gets_no_better_stops_early_and_goes_back_to_its_best_epoch() -> None:
    dataset = blobs()
    run = fit(model_for(dataset), dataset, epochs=50, batch_size=16, early_stopping="patience=2,improvement=0.8")
    best: dict[int, bytes] = {}
    epochs = []
    for event in run:
        if isinstance(event, Epoch):
            epochs.append(event)
            best[event.epoch] = bits(run.model)
    assert isinstance(event, Ended)
    assert event.reason == "completed"
    assert len(epochs) < 50
    assert event.epoch == epochs[-3].epoch
    assert event.message.startswith(f"Stopped early after {len(epochs)} epochs: the test loss was best in epoch")
    assert bits(run.model) == best[event.epoch]
    assert event.test_loss == epochs[-3].test_loss
    assert next(resumed(run, dataset, early_stopping="patience=9")).epoch == event.epoch


def test_early_stopping_without_test_images_watches_the_training_figures() -> None:
    dataset = blobs(test=0)
    *_, ended = fit(model_for(dataset), dataset, epochs=50, batch_size=16, early_stopping="patience=1,improvement=0.9")
    assert ended.epoch < 50
    assert ended.reason == "completed"


def test_smoothing_and_mixup_raise_the_training_loss_alone() -> None:
    def ended(**settings: Any) -> Ended:
        *_, last = fit(model_for(blobs()), blobs(), epochs=12, batch_size=16, **settings)
        return last

    plain, soft = ended(), ended(loss="cross-entropy:smoothing=0.3", mixup=0.5)
    assert soft.train_loss > plain.train_loss + 0.2
    assert soft.test_accuracy >= 0.9


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_is_complete(recipe: Recipe) -> None:
    assert all((recipe.title, recipe.summary.endswith("."), recipe.source))
    assert augmentations(",".join(recipe.augment)) or not recipe.augment


def test_a_recipe_gives_what_is_not_given() -> None:
    dataset = blobs()
    quick = RECIPES["quick"]
    settings = fit(model_for(dataset), dataset, recipe="quick").settings
    assert (settings.epochs, settings.batch_size) == (quick.epochs, quick.batch_size)
    assert (settings.optimizer, settings.schedule) == (quick.optimizer, quick.schedule)
    changed = fit(model_for(dataset), dataset, recipe="quick", epochs=2, learning_rate=0.5, schedule="cosine").settings
    assert (changed.epochs, changed.batch_size, changed.schedule.name) == (2, quick.batch_size, "cosine")
    assert changed.optimizer == AdamW(0.5, weight_decay=0.01)
    other = fit(model_for(dataset), dataset, recipe="quick", optimizer="sgd").settings
    assert other.optimizer == SGD()
    with pytest.raises(ConvscopeError, match="no recipe 'quik', did you mean 'quick'"):
        fit(model_for(dataset), dataset, recipe="quik")


def test_the_recipe_of_resnet_on_cifar_is_the_papers() -> None:
    """He et al. 2015, §4.2: 64k iterations in batches of 128, a rate of 0.1 divided by 10 at 32k and 48k."""
    recipe = RECIPES["resnet-cifar"]
    batches = 50_000 / recipe.batch_size
    assert recipe.epochs * batches == pytest.approx(64_000, rel=0.005)
    rates = [
        recipe.optimizer.learning_rate * recipe.schedule.scale(Moment(s, 64_000)) for s in (0, 31_999, 32_000, 48_000)
    ]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.001])
    assert recipe.optimizer == SGD(0.1, 0.9, 1e-4)
    assert recipe.initialiser == He()


def test_another_optimiser_cannot_go_on_with_the_state_of_one() -> None:
    dataset = blobs()
    run = fit(model_for(dataset), dataset, **SETTINGS)
    next(event for event in run if isinstance(event, Batch))
    with pytest.raises(ConvscopeError, match="optimiser is adam and the run to resume has sgd"):
        resumed(run, dataset, optimizer="adam")


@pytest.mark.parametrize(
    "damage",
    [
        lambda s: s["meta"]["progress"]["stopping"].update(since="never"),
        lambda s: s["meta"]["progress"].update(plateau=3),
        lambda s: s["arrays"].pop("best/weights/scores.bias"),
        lambda s: s["arrays"]["best/buffers/velocity"].__setitem__(0, np.inf),
        lambda s: s["meta"]["best"].update(epoch=-1),
    ],
)
def test_a_damaged_state_of_early_stopping_is_refused(damage: Any) -> None:
    dataset = blobs()
    run = fit(model_for(dataset), dataset, **SETTINGS, early_stopping=3)
    next(event for event in run if isinstance(event, Epoch))
    state = run.state()
    damage(state)
    with pytest.raises(ConvscopeError, match="saved"):
        fit(run.model, dataset, resume=state)

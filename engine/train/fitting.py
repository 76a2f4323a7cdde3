"""The way into training: arguments checked all at once, then a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ..data import Dataset
from ..graph import freezing
from ..spec import ConvscopeError, ParameterError
from .checks import augmentation_misfits, box_misfits, goal_misfits
from .feed import Feed
from .loss import L2, CrossEntropy, Loss
from .memory import Demand, fitting
from .optimizer import SGD, Optimizer
from .optimizer import optimizer as find_optimizer
from .recipes import Recipe
from .recipes import recipe as find_recipe
from .run import TrainRun
from .schedule import Schedule
from .settings import Settings, TrainingError, in_a_list, suggested
from .state import State
from .stopping import EarlyStopping
from .targets import Targets

if TYPE_CHECKING:
    from ..runtime.model import Model

T = TypeVar("T")


def fit(
    model: Model,
    dataset: Dataset,
    *,
    recipe: str | Recipe | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    shrink_batch: bool = False,
    optimizer: str | Optimizer | None = None,
    learning_rate: float | None = None,
    momentum: float | None = None,
    weight_decay: float | None = None,
    schedule: str | Schedule | None = None,
    seed: int | None = None,
    loss: str | Loss | None = None,
    mixup: float | None = None,
    early_stopping: str | int | EarlyStopping | None = None,
    targets: Targets | None = None,
    augment: Any = None,
    resume: Mapping[str, Any] | None = None,
    freeze: Iterable[str] | None = None,
) -> TrainRun:
    """A run that trains `model` in place; nothing happens before its first `next()`.

    `recipe` names a preset (`train.RECIPES`) whose values hold where none is given; its initialiser is for whoever made
    the model. Without one, epochs and batch size suit the size of the data set (`settings.suggested`), and the others
    are those of `Settings`. Optimiser, schedule, loss and early stopping are declarations, or their text: "adam",
    "sgd:momentum=0.8", "step:every=30,factor=0.1", "cross-entropy:smoothing=0.1", "patience=5,monitor=test_loss";
    `learning_rate`, `momentum` and `weight_decay` override the optimiser's values. `mixup` is the α of the shares in
    which images are mixed. `augment` lists augmentations, such as [Flip(), "crop:padding=4"]; one text with commas does
    as well. `freeze` names the layers whose weights stay as they are; without it those that are frozen already. With
    `shrink_batch`, the largest batch that fits into the device's memory takes the place of one that does not, and a
    Warned event says so; a run that is resumed keeps its batch.

    With a loss for values ("l2", "smooth-l1"), `targets` are what the network learns in the place of classes; a resumed
    run is given them again. Training uses the model's own preprocessing; the model takes the data set's class names.

    `resume` is what `TrainRun.state()` gave, and `model` must hold the weights of that moment. What is not given then
    stays as it was; batch size and seed cannot be changed, and a learning rate given counts from here on.

    TrainingError lists every reason why this cannot be done.
    """
    reasons: list[str] = []
    state = None if resume is None else _collected(reasons, lambda: State.from_dict(resume))
    if not model.parameters:
        reasons.append(f"{model.network.name} has no weights to learn, add a Conv2D or Dense layer")
    wanted = freeze if freeze is not None else state.frozen if state else model.frozen
    frozen = _collected(reasons, lambda: _freezing(model, wanted)) or ()
    given = {
        "epochs": epochs, "batch_size": batch_size, "schedule": schedule, "seed": seed, "augment": augment,
        "loss": loss, "mixup": mixup, "early_stopping": early_stopping,
    }  # fmt: skip
    changes = {"learning_rate": learning_rate, "momentum": momentum, "weight_decay": weight_decay}
    preset = None if recipe is None else _collected(reasons, lambda: find_recipe(recipe))
    given = _preset(preset) | {name: value for name, value in given.items() if value is not None}
    base = preset.optimizer if preset else state.settings.optimizer if state else SGD()
    named = base if optimizer is None or optimizer == base.name else optimizer
    chosen = _collected(reasons, lambda: find_optimizer(named, **changes))
    settings = _collected(reasons, lambda: _settings(given, chosen or base, len(dataset.train_images), state))
    objective = settings.loss if settings else L2() if targets else CrossEntropy()
    reasons += goal_misfits(model.network, dataset, objective, targets)
    if settings:
        reasons += augmentation_misfits(model.network, dataset, settings.augment)
        reasons += box_misfits(model.network, dataset, settings.mixup)
    if state and settings:
        reasons += _resume_misfits(model, dataset, settings, state)
    if reasons or settings is None:
        raise TrainingError(reasons)
    model.frozen = frozen
    if state:
        state = state.overruled(name for name, value in changes.items() if value is not None)
    model.classes = dataset.classes
    notice = ""
    if shrink_batch and not state:
        batch, notice = _fitting_batch(model, dataset, settings)
        settings = dataclasses.replace(settings, batch_size=batch) if notice else settings
    return TrainRun(model, dataset, settings, state, targets, notice)


def _fitting_batch(model: Model, dataset: Dataset, settings: Settings) -> tuple[int, str]:
    """See `memory.fitting`."""
    images, labels = dataset.train_images, dataset.train_labels
    few = images[:1] if isinstance(images, np.ndarray) else images  # they go the way of all others
    feed = Feed(few, labels[: len(few)], model.preprocessing, model.network.input, settings.augment)
    demand = Demand(model, settings, len(images), len(dataset.test_images), feed)
    return fitting(demand, min(settings.batch_size, len(images)))


def _freezing(model: Model, names: Iterable[str]) -> tuple[str, ...]:
    """The layers to freeze; ConvscopeError if one cannot be, or none is left to learn."""
    frozen = freezing.checked(model.network, names)
    if frozen and frozen == freezing.freezable(model.network):
        raise ConvscopeError(f"every layer with weights is frozen, leave one to learn, such as {frozen[-1]}")
    return frozen


def _collected(reasons: list[str], make: Callable[[], T]) -> T | None:
    """What `make` returns, or None with its reasons added to the list."""
    try:
        return make()
    except (TrainingError, ParameterError) as error:
        reasons += error.reasons
    except ConvscopeError as error:
        reasons.append(in_a_list(error))
    return None


def _settings(given: Mapping[str, Any], chosen: Optimizer, images: int, state: State | None) -> Settings:
    """The settings asked for; what is not given comes from the state, or from the size of the data set."""
    if state:
        return dataclasses.replace(state.settings, **given, optimizer=chosen)
    batch_size = given.get("batch_size")
    legal = batch_size if isinstance(batch_size, int) and batch_size > 0 else None
    epochs, fitting = suggested(images, legal)
    return Settings(**{"epochs": epochs, "batch_size": fitting, **given}, optimizer=chosen)


def _preset(recipe: Recipe | None) -> dict[str, Any]:
    """A recipe's values under their names in `Settings`, without the optimiser."""
    names = ("epochs", "batch_size", "schedule", "augment", "loss", "mixup")
    return {name: getattr(recipe, name) for name in names} if recipe else {}


def _resume_misfits(model: Model, dataset: Dataset, settings: Settings, state: State) -> list[str]:
    reasons = state.misfits(dataset, model.flat_weights.size)
    was = state.settings
    for what, now, before in (("batch size", settings.batch_size, was.batch_size), ("seed", settings.seed, was.seed)):
        if now != before:
            reasons.append(f"{what} is {now} and the run to resume has {before}, leave it as it was")
    if settings.optimizer.buffers != was.optimizer.buffers:
        what = f"the optimiser is {settings.optimizer.name} and the run to resume has {was.optimizer.name}"
        reasons.append(f"{what}, whose state the other cannot use, leave it as it was")
    if state.best and not state.best.fits(model.weights, state.buffers):
        reasons.append("the saved weights of the best epoch do not fit the network, start anew without them")
    if model.seed != state.model_seed:
        what = f"the model has seed {model.seed} and the run was begun with one of seed {state.model_seed}"
        reasons.append(f"{what}, give that seed to Model")
    if settings.epochs <= (done := state.progress.epoch):
        reasons.append(f"{done} of {settings.epochs} epochs are done already, ask for more than {done}")
    return reasons

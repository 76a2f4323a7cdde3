"""The way into training: arguments checked all at once, then a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ..data import Dataset
from ..spec import ConvscopeError, ParameterError
from .checks import misfits
from .optimizer import SGD, Optimizer
from .optimizer import optimizer as find_optimizer
from .run import TrainRun
from .settings import Settings, TrainingError, in_a_list, suggested
from .state import State

if TYPE_CHECKING:
    from ..runtime.model import Model

T = TypeVar("T")


def fit(
    model: Model,
    dataset: Dataset,
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    optimizer: str | Optimizer | None = None,
    learning_rate: float | None = None,
    momentum: float | None = None,
    weight_decay: float | None = None,
    schedule: str | None = None,
    seed: int | None = None,
    resume: Mapping[str, Any] | None = None,
) -> TrainRun:
    """A run that trains `model` in place; nothing happens before its first `next()`.

    Without `epochs` and `batch_size` those suit the size of the data set (`settings.suggested`). The optimiser is
    "sgd" or an instance such as `SGD(0.01)`; `learning_rate`, `momentum` and `weight_decay` override its values.
    `schedule` is "cosine" (default), "step" or "constant". Training uses the model's own preprocessing; the model
    takes the data set's class names.

    `resume` is what `TrainRun.state()` gave, and `model` must hold the weights of that moment. What is not given then
    stays as it was; batch size and seed cannot be changed, and a learning rate given counts from here on.

    TrainingError lists every reason why this cannot be done.
    """
    reasons: list[str] = list(misfits(model.network, dataset))
    state = None if resume is None else _collected(reasons, lambda: State.from_dict(resume))
    if not model.parameters:
        reasons.append(f"{model.network.name} has no weights to learn, add a Conv2D or Dense layer")
    given = {"epochs": epochs, "batch_size": batch_size, "schedule": schedule, "seed": seed}
    changes = {"learning_rate": learning_rate, "momentum": momentum, "weight_decay": weight_decay}
    base = state.settings.optimizer if state else SGD()
    named = base if optimizer is None or optimizer == base.name else optimizer
    chosen = _collected(reasons, lambda: find_optimizer(named, **changes))
    settings = _collected(reasons, lambda: _settings(given, chosen or base, len(dataset.train_images), state))
    if state and settings:
        reasons += _resume_misfits(model, dataset, settings, state)
    if reasons or settings is None:
        raise TrainingError(reasons)
    if state:
        state = state.overruled(name for name, value in changes.items() if value is not None)
    model.classes = dataset.classes
    return TrainRun(model, dataset, settings, state)


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
    """The settings asked for; what is None comes from the state, or from the size of the data set."""
    wanted = {name: value for name, value in given.items() if value is not None}
    if state:
        return dataclasses.replace(state.settings, **wanted, optimizer=chosen)
    batch_size = wanted.get("batch_size")
    legal = batch_size if isinstance(batch_size, int) and batch_size > 0 else None
    epochs, fitting = suggested(images, legal)
    return Settings(**{"epochs": epochs, "batch_size": fitting, **wanted}, optimizer=chosen)


def _resume_misfits(model: Model, dataset: Dataset, settings: Settings, state: State) -> list[str]:
    reasons = state.misfits(dataset, model.flat_weights.size)
    was = state.settings
    for what, now, before in (("batch size", settings.batch_size, was.batch_size), ("seed", settings.seed, was.seed)):
        if now != before:
            reasons.append(f"{what} is {now} and the run to resume has {before}, leave it as it was")
    if model.seed != state.model_seed:
        what = f"the model has seed {model.seed} and the run was begun with one of seed {state.model_seed}"
        reasons.append(f"{what}, give that seed to Model")
    if settings.epochs <= (done := state.progress.epoch):
        reasons.append(f"{done} of {settings.epochs} epochs are done already, ask for more than {done}")
    return reasons
